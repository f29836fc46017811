"""Variants that somebody added in a store: judged by the gates, then born into the hub."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES, attribute, fingerprint
from catalogue.domain.gates import Move, Objection
from catalogue.domain.journal import Leaf
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import HeldAct, IssueKind, OverrideKind, Ownership, Source, Stance
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, HeldBatch, Listing, Variant, VariantListing
from catalogue.selectors.picture import Picture
from catalogue.services.adopting import says_nothing
from catalogue.services.gates import Cause, hold, judge
from catalogue.services.issues import Subject, raise_issue
from catalogue.services.locking import Locked
from catalogue.services.merge import Act, merge
from catalogue.services.store_edits import publish
from catalogue.services.variants import keep_order
from stores.shopify.types import ProductSnapshot

ADDED = "A variant that was added in the store."
UNFIT = "New variants of “{}” don't fit the hub's options: they stay there."
AGAIN = "The store has set another value since; look at it again."


@dataclass(frozen=True, slots=True)
class Birth:
    """Why and when variants become the hub's; `reason` stands in the ledger."""

    cause_id: UUID
    now: datetime
    source: Source
    reason: str = ADDED


def adopt_new(
    locked: Locked, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime, source: Source
) -> list[Change]:
    """Make canonical variants of those that somebody added in a live store; the ledger's rows.

    What the gates object to is held: it stays that store's alone until a person releases it.
    """
    pic = locked.picture
    shown = (pic.shown[told.gid] for told in snapshot.variants)
    new = [host for host in shown if host.variant_id is None and host.stance == Stance.OPEN]
    if not new or (product := pic.product) is None or not pic.store.is_live:
        return []
    if not _fits(pic):
        subject = Subject(name=f"listing {pic.listing.pk}", product_id=product.pk)
        said = UNFIT.format(pic.listing)
        raise_issue(pic.store.workspace_id, IssueKind.STRUCTURE, subject, said)
        return []
    locked.demand_canonical()
    cause = Cause(product.workspace_id, source, str(pic.store), cause_id, pic.store.pk)
    return _bear(pic, _passing(pic, new, cause), Birth(cause_id, now, source))


def _fits(pic: Picture) -> bool:
    """Whether the store's options are those of the hub, so that its variants can be too."""
    leaf, ours = pic.listing.leaf(OPTION_NAMES), pic.product and pic.product.value(OPTION_NAMES)
    theirs = leaf.value if leaf else None
    two_way = pic.terms.ownership(OPTION_VALUES) is Ownership.TWO_WAY
    alike = isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs)
    return two_way and alike


def _passing(pic: Picture, new: Sequence[VariantListing], cause: Cause) -> list[VariantListing]:
    """Those to which no check objects; the others are held, each with all its values."""
    told = [(host, name, leaf.value) for host in new for name, leaf in _travelling(pic, host)]
    moves = [_move(pic, *one) for one in told]
    objections = judge(moves)
    if not objections:
        return list(new)
    meant = {place for one in objections for place in one.places} or set(range(len(moves)))
    held = {told[place][0].pk for place in meant}
    of_held = [place for place, one in enumerate(told) if one[0].pk in held]
    order = sorted(of_held, key=lambda place: place not in meant)
    hold(
        HeldAct.VARIANTS,
        cause,
        [moves[place] for place in order],
        [Objection(one.reason, tuple(map(order.index, one.places))) for one in objections],
        wishes=[_stored(pic, *told[place]) for place in order],
        details={"listing": pic.listing.pk},
    )
    _stand([host for host in new if host.pk in held], Stance.HELD)
    return [host for host in new if host.pk not in held]


def _travelling(pic: Picture, host: VariantListing) -> Iterator[tuple[str, Leaf]]:
    """What of a variant would be said to other stores."""
    return ((name, leaf) for name, leaf in _told(host) if not _foreign(pic, name))


def _told(host: VariantListing) -> Iterator[tuple[str, Leaf]]:
    for name in host.leaves:
        leaf = host.leaf(name)
        if leaf is not None and leaf.as_of is not None and not says_nothing(name, leaf.value):
            yield name, leaf


def _foreign(pic: Picture, name: str) -> bool:
    product = pic.product
    return product is not None and attribute(name).money and pic.store.currency != product.currency


def _name(pic: Picture, host: VariantListing) -> str:
    leaf = host.leaf(OPTION_VALUES)
    values = leaf.value if leaf and isinstance(leaf.value, list) else [host.gid]
    return f"{pic.product} / {' / '.join(map(str, values))}"


def _move(pic: Picture, host: VariantListing, name: str, value: Value) -> Move:
    return Move(_name(pic, host), name, None, value)


