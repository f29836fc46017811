"""Taking one act into the registers, and the row of the ledger that says what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from catalogue.domain.diff import LeafKey
from catalogue.domain.journal import KEEP
from catalogue.domain.registers import CanonicalRegister, Entry, Routed, Timeline, route
from catalogue.domain.values import Value
from catalogue.enums import ChangeFate, ChangeScope, OverrideKind, Source
from catalogue.models import Change, Override, Product
from catalogue.models.canonical import Record

HORIZON = KEEP + timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One entry on its way into the registers, with what the ledger says about it."""

    key: LeafKey
    entry: Entry
    source: Source
    cause_id: UUID
    actor: str = ""
    delivery_id: int | None = None
    time_uncertain: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The ledger's rows, unsaved, and the override row that moved."""

    changes: tuple[Change, ...]
    override: Override | None


def merge(
    product: Product, record: Record, override: Override | None, act: Act, *, now: datetime
) -> Merged:
    """Route the act, move both registers, and tell the ledger. The product is locked."""
    _, name = act.key
    before = record.register(name)
    timeline = override.read_timeline() if override else None
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
    changes = [_ledger_row(product, act, before, timeline, routed)]
    moved = routed.register.winner
    if moved and before.winner and moved.version not in (before.winner.version, act.entry.version):
        changes.append(_moved_winner(product, act, before.winner, moved))
    return Merged(tuple(changes), override if routed.timeline is not None else None)


def _compact(routed: Routed, horizon: datetime) -> Routed:
    timeline = routed.timeline.compact(horizon) if routed.timeline is not None else None
    return Routed(routed.register.compact(horizon), timeline)


def _ledger_row(
    product: Product,
    act: Act,
    before: CanonicalRegister,
    timeline: Timeline | None,
    routed: Routed,
) -> Change:
    entry, after = act.entry, routed.timeline
    own = after is not None and (entry.op != "edit" or entry not in after.candidates())
    stood = timeline.standing() if timeline else None
    if own and after is not None:
        standing = after.standing()
        scope, won = ChangeScope.OVERRIDE, bool(standing and standing.version == entry.version)
        old = stood.value if stood and stood.stands else _value(before)
    else:
        winner = routed.register.winner
        scope, won = ChangeScope.CANONICAL, bool(winner and winner.version == entry.version)
        old = _value(before)
    held = after is not None and entry in after.held()
    fate = ChangeFate.HELD if held else ChangeFate.WON if won else ChangeFate.LOST
    new = _value(routed.register) if entry.op == "clear" else entry.value
    reason = act.reason or _reason(entry, scope, fate)
    return _row(product, act, scope=scope, fate=fate, old=old, new=new, reason=reason, entry=entry)


def _moved_winner(product: Product, act: Act, old: Entry, new: Entry) -> Change:
    reason = "The value before it belonged to a store's override, so an earlier one stands again."
    return _row(
        product,
        act,
        scope=ChangeScope.CANONICAL,
        fate=ChangeFate.WON,
        old=old.value,
        new=new.value,
        reason=reason,
        entry=new,
    )


def _row(
    product: Product,
    act: Act,
    *,
    scope: ChangeScope,
    fate: ChangeFate,
    old: Value,
    new: Value,
    reason: str,
    entry: Entry,
) -> Change:
    return Change(
        workspace_id=product.workspace_id,
        product=product,
        variant_id=act.key[0],
        attribute=act.key[1],
        scope=scope,
        store_id=act.entry.store,
        source=act.source,
        actor=act.actor,
        fate=fate,
        reason=reason,
        old=old,
        new=new,
        version_time=entry.version.time,
        version_id=entry.version.id,
        time_uncertain=act.time_uncertain,
        delivery_id=act.delivery_id,
        cause_id=act.cause_id,
    )


def _value(register: CanonicalRegister) -> Value:
    return register.winner.value if register.winner else None


_OVERRIDE_REASONS = {
    "clear": "The store's own value was cleared; it shows the canonical value again.",
    "edit": "The store keeps its own value of this attribute, so the edit stays there.",
    "set": "The store keeps its own value of this attribute.",
}


def _reason(entry: Entry, scope: ChangeScope, fate: ChangeFate) -> str:
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
