"""What somebody set in a store: routed by the terms of its time, judged, merged and spread."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from catalogue.domain.attributes import (
    PICTURES,
    VALUE_ORDER,
    VARIANT_ORDER,
    VARIANT_PICTURE,
    attribute,
)
from catalogue.domain.collision import Basis
from catalogue.domain.decide import Edit
from catalogue.domain.diff import LeafKey
from catalogue.domain.gallery import keys_in
from catalogue.domain.joining import JOINED, join
from catalogue.domain.metafields import (
    currency_of,
    is_link,
    leads_into_a_store,
    retarget,
    targets,
)
from catalogue.domain.registers import Entry
from catalogue.domain.routing import Routing, routing_of
from catalogue.domain.value_order import woven
from catalogue.domain.values import Value
from catalogue.enums import ChangeFate, OverrideKind, Source
from catalogue.models import Change
from catalogue.selectors.galleries import gallery_of
from catalogue.selectors.picture import Picture
from catalogue.selectors.references import targets_of
from catalogue.services.absorb import Absorbed
from catalogue.services.breaker import trip
from catalogue.services.conflicts import Collision, open_conflicts, supersede
from catalogue.services.desk import store_products, store_variants
from catalogue.services.gates import Cause
from catalogue.services.ledger import store_changes
from catalogue.services.locking import Locked
from catalogue.services.merge import Act, correct, merge
from catalogue.services.misfits import misfit, pictures_differ
from catalogue.services.options import ask_about_options, fill_up, has_shrunk, held_shape
from catalogue.services.sale_issues import tell_of_sale
from catalogue.services.spread import spread
from catalogue.services.stopping import Routes, stop
from catalogue.services.variants import renumber

REDATED = "A delivery that came late shows that it was set earlier than was known."


def take_edits(
    locked: Locked,
    found: Absorbed,
    *,
    source: Source,
    cause_id: UUID,
    now: datetime,
    delivery_id: int | None = None,
) -> list[Change]:
    """Merge what somebody set in the store, and spread what has won."""
    pic = locked.picture
    if not found.edits or (product := pic.product) is None:
        return []
    locked.demand_canonical()
    found.edits = [(key, _meant(pic, key[1], edited)) for key, edited in found.edits]
    changes: list[Change] = []
    collisions: list[Collision] = []
    origin = Cause(product.workspace_id, source, str(pic.store), cause_id, pic.store.pk)
    shrunk = has_shrunk(found.edits)
    stopped = stop(pic, _routes(pic, found.edits, shrunk=shrunk), origin)
    for place, (key, edited) in enumerate(found.edits):
        routing = _route(pic, key, edited, shrunk=shrunk)
        routing = stopped.entry(place, routing)
        entry = _joined(pic, key, edited, routing)
        act = Act(
            key=key,
            entry=entry,
            source=source,
            cause_id=cause_id,
            delivery_id=delivery_id,
            time_uncertain=edited.time_uncertain,
            reason=_why(edited, routing, entry),
            basis=None if _is_settled(edited, entry) else Basis(edited.based_on),
            redates=edited.redates,
        )
        if routing.fate is not None:
            changes.append(correct(product, pic.record(key), act, routing.fate))
            continue
        merged = merge(product, pic.record(key), pic.overrides.get(key), act, now=now)
        if merged.override is not None:
            pic.overrides[key] = merged.override
            merged.override.save()
        if entry.kind is OverrideKind.HELD:
            merged.changes[0].fate = ChangeFate.HELD
            tell_of_sale(pic, key, routing)
        changes += merged.changes
        if merged.collided is not None:
            collisions.append(Collision(merged.changes[0], merged.collided, edited.based_on))
    if not changes:
        return []
    if shrunk:
        ask_about_options(pic)
    changes += fill_up(pic, changes, now=now)
    return publish(pic, changes, collisions, cause_id=cause_id, now=now)


def _why(edited: Edit, routing: Routing, entry: Entry) -> str:
    if edited.redates is not None:
        return REDATED
    return routing.reason if entry is routing.entry else JOINED


def _is_settled(edited: Edit, entry: Entry) -> bool:
    """Whether a collision is none of an edit's: a person decides already, or it was judged."""
    return entry.kind is OverrideKind.HELD or edited.redates is not None


def publish(
    pic: Picture,
    changes: list[Change],
    collisions: Sequence[Collision] = (),
    *,
    cause_id: UUID,
    now: datetime,
) -> list[Change]:
    """Record what a store's edits have moved, and spread what has won. The product is locked."""
    if not changes or (product := pic.product) is None:
        return []
    store_changes(changes)
    supersede(changes)
    open_conflicts(pic, collisions)
    held = trip(pic, changes, cause_id=cause_id, now=now)
    store_changes(held)
    changes += held
    keys = {(change.variant_id, change.attribute) for change in changes}
    _save_canonical(pic, keys, now)
    spread(product.workspace_id, changes, cause_id=cause_id, behind=pic.to_write().keys() & keys)
    return changes