def _stored(pic: Picture, host: VariantListing, name: str, value: Value) -> dict[str, Any]:
    """A value as it is kept; the variant, which is none of ours yet, by the store's id."""
    product = pic.listing.product_id
    return {"product": product, "variant": host.gid, "attribute": name, "value": value}


def _stand(hosts: Sequence[VariantListing], stance: Stance) -> None:
    for host in hosts:
        host.stance = stance
        host.save(update_fields=["stance"])


def _bear(pic: Picture, hosts: Sequence[VariantListing], birth: Birth) -> list[Change]:
    product = pic.product
    if product is None:
        return []
    position = max((variant.position for variant in pic.variants.values()), default=0)
    changes: list[Change] = []
    for place, host in enumerate(hosts, start=position + 1):
        variant = Variant.objects.create(product=product, position=place)
        host.variant_id, host.stance = variant.pk, Stance.OPEN
        host.save(update_fields=["variant", "stance"])
        pic.variants[variant.pk] = variant
        for name, leaf in _told(host):
            changes += _adopted(pic, host, (variant, name), leaf, birth)
    return changes


def _adopted(
    pic: Picture, host: VariantListing, of: tuple[Variant, str], leaf: Leaf, birth: Birth
) -> Sequence[Change]:
    (variant, name), store = of, pic.store
    if pic.product is None or leaf.as_of is None:
        return ()
    version = Version.of(leaf.as_of, birth.source, f"{store.domain}:{host.gid}")
    entry = (
        Entry(version, "set", store.pk, leaf.value, OverrideKind.FOUND)
        if _foreign(pic, name)
        else Entry(version, "edit", store.pk, leaf.value)
    )
    act = Act(
        key=(variant.pk, name),
        entry=entry,
        source=birth.source,
        cause_id=birth.cause_id,
        reason=birth.reason,
    )
    merged = merge(pic.product, variant, None, act, now=birth.now)
    if merged.override is not None:
        merged.override.save()
        pic.overrides[variant.pk, name] = merged.override
    return merged.changes


def release_new(batch: HeldBatch) -> tuple[int, list[str]]:
    """Take held variants into the hub; how many values, and which were decided otherwise since.

    In the caller's transaction, the product locked. Raises NotAllowedNowError where they can't be
    taken in now, or show other values than a person has looked at.
    """
    listing_id: int = batch.details["listing"]
    if not Listing.objects.filter(pk=listing_id).exists():
        return 0, sorted({one["variant"] for one in batch.wishes})
    pic = Locked(listing_id, canonical=True).picture
    wanted = list(dict.fromkeys(one["variant"] for one in batch.wishes))
    waiting = {host.gid: host for host in _waiting(batch)}
    gone = [gid for gid in wanted if gid not in waiting]
    if not waiting:
        return 0, gone
    _check(pic, batch)
    reason = f"{ADDED} Held at the gates; released by {batch.decided_by}: {batch.decision}"
    birth = Birth(batch.cause_id, timezone.now(), Source(batch.source), reason)
    changes = _bear(pic, [pic.shown[gid] for gid in waiting], birth)
    keep_order(pic.listing, pic.ids_shown())
    pic.listing.save(update_fields=["leaves"])
    return len(publish(pic, changes, cause_id=birth.cause_id, now=birth.now)), gone


def _check(pic: Picture, batch: HeldBatch) -> None:
    if not pic.store.is_live:
        raise NotAllowedNowError(f"{pic.store} is {pic.store.mode}: nothing is taken from it.")
    if not _fits(pic):
        raise NotAllowedNowError(UNFIT.format(pic.listing))
    for one, value in seen_of_new(batch):
        declared = attribute(one["attribute"])
        if fingerprint(declared, value) != fingerprint(declared, one["value"]):
            raise NotAllowedNowError(AGAIN)


def discard_new(batch: HeldBatch) -> None:
    """Leave the variants to their store for good."""
    _stand(_waiting(batch), Stance.OWN)


def seen_of_new(batch: HeldBatch) -> list[tuple[dict[str, Any], Value]]:
    """What the store was last seen to show of each value that is held."""
    hosts = {host.gid: host for host in _waiting(batch)}
    held = [(one, hosts[one["variant"]]) for one in batch.wishes if one["variant"] in hosts]
    leaves = [(one, host.leaf(one["attribute"])) for one, host in held]
    return [(one, leaf.value) for one, leaf in leaves if leaf is not None]


def _waiting(batch: HeldBatch) -> list[VariantListing]:
    hosts = VariantListing.objects.filter(
        listing=batch.details["listing"],
        listing__product__in={one["product"] for one in batch.wishes},
        gid__in={one["variant"] for one in batch.wishes},
        stance=Stance.HELD,
        variant=None,
    )
    return list(hosts.order_by("position", "pk"))
