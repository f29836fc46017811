"""The one door through which people, programs and schedules change the canonical record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction

from catalogue.domain.attributes import BadValueError, attribute, fingerprint
from catalogue.domain.cleaning import clean
from catalogue.domain.metafields import typed
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.domain.version import Version, causal_floor
from catalogue.enums import Owner, Source
from catalogue.models import Change, HeldBatch, Override
from catalogue.models.canonical import Record
from catalogue.selectors.terms import metafields_of
from catalogue.services.breaker import close_tugs
from catalogue.services.conflicts import supersede
from catalogue.services.desk import Desk, SetValue, check_versions, open_desk, put_back
from catalogue.services.gates import Cause, check_pass, hold_edit
from catalogue.services.ledger import store_changes
from catalogue.services.merge import Act, merge
from catalogue.services.options import settle_shapes
from catalogue.services.sale_issues import close_sale_issues
from catalogue.services.spread import spread
from syncqueue.enums import Priority

__all__ = ["Edited", "SetValue", "edit", "prepare", "take_in"]


@dataclass(frozen=True, slots=True)
class Edited:
    """The ledger's rows of an edit and the jobs that carry them out, or the batch that is held."""

    cause_id: UUID
    changes: tuple[Change, ...]
    job_ids: tuple[int, ...]
    held: HeldBatch | None = None


def edit(
    *,
    workspace_id: int,
    wishes: Sequence[SetValue],
    source: Source,
    actor: str,
    expected: Mapping[int, int] | None = None,
    priority: Priority = Priority.INTERACTIVE,
    cause_id: UUID | None = None,
    released: int | None = None,
    reason: str = "",
) -> Edited:
    """Check, merge, record and queue in one transaction; what already stands changes nothing.

    `expected` gives the `edit_version` that the editor saw, per product: any change of the product
    since is refused, while a wish's own `seen` looks at its value alone. `cause_id` joins several
    edits of one cause. What the gates object to is held as a whole, but for what a person has
    released: `released` names that batch, `reason` stands in the ledger. Raises BadValueError,
    NotFoundHereError, NotAllowedNowError or StaleEditError before anything is stored.
    """
    with transaction.atomic():
        desk, values = prepare(workspace_id, wishes, cause_id or uuid4(), expected)
        cause = Cause(workspace_id, source, actor, desk.cause_id)
        if released is not None:
            check_pass(released, workspace_id, wishes, values)
        elif held := hold_edit(desk, wishes, values, cause):
            return Edited(desk.cause_id, (), (), held)
        changes: list[Change] = []
        for wish, value in zip(wishes, values, strict=True):
            changes += take_in(desk, wish, value, cause, reason)
        put_back(desk, changes)
        settle_shapes(changes)
        store_changes(changes)
        supersede(changes)
        close_tugs(changes, by=actor)
        close_sale_issues(changes, by=actor)
        jobs = spread(workspace_id, changes, cause_id=desk.cause_id, priority=priority)
    return Edited(desk.cause_id, tuple(changes), tuple(jobs))


def prepare(
    workspace_id: int,
    wishes: Sequence[SetValue],
    cause_id: UUID,
    expected: Mapping[int, int] | None = None,
) -> tuple[Desk, list[Value]]:
    """The locked records and the values in normal form; raises as `edit` does, before anything."""
    kinds = metafields_of(workspace_id) if any(map(_is_metafield, wishes)) else {}
    values = [_cleaned(wish, kinds) for wish in wishes]
    desk = open_desk(workspace_id, wishes, cause_id)
    check_versions(desk, wishes, values, expected or {})
    return desk, values


def _is_metafield(wish: SetValue) -> bool:
    return attribute(wish.attribute).part == "metafields"


def _cleaned(wish: SetValue, kinds: Mapping[str, str]) -> Value:
    """`kinds`: of which type the metafields are that this workspace keeps in step."""
    declared, value = attribute(wish.attribute), wish.value
    if (declared.owner is Owner.VARIANT) != (wish.variant_id is not None):
        raise BadValueError(f"{declared.label} belongs to a {declared.owner}.")
    if declared.per_store and wish.store_id is None:
        raise BadValueError(f"{declared.label} are set store by store.")
    if wish.clear and wish.store_id is None:
        raise BadValueError("Only a store's own value can be cleared.")
    if _is_metafield(wish):
        if wish.attribute not in kinds:
            raise BadValueError(f"{declared.label} is not kept in step in this workspace.")
        value = typed(value, kinds[wish.attribute])
    return None if wish.clear else clean(wish.attribute, value)


def take_in(
    desk: Desk, wish: SetValue, value: Value, cause: Cause, reason: str = ""
) -> tuple[Change, ...]:
    """Move the records of the desk, which nobody has stored yet; what stands already is nothing."""
    product, record = desk.products[wish.product_id], desk.record(wish)
    override = desk.override(wish)
    if _stands_already(record, override, wish, value):
        return ()
    merged = merge(
        product,
        record,
        override,
        Act(
            key=(wish.variant_id, wish.attribute),
            entry=_entry(desk, wish, value, cause.source),
            source=cause.source,
            actor=cause.actor,
            cause_id=desk.cause_id,
            reason=reason,
        ),
        now=desk.now,
    )
    if merged.override is not None:
        desk.overrides[wish.store_id, wish.product_id, wish.variant_id, wish.attribute] = (
            merged.override
        )
    return merged.changes


def _stands_already(
    record: Record, override: Override | None, wish: SetValue, value: Value
) -> bool:
    declared = attribute(wish.attribute)
    if wish.store_id is None:
        winner = record.register(wish.attribute).winner
        return winner is not None and fingerprint(declared, winner.value) == fingerprint(
            declared, value
        )
    if wish.clear or override is None or not override.stands:
        return wish.clear and (override is None or not override.stands)
    same_kind = override.kind == wish.kind
    return same_kind and fingerprint(declared, override.value) == fingerprint(declared, value)


def _entry(desk: Desk, wish: SetValue, value: Value, source: Source) -> Entry:
    seen = desk.standing(wish)
    time = causal_floor(desk.now, seen.version if seen else None)
    version = Version.of(time, source, f"{desk.cause_id}:{wish.product_id}:{wish.variant_id}")
    if wish.store_id is None:
        return Entry(version, "edit", None, value)
    if wish.clear:
        return Entry(version, "clear", wish.store_id)
    return Entry(version, "set", wish.store_id, value, wish.kind)