def _meant(pic: Picture, name: str, edited: Edit) -> Edit:
    """An edit as it travels: links lead to records of the hub, and an order names all values."""
    if name == VALUE_ORDER and pic.product is not None:
        return replace(edited, value=woven(pic.product.value(VALUE_ORDER), edited.value))
    if _lacks_pictures(pic, name, edited):
        pictures_differ(pic, "some were taken off there, so what it shows stays its own")
    if not is_link(edited.value):
        return edited
    value = retarget(edited.value, targets_of(pic.store.pk, targets(edited.value)))
    if value is not None:
        return replace(edited, value=value)
    misfit(pic, name, "it leads to something that is not linked here, so it stays that store's own")
    return edited


def _lacks_pictures(pic: Picture, name: str, edited: Edit) -> bool:
    """Whether a store has taken off what the hub still shows: a removal never spreads by itself."""
    if name != PICTURES or pic.product is None:
        return False
    winner = pic.product.register(name).winner
    gone = {*keys_in(edited.based_on)} - {*keys_in(edited.value)}
    return winner is not None and not gone.isdisjoint(keys_in(pic.alike(winner.value)))


def _lost_its_picture(pic: Picture, name: str, edited: Edit) -> bool:
    """Whether a variant shows no picture any more because its product shows it no more here."""
    here = {medium.key for medium in gallery_of(pic.listing)}
    return name == VARIANT_PICTURE and edited.value is None and edited.based_on not in here


def _routes(pic: Picture, edits: Sequence[tuple[LeafKey, Edit]], *, shrunk: bool) -> Routes:
    """Where the edits would go, by their places."""
    return {
        place: (key, _route(pic, key, edited, shrunk=shrunk))
        for place, (key, edited) in enumerate(edits)
    }


def _route(pic: Picture, key: LeafKey, edited: Edit, *, shrunk: bool) -> Routing:
    if shrunk and attribute(key[1]).structural:
        return held_shape(pic, edited)
    override = pic.overrides.get(key)
    standing = override.read_timeline().standing(edited.version.time) if override else None
    return routing_of(
        edited,
        key[1],
        store=pic.store.pk,
        terms=pic.terms,
        held=bool(standing and standing.stands and standing.kind is OverrideKind.HELD),
        may_move=_may_move(pic, key, edited.value)
        and not _lacks_pictures(pic, key[1], edited)
        and not _lost_its_picture(pic, key[1], edited),
        layers=pic.layers,
    )


def _joined(pic: Picture, key: LeafKey, edited: Edit, routing: Routing) -> Entry:
    """The entry of an edit; that of a set keeps what others did to the set meanwhile."""
    entry, declared, override = routing.entry, attribute(key[1]), pic.overrides.get(key)
    own = override is not None and (override.stands or edited.time_uncertain)
    if not declared.as_set or routing.corrected or entry.op != "edit" or own:
        return entry
    winner = pic.record(key).register(key[1]).winner
    if key[1] == PICTURES and winner is not None:
        winner = replace(winner, value=pic.alike(winner.value))
    return join(declared, entry, edited.based_on, winner)


def _may_move(pic: Picture, key: LeafKey, value: Value) -> bool:
    """Only a live store moves canonical values, or the first one where no hand has been since.

    A price in another currency never does (law 9).
    """
    product, standing = pic.product, pic.standing(key)
    if product is None:
        return False
    if standing is not None and standing.stands:
        return True
    declared = attribute(key[1])
    if declared.per_store or (declared.money and pic.store.currency != product.currency):
        return False
    if currency_of(value) not in ("", product.currency) or leads_into_a_store(value):
        return False
    if pic.store.is_live:
        return True
    winner = pic.record(key).register(key[1]).winner
    founded_here = product.founder_id == pic.store.pk
    return founded_here and (winner is None or winner.store == pic.store.pk)


def _save_canonical(pic: Picture, keys: set[LeafKey], now: datetime) -> None:
    product = pic.product
    if product is None:
        return
    product.edit_version += 1
    product.updated_at = now
    store_products([product])
    store_variants([pic.variants[pk] for pk in {pk for pk, _ in keys if pk is not None}])
    if (None, VARIANT_ORDER) in keys:
        renumber(pic.variants.values(), product.value(VARIANT_ORDER))
