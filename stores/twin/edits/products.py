"""Changes of products and their variants."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stores.twin import attributes
from stores.twin.attributes import Refusal
from stores.twin.webhooks import announce_item, announce_product
from stores.twin.world import Product, Shop, Twin, Variant

__all__ = ["Author", "add_variants", "create", "delete", "edit", "number", "touch"]

_OF_ITEM = frozenset({"sku", "weight", "tracked"})
_ONLY_ITEM = frozenset({"weight", "tracked"})


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change: "merchant", "rogue", or "app" by a request that may tell its cause."""

    by: str
    request_id: str | None = None
    cause: str | None = None


@dataclass(slots=True)
class _Plan:
    """New values by the thing that they belong to, once all of them were found good."""

    product: dict[str, Any] = field(default_factory=dict)
    variants: list[tuple[Variant, dict[str, Any]]] = field(default_factory=list)


def number(gid: object) -> int | None:
    """The number at the end of a gid, or of a bare number; None for what is neither."""
    tail = str(gid).rpartition("/")[2].partition("?")[0]
    return int(tail) if tail.isascii() and tail.isdigit() else None


def edit(
    twin: Twin,
    shop: Shop,
    product: Product,
    author: Author,
    *,
    fields: Mapping[str, Any] | None = None,
    variants: Iterable[Mapping[str, Any]] = (),
    fires_always: bool = False,
) -> list[Refusal]:
    """Change a product and its variants as one deed: all of it or, with refusals, nothing."""
    with shop.lock:
        plan, refusals = _plan(product, fields or {}, variants)
        if refusals:
            return refusals
        changed = _apply(twin, shop, product, plan, author)
        if changed or fires_always:
            _announce(twin, shop, product, plan, changed, fires_always=fires_always)
    return []


def touch(twin: Twin, shop: Shop, product: Product) -> None:
    """What an untracked change does (an image, a collection): a new date and a webhook."""
    with shop.lock:
        product.updated_at = twin.second()
        twin.oracle.write("touch", shop.domain, resource=product.gid)
        announce_product(twin, shop, product, "products/update")


def create(
    twin: Twin,
    shop: Shop,
    author: Author,
    *,
    fields: Mapping[str, Any],
    variants: Iterable[Mapping[str, Any]] = (),
    option_names: Iterable[str] = ("Title",),
) -> Product | list[Refusal]:
    """A product with its variants, one plain variant where none is given."""
    values, refusals = attributes.normalise({"title": None, **fields}, attributes.PRODUCT)
    drafts, refused = _drafts(list(variants) or [{}])
    if refusals or refused:
        return refusals + refused
    with shop.lock:
        product = _insert(twin, shop, values, list(option_names))
        for draft in drafts:
            _insert_variant(twin, shop, product, draft)
        _log_new(twin, shop, product, author)
        announce_product(twin, shop, product, "products/create")
    return product


def add_variants(
    twin: Twin,
    shop: Shop,
    product: Product,
    author: Author,
    variants: Iterable[Mapping[str, Any]],
) -> list[Variant] | list[Refusal]:
    """More variants of a product: all of them or, with refusals, none."""
    drafts, refusals = _drafts(variants)
    if refusals:
        return refusals
    with shop.lock:
        made = [_insert_variant(twin, shop, product, draft) for draft in drafts]
        product.updated_at = twin.second()
        for variant in made:
            twin.oracle.write("create", shop.domain, resource=variant.gid, **asdict(author))
        announce_product(twin, shop, product, "products/update")
    return made


def delete(twin: Twin, shop: Shop, product: Product, author: Author) -> None:
    with shop.lock:
        del shop.products[product.id]
        shop.handles.discard(product.values["handle"])
        for variant in product.variants:
            del shop.variants[variant.id], shop.items[variant.item_id]
        twin.oracle.write("delete", shop.domain, resource=product.gid, **asdict(author))
        announce_product(twin, shop, product, "products/delete")


