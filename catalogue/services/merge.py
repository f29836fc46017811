"""Taking one act into the registers, and the row of the ledger that says what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from catalogue.domain.attributes import attribute
from catalogue.domain.collision import Basis, collides
from catalogue.domain.diff import LeafKey
from catalogue.domain.journal import KEEP
from catalogue.domain.registers import CanonicalRegister, Entry, Routed, Timeline, forget, route
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import ChangeFate, ChangeScope, OverrideKind, Source
from catalogue.models import Change, Override, Product
from catalogue.models.canonical import Record

HORIZON = KEEP + timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One entry on its way into the registers, with what the ledger says about it.

    `basis` is what its author saw, where that need not be what stands here; `redates` the version
    under which the same act was merged before its time was known better.
    """

    key: LeafKey
    entry: Entry
    source: Source
    cause_id: UUID
    actor: str = ""
    delivery_id: int | None = None
    time_uncertain: bool = False
    reason: str = ""
    basis: Basis | None = None
    redates: Version | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """The ledger's rows, unsaved, the override row that moved, and what the act collided with."""

    changes: tuple[Change, ...]
    override: Override | None
    collided: Entry | None = None


@dataclass(frozen=True, slots=True)
class _Taken:
    """What the registers made of an entry; `stood` is what it replaced, or lost to."""

    scope: ChangeScope
    fate: ChangeFate
    entry: Entry
    stood: Entry | None
    old: Value
    new: Value
    new_kind: str = ""


def merge(
    product: Product, record: Record, override: Override | None, act: Act, *, now: datetime
) -> Merged:
    """Route the act, move both registers, and tell the ledger. The product is locked."""
    _, name = act.key
    was, before = record.register(name).winner, record.register(name)
    timeline = override.read_timeline() if override else None
    if act.redates is not None:
        rest = forget(before, timeline, act.entry.store, act.redates)
        before, timeline = rest.register, rest.timeline
    routed = _compact(route(before, timeline, act.entry), now - HORIZON)
    record.set_register(name, routed.register)
    if routed.timeline is not None and act.entry.store is not None:
        override = override or Override(
            store_id=act.entry.store,
            product=product,
            variant_id=act.key[0],
            attribute=name,
        )
        override.set_timeline(routed.timeline)
    taken = _take(act.entry, before, timeline, routed)
    changes = [_row(product, act, taken, act.reason or _reason(taken))]
    moved = routed.register.winner
    if moved and was and moved.version not in (was.version, act.entry.version):
        changes.append(_moved_winner(product, act, was, moved))
    return Merged(
        tuple(changes), override if routed.timeline is not None else None, _collided(act, taken)
    )


def correct(product: Product, record: Record, act: Act, fate: ChangeFate) -> Change:
    """The ledger's row of an edit that moves nothing, because its store has no say in it."""
    register = record.register(act.key[1])
    taken = _Taken(
        ChangeScope.CANONICAL,
        fate,
        act.entry,
        register.winner,
        _value(register),
        act.entry.value,
    )
    return _row(product, act, taken, act.reason)


def _compact(routed: Routed, horizon: datetime) -> Routed:
    timeline = routed.timeline.compact(horizon) if routed.timeline is not None else None
    return Routed(routed.register.compact(horizon), timeline)


def _take(
    entry: Entry, before: CanonicalRegister, timeline: Timeline | None, routed: Routed
) -> _Taken:
    after = routed.timeline
    if after is not None and entry not in after.candidates():
        return _take_own(entry, before, timeline, routed)
    winner, stood = routed.register.winner, before.winner
    won = winner is not None and winner.version == entry.version
    fate = ChangeFate.WON if won else ChangeFate.LOST
    return _Taken(ChangeScope.CANONICAL, fate, entry, stood, _value(before), entry.value)


def _take_own(
    entry: Entry, before: CanonicalRegister, timeline: Timeline | None, routed: Routed
) -> _Taken:
    """What became of an entry that concerns its store alone."""
    after = routed.timeline or Timeline()
    stood, standing = timeline.standing() if timeline else None, after.standing()
    stood = stood if stood and stood.stands else None
    won = standing is not None and standing.version == entry.version
    held = entry in after.held()
    return _Taken(
        scope=ChangeScope.OVERRIDE,
        fate=ChangeFate.HELD if held else ChangeFate.WON if won else ChangeFate.LOST,
        entry=entry,
        stood=stood,
        old=stood.value if stood else _value(before),
        new=_value(routed.register) if entry.op == "clear" else entry.value,
        new_kind=standing.kind.value if won and standing and standing.kind else "",
    )


def _collided(act: Act, taken: _Taken) -> Entry | None:
    stood = taken.stood
    if act.basis is None or stood is None or taken.fate is ChangeFate.HELD:
        return None
    return stood if collides(attribute(act.key[1]), act.entry, stood, act.basis) else None


def _moved_winner(product: Product, act: Act, old: Entry, new: Entry) -> Change:
    reason = _OLDER if act.redates else _AGAIN
    taken = _Taken(ChangeScope.CANONICAL, ChangeFate.WON, new, old, old.value, new.value)
    return _row(product, act, taken, reason)


def _row(product: Product, act: Act, taken: _Taken, reason: str) -> Change:
    stood = taken.stood
    return Change(
        workspace_id=product.workspace_id,
        product=product,
        variant_id=act.key[0],
        attribute=act.key[1],
        scope=taken.scope,
        store_id=act.entry.store,
        source=act.source,
        actor=act.actor,
        fate=taken.fate,
        reason=reason,
        old=taken.old,
        new=taken.new,
        old_kind=stood.kind.value if stood and stood.kind else "",
        new_kind=taken.new_kind,
        version_time=taken.entry.version.time,
        version_id=taken.entry.version.id,
        stood_version=stood.version.id if stood else "",
        edit_version=product.edit_version + 1,
        time_uncertain=act.time_uncertain,
        delivery_id=act.delivery_id,
        cause_id=act.cause_id,
    )


def _value(register: CanonicalRegister) -> Value:
    return register.winner.value if register.winner else None


_AGAIN = "The value before it belonged to a store's override, so an earlier one stands again."
_OLDER = "The value before it was set earlier than was known, so this one stands."
_OVERRIDE_REASONS = {
    "clear": "The store's own value was cleared; it shows the canonical value again.",
    "edit": "The store keeps its own value of this attribute, so the edit stays there.",
    "set": "The store keeps its own value of this attribute.",
}


def _reason(taken: _Taken) -> str:
    entry, scope, fate = taken.entry, taken.scope, taken.fate
    if fate is ChangeFate.HELD:
        return "This value is held for a person's decision; it was neither spread nor reverted."
    if fate is ChangeFate.LOST and scope is ChangeScope.OVERRIDE and entry.bounds:
        return "It may have been made while the store had its own value, so it is not spread."
    if fate is ChangeFate.LOST:
        return "A later edit of the same attribute had already been accepted."
    if scope is ChangeScope.CANONICAL:
        return "The latest edit of this attribute; it goes to every store."
    if entry.kind is OverrideKind.FOUND:
        return "The store already had its own value when it was connected; it is kept."
    return _OVERRIDE_REASONS[entry.op]
