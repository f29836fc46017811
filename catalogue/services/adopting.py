"""What a store was found to have: first canonical values, and differences that stay its own."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import F

from catalogue.domain.attributes import PICTURES, VALUE_ORDER, attribute
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import origin_of
from catalogue.domain.journal import Leaf
from catalogue.domain.metafields import is_link, leads_into_a_store, retarget, targets
from catalogue.domain.registers import CanonicalRegister, Entry
from catalogue.domain.value_order import arranged
from catalogue.domain.values import Value, fingerprint
from catalogue.domain.version import Version
from catalogue.enums import ListingState, OverrideKind, Ownership, Source
from catalogue.models import Change, Listing, Override, Product, Variant
from catalogue.models.canonical import Record
from catalogue.models.listing import Observed
from catalogue.selectors.picture import Picture, pictures
from catalogue.selectors.references import linking, meaning, targets_of
from catalogue.services.desk import store_products, store_variants
from catalogue.services.ledger import store_changes
from catalogue.services.merge import Act, merge
from catalogue.services.misfits import misfit
from catalogue.services.spread import converge_job
from stores.models import Store
from syncqueue.enums import Priority
from syncqueue.services.enqueue import enqueue

MAY_LACK = ("metafields", "variant_media")  # to have none says nothing to other stores


def adopt_values(record: Product | Variant, host: Observed, store: Store) -> None:
    """Take what a store shows as the canonical values of a new record."""
    for name in host.leaves:
        leaf = host.leaf(name)
        if leaf is not None and not says_nothing(name, leaf.value):
            _adopt(record, name, leaf, f"{store.domain}:{host.gid}", store)


def adopt_links(listing_ids: Iterable[int]) -> None:
    """Take the links between products, once all of these are known, as canonical values."""
    for pic in pictures(listing_ids):
        keys = [key for key, leaf in pic.observed().items() if is_link(leaf.value)]
        product = pic.product
        new = [key for key in keys if product is not None and _found(pic, product, key)]
        if product is not None and new:
            store_products([product])
            store_variants([pic.variants[pk] for pk, _ in new if pk is not None])


def adopt_links_to(listing: Listing, *, cause_id: UUID, now: datetime) -> None:
    """Take the links of its store that lead to a product which was not known so far.

    Where other stores have the products that show them, they are compared.
    """
    leading = linking(listing)
    adopt_links(leading)
    products = Listing.objects.filter(pk__in=leading).values("product")
    others = Listing.objects.filter(product__in=products, state=ListingState.LINKED)
    others = others.exclude(store=listing.store_id)
    keep_links(others.values_list("pk", flat=True), cause_id=cause_id, now=now)
    compare_links(listing, cause_id=cause_id)


def compare_links(listing: Listing, *, cause_id: UUID) -> None:
    """Write the links that lead to a product, now that a store has it."""
    if listing.product is not None and listing.store.is_live:
        for pic in pictures(meaning(listing.store, listing.product)):
            _compare(pic, cause_id)


def has_links(pic: Picture) -> bool:
    hosts: Iterable[Observed] = (pic.listing, *pic.shown.values())
    return any(is_link(leaf["value"]) for host in hosts for leaf in host.leaves.values())


def keep_links(listing_ids: Iterable[int], *, cause_id: UUID, now: datetime) -> None:
    """Keep links that lead elsewhere than the canonical ones, once all products are linked."""
    found = pictures(listing_ids)
    links = {
        pic.listing.pk: {key for key, leaf in pic.observed().items() if is_link(leaf.value)}
        for pic in found
    }
    keep_differences(found, cause_id=cause_id, now=now, keys=lambda pic: links[pic.listing.pk])


def _adopt(record: Record, name: str, leaf: Leaf, stable_id: str, store: Store) -> None:
    value = leaf.value
    if is_link(value):
        value = retarget(value, targets_of(store.pk, targets(value)))
    leads_nowhere = value is None and leaf.value is not None
    if leaf.as_of is not None and not leads_nowhere:
        version = Version.of(leaf.as_of, Source.IMPORT, stable_id)
        entry = Entry(version, "edit", store.pk, value)
        record.set_register(name, CanonicalRegister((entry,)))


def says_nothing(name: str, value: Value) -> bool:
    """What a new record can't take from its store: what says nothing elsewhere, or leads there."""
    return is_absent(name, value) or leads_into_a_store(value)


