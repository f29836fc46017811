"""Variants that come and go in a store: found by full fresh reads, and by nothing else."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from catalogue.domain.attributes import (
    OPTION_VALUES,
    VARIANT_ORDER,
    Attribute,
    attribute,
    fingerprint,
)
from catalogue.domain.decide import Decision, Edit
from catalogue.domain.diff import LeafKey
from catalogue.domain.journal import Leaf
from catalogue.domain.matching import (
    CanonicalItem,
    CanonicalVariant,
    RemoteItem,
    RemoteVariant,
    match_variants,
)
from catalogue.domain.order import in_order, reordered
from catalogue.domain.sighting import Sighting
from catalogue.domain.values import Value
from catalogue.enums import IssueKind, Stance, Via
from catalogue.models import Listing, Variant, VariantListing
from catalogue.selectors.picture import Picture
from catalogue.services.gone import variant_subject
from catalogue.services.issues import settle_issue
from stores.shopify.types import ProductSnapshot, VariantSnapshot

Judge: TypeAlias = Callable[[str, Attribute, Leaf | None, Value], Decision]


def claim(pic: Picture, snapshot: ProductSnapshot) -> None:
    """Link what a live store shows and nobody has to our variants that it lacks.

    So a variant that we created is known again, whether or not its answer came; and one that went
    and came back under another id stays one.
    """
    open_ones = [told for told in snapshot.variants if _is_open(pic, told.gid)]
    if not open_ones or pic.product is None or not pic.store.is_live:
        return
    hosts = pic.hosts
    free = [variant for pk, variant in pic.variants.items() if pk not in hosts]
    if not free:
        return
    item = RemoteItem(snapshot.gid, snapshot.title, tuple(_remote(told) for told in open_ones))
    target = CanonicalItem(pic.product.pk, "", tuple(_wanted(pic, variant) for variant in free))
    for gid, variant_id in match_variants(item, target).items():
        _link(pic, gid, variant_id)


def _is_open(pic: Picture, gid: str) -> bool:
    host = pic.shown.get(gid)
    waits = host is not None and host.stance in (Stance.OPEN, Stance.HELD)
    return host is None or (host.variant_id is None and waits)


def _remote(told: VariantSnapshot) -> RemoteVariant:
    barcode = str(told.node.get("barcode") or "")
    return RemoteVariant(told.gid, told.sku, tuple(told.node["optionValues"]), barcode)


def _wanted(pic: Picture, variant: Variant) -> CanonicalVariant:
    names = ("sku", "barcode", OPTION_VALUES)
    sku, barcode, values = (pic.effective((variant.pk, name)).value for name in names)
    chosen = tuple(values) if isinstance(values, list) else ()
    return CanonicalVariant(variant.pk, str(sku or ""), chosen, str(barcode or ""))


def _link(pic: Picture, gid: str, variant_id: int) -> None:
    host = pic.shown.get(gid) or VariantListing(listing=pic.listing, gid=gid)
    host.variant_id, host.stance = variant_id, Stance.OPEN
    host.save()
    pic.shown[gid] = host
    pic.listing.absent = [pk for pk in pic.listing.absent if pk != variant_id]
    subject = variant_subject(pic.listing, variant_id)
    said = "The store shows it again."
    settle_issue(pic.store.workspace_id, IssueKind.VARIANT_GONE, subject, by="", reason=said)


@dataclass(frozen=True, slots=True)
class Reordered:
    """What became of the order of a store's variants."""

    decision: Decision
    edits: tuple[tuple[LeafKey, Edit], ...]


def see_order(
    pic: Picture, snapshot: ProductSnapshot, before: list[str], judge: Judge
) -> Reordered | None:
    """Absorb the order of the linked variants, as our ids; None where nothing was reordered.

    `before` is the order that was known without a leaf of its own.
    """
    linked = [pic.shown[told.gid].variant_id for told in snapshot.variants]
    value = [str(variant_id) for variant_id in linked if variant_id is not None]
    listing, declared = pic.listing, attribute(VARIANT_ORDER)
    leaf = listing.leaf(VARIANT_ORDER)
    before = [str(one) for one in leaf.value] if leaf and isinstance(leaf.value, list) else before
    base = in_order(value, before)
    if leaf is None or base != before:
        second = leaf.as_of if leaf else listing.as_of
        leaf = _seen(base, second or snapshot.updated_at)
        listing.set_leaf(VARIANT_ORDER, leaf)
    if not reordered(base, value):
        return None
    decision = judge(listing.gid, declared, leaf, value)
    listing.set_leaf(VARIANT_ORDER, decision.leaf)
    every = _all_in_order(pic)
    edits = (replace(e, value=_woven(every, e.value)) for e in decision.edits)
    return Reordered(decision, tuple(((None, VARIANT_ORDER), edit) for edit in edits))


def keep_order(listing: Listing, ids: list[str]) -> None:
    """Note that variants have come or gone, which is no edit of their order."""
    leaf = listing.leaf(VARIANT_ORDER)
    if leaf is not None and leaf.value != ids and leaf.as_of is not None:
        listing.set_leaf(VARIANT_ORDER, _seen(ids, leaf.as_of))


def _seen(value: list[str], second: datetime) -> Leaf:
    value_hash = fingerprint(attribute(VARIANT_ORDER), value)
    return Leaf.first(value, Sighting(second, None, value_hash, Via.READ))


def _all_in_order(pic: Picture) -> list[str]:
    standing = pic.product.value(VARIANT_ORDER) if pic.product else None
    order = standing if isinstance(standing, list) else []
    return in_order([str(pk) for pk in pic.variants], order)


def _woven(every: list[str], order: Value) -> Value:
    """All variants of ours, those of the store in its order, in the places that they had."""
    theirs = [str(one) for one in order] if isinstance(order, list) else []
    turn = iter(one for one in theirs if one in every)
    return [next(turn) if one in theirs else one for one in every]


def renumber(variants: Iterable[Variant], order: Value) -> None:
    """Put our variants at the positions of an order of their ids."""
    ranked = in_order(
        [str(v.pk) for v in sorted(variants, key=lambda v: (v.position, v.pk))],
        [str(one) for one in order] if isinstance(order, list) else [],
    )
    rows = [Variant(pk=int(pk), position=place) for place, pk in enumerate(ranked, start=1)]
    Variant.objects.bulk_update(rows, ["position"])
