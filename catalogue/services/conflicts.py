"""Conflicts: opened where parties collide over a value of high worth, closed by a later edit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalogue.domain.attributes import attribute
from catalogue.domain.collision import difference
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.enums import ChangeFate, ChangeScope, ConflictState, MemberState
from catalogue.models import Change, Conflict, StockMember
from catalogue.selectors.picture import Picture
from stores.models import Store

_SUPERSEDE = """
UPDATE catalogue_conflict AS c
SET state = %(superseded)s, decision_id = u.change_id, decided_by = u.actor,
    decided_at = statement_timestamp()
FROM unnest(%(products)s::bigint[], %(variants)s::bigint[], %(attributes)s::text[],
            %(scopes)s::text[], %(stores)s::bigint[], %(changes)s::bigint[], %(actors)s::text[])
     AS u(product_id, variant_id, attribute, scope, store_id, change_id, actor)
WHERE c.state = 'open' AND c.product_id = u.product_id AND c.attribute = u.attribute
  AND c.variant_id IS NOT DISTINCT FROM u.variant_id AND c.scope = u.scope
  AND (c.scope = 'canonical' OR c.store_id = u.store_id)
"""


@dataclass(frozen=True, slots=True)
class Collision:
    """A stored change of a store, and the other party's value that its author had not seen."""

    change: Change
    other: Entry
    ancestor: Value


def supersede(changes: Iterable[Change]) -> None:
    """Close the open conflicts over values that have moved. The products are locked."""
    won = [change for change in changes if change.fate == ChangeFate.WON]
    if not won:
        return
    values: dict[str, Any] = {
        "superseded": ConflictState.SUPERSEDED.value,
        "products": [change.product_id for change in won],
        "variants": [change.variant_id for change in won],
        "attributes": [change.attribute for change in won],
        "scopes": [str(change.scope) for change in won],
        "stores": [change.store_id for change in won],
        "changes": [change.pk for change in won],
        "actors": [change.actor for change in won],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, values)


def open_conflicts(pic: Picture, collisions: Sequence[Collision]) -> list[Conflict]:
    """Put collisions over values of high worth before a person; the later edit stands meanwhile."""
    worthy = (one for one in collisions if pic.terms.worthy(one.change.attribute))
    return Conflict.objects.bulk_create(_conflict(pic.store, one) for one in worthy)


def _conflict(store: Store, collision: Collision) -> Conflict:
    change, other = collision.change, collision.other
    won = change.fate == ChangeFate.WON
    theirs = change.same_register().filter(version_id=other.version.id).first()
    winner, loser = (change.new, other.value) if won else (other.value, change.new)
    canonical = change.scope == ChangeScope.CANONICAL
    return Conflict(
        workspace_id=change.workspace_id,
        product=change.product,
        variant_id=change.variant_id,
        attribute=change.attribute,
        scope=change.scope,
        store=store,
        ancestor=collision.ancestor,
        winner=winner,
        loser=loser,
        winner_change=change if won else theirs,
        loser_change=theirs if won else change,
        uncertain=change.time_uncertain or other.bounds is not None,
        difference=difference(attribute(change.attribute), winner, loser),
        currency=change.product.currency if canonical else store.currency,
        units=_units(store, change.variant_id),
    )


def _units(store: Store, variant_id: int | None) -> int | None:
    """How many the store is known to have; None where its stock is not followed."""
    levels = StockMember.objects.filter(
        store=store, pool__variant=variant_id, state=MemberState.MEMBER
    ).values_list("level", flat=True)
    return sum(max(level, 0) for level in levels) if levels else None