def _plan(
    product: Product, fields: Mapping[str, Any], variants: Iterable[Mapping[str, Any]]
) -> tuple[_Plan, list[Refusal]]:
    plan = _Plan()
    plan.product, refusals = attributes.normalise(fields, attributes.PRODUCT)
    for index, given in enumerate(variants):
        variant = _variant(product, given.get("id"))
        if variant is None:
            missing = Refusal(
                ["id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"
            )
            refusals.append(missing.under("variants", str(index)))
            continue
        values, refused = attributes.normalise(given, attributes.VARIANT)
        refusals += [refusal.under("variants", str(index)) for refusal in refused]
        plan.variants.append((variant, values))
    return plan, refusals


def _variant(product: Product, gid: object) -> Variant | None:
    wanted = number(gid)
    return next((each for each in product.variants if each.id == wanted), None)


def _apply(
    twin: Twin, shop: Shop, product: Product, plan: _Plan, author: Author
) -> set[tuple[int, str]]:
    """Set what differs; returns (variant id or 0, attribute) of each true change."""
    changed: set[tuple[int, str]] = set()
    targets = [(0, product.gid, product.values, plan.product)]
    targets += [(v.id, v.gid, v.values, values) for v, values in plan.variants]
    for id_, gid, stored, values in targets:
        for name, new in values.items():
            if (old := stored[name]) == new:
                continue
            stored[name] = new
            changed.add((id_, name))
            facts = {"resource": gid, "attribute": name, "old": old, "new": new}
            twin.oracle.write("edit", shop.domain, **facts, **asdict(author))
    return changed


def _announce(
    twin: Twin,
    shop: Shop,
    product: Product,
    plan: _Plan,
    changed: set[tuple[int, str]],
    *,
    fires_always: bool,
) -> None:
    now = twin.second()
    for variant, _ in plan.variants:
        names = {name for id_, name in changed if id_ == variant.id}
        if names & _OF_ITEM:
            variant.item_updated_at = now
            announce_item(twin, shop, variant)
        if names - _ONLY_ITEM:
            variant.updated_at = now
    if fires_always or any(name not in _ONLY_ITEM for _, name in changed):
        product.updated_at = now
        announce_product(twin, shop, product, "products/update")


@dataclass(frozen=True, slots=True)
class _Draft:
    options: list[str]
    stock: int
    values: dict[str, Any]


def _drafts(variants: Iterable[Mapping[str, Any]]) -> tuple[list[_Draft], list[Refusal]]:
    drafts: list[_Draft] = []
    refusals: list[Refusal] = []
    for index, given in enumerate(variants):
        rest = dict(given)
        options, stock = rest.pop("options", ["Default Title"]), rest.pop("stock", 0)
        values, refused = attributes.normalise(rest, attributes.VARIANT)
        refusals += [refusal.under("variants", str(index)) for refusal in refused]
        drafts.append(_Draft(list(options), stock, {**attributes.new_variant(), **values}))
    return drafts, refusals


def _insert(twin: Twin, shop: Shop, values: dict[str, Any], option_names: list[str]) -> Product:
    now = twin.second()
    defaults = attributes.new_product(values["title"])
    product = Product(twin.next_id("product"), {**defaults, **values}, option_names, now, now)
    product.values["handle"] = _free_handle(shop, product.values["handle"])
    shop.products[product.id] = product
    return product


def _insert_variant(twin: Twin, shop: Shop, product: Product, draft: _Draft) -> Variant:
    now, ids = twin.second(), (twin.next_id("variant"), twin.next_id("item"))
    variant = Variant(*ids, product, draft.options, draft.values, now, now, now)
    variant.stock[shop.locations[0].id] = draft.stock
    product.variants.append(variant)
    shop.variants[variant.id] = shop.items[variant.item_id] = variant
    return variant


def _free_handle(shop: Shop, wanted: str) -> str:
    handle, suffix = wanted, 0
    while handle in shop.handles:
        suffix += 1
        handle = f"{wanted}-{suffix}"
    shop.handles.add(handle)
    return handle


def _log_new(twin: Twin, shop: Shop, product: Product, author: Author) -> None:
    twin.oracle.write(
        "create",
        shop.domain,
        resource=product.gid,
        variants=[variant.gid for variant in product.variants],
        **asdict(author),
    )