def is_absent(name: str, value: Value) -> bool:
    """What says nothing to other stores: a metafield that isn't there, and what never crosses."""
    declared = attribute(name)
    return declared.per_store or (value is None and declared.part in MAY_LACK)


def keep_differences(
    pics: Iterable[Picture],
    *,
    cause_id: UUID,
    now: datetime,
    actor: str = "",
    keys: Callable[[Picture], Collection[LeafKey]] | None = None,
) -> list[Change]:
    """Keep what differs from the canonical values as the stores' own, of all leaves or of some.

    The products are locked.
    """
    changes: list[Change] = []
    overrides: list[Override] = []
    for pic in pics:
        if (product := pic.product) is None:
            continue
        for key, leaf in _own_leaves(pic, product, keys):
            version = Version.of(now, Source.IMPORT, f"{pic.store.domain}:{_leaf_id(key)}")
            entry = Entry(version, "set", pic.store.pk, leaf.value, OverrideKind.FOUND)
            act = Act(key=key, entry=entry, source=Source.IMPORT, actor=actor, cause_id=cause_id)
            record, override = pic.record(key), pic.overrides.get(key)
            merged = merge(product, record, override, act, now=now)
            if merged.override is not None:
                pic.overrides[key] = merged.override
                overrides.append(merged.override)
            changes += merged.changes
    _store_overrides(overrides)
    store_changes(changes)
    moved = {change.product_id for change in changes}
    Product.objects.filter(pk__in=moved).update(edit_version=F("edit_version") + 1)
    return changes


def _own_leaves(
    pic: Picture, product: Product, keys: Callable[[Picture], Collection[LeafKey]] | None
) -> Iterator[tuple[LeafKey, Leaf]]:
    wanted = keys(pic) if keys else None
    for key, leaf in pic.observed().items():
        if (wanted is None or key in wanted) and _is_own(pic, product, key, leaf):
            yield key, leaf


def _store_overrides(overrides: Iterable[Override]) -> None:
    """Nearly all are new: a store that is linked has said nothing of its own before."""
    new: list[Override] = []
    for override in overrides:
        if override._state.adding:  # noqa: SLF001  as the ORM asks it
            new.append(override)
        else:
            override.save()
    Override.objects.bulk_create(new)


def _is_own(pic: Picture, product: Product, key: LeafKey, leaf: Leaf) -> bool:
    """Whether a leaf differs from the canonical value that would else be written over it."""
    winner, declared = pic.record(key).register(key[1]).winner, attribute(key[1])
    if is_link(leaf.value):
        meant = pic.effective(key)
        differs = not leaf.shows(fingerprint(declared.normalise(meant.value)))
        return meant.source == "canonical" and differs
    if winner is None:
        return False
    value = pic.alike(winner.value) if key[1] == PICTURES else winner.value
    if key[1] == VALUE_ORDER:
        value = arranged(leaf.value, value)
    if leaf.shows(fingerprint(declared.normalise(value))):
        return False
    origin = origin_of(declared, None, pic.terms, product.currency, winner.value)
    owned = pic.terms.ownership(key[1]) is Ownership.HUB
    return origin == "canonical" and not owned and not is_absent(key[1], leaf.value)


def _leaf_id(key: LeafKey) -> str:
    return f"{key[0] or 'product'}:{key[1]}"


def _found(pic: Picture, product: Product, key: LeafKey) -> bool:
    """Take a leaf as the canonical value where the store is the one to say it first."""
    record, leaf = pic.record(key), pic.host(key[0]).leaf(key[1])
    if leaf is None or leaf.value is None or record.register(key[1]).winner is not None:
        return False
    if product.founder_id not in (None, pic.store.pk):
        return False
    _adopt(record, key[1], leaf, f"{pic.store.domain}:{_leaf_id(key)}", pic.store)
    if record.register(key[1]).winner is None:
        misfit(pic, key[1], "it leads to something that is not linked here")
        return False
    return True


def _compare(pic: Picture, cause_id: UUID) -> None:
    job = converge_job(
        pic.listing,
        (),
        cause_id=cause_id,
        channel_id=pic.store.channel_id,
        priority=Priority.BULK,
        dedupe_key="compare",
    )
    enqueue([job])
