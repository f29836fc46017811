"""Choosing changes of the ledger: by hand, by cause, by person, by time."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Min, QuerySet

from catalogue.enums import ChangeFate, ChangeScope, Source
from catalogue.models import Change

Register: TypeAlias = tuple[int, int | None, str, int | None]
"""A product, a variant, an attribute, and the store whose own value it is (None: the hub's)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which changes are meant: those that meet everything that is given."""

    change_ids: tuple[int, ...] = ()
    cause_id: UUID | None = None
    actor: str = ""
    source: Source | None = None
    store_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "change_ids": list(self.change_ids),
            "cause_id": str(self.cause_id) if self.cause_id else None,
            "actor": self.actor,
            "source": self.source.value if self.source else None,
            "store_id": self.store_id,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Choice":
        return cls(
            change_ids=tuple(data["change_ids"]),
            cause_id=UUID(data["cause_id"]) if data["cause_id"] else None,
            actor=data["actor"],
            source=Source(data["source"]) if data["source"] else None,
            store_id=data["store_id"],
            since=datetime.fromisoformat(data["since"]) if data["since"] else None,
            until=datetime.fromisoformat(data["until"]) if data["until"] else None,
        )

    @property
    def names_something(self) -> bool:
        """Whether it is narrower than a whole workspace."""
        return bool(self.change_ids or self.cause_id or self.actor or self.source or self.since)


def chosen(workspace_id: int, choice: Choice) -> QuerySet[Change]:
    """The changes that are meant and that moved something."""
    asked = {
        "cause_id": choice.cause_id,
        "actor": choice.actor or None,
        "source": choice.source,
        "store": choice.store_id,
        "created_at__gte": choice.since,
        "created_at__lt": choice.until,
        "pk__in": choice.change_ids or None,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return Change.objects.filter(workspace=workspace_id, fate=ChangeFate.WON, **given)


def register_of(change: Change) -> Register:
    own = change.scope == ChangeScope.OVERRIDE
    return (
        change.product_id,
        change.variant_id,
        change.attribute,
        change.store_id if own else None,
    )


def histories(
    rows: QuerySet[Change], product_ids: Collection[int]
) -> dict[Register, list[tuple[Change, bool]]]:
    """Every change since the first chosen one of each value that they moved, chosen or not."""
    mine = rows.filter(product__in=product_ids)
    first = mine.aggregate(first=Min("id"))["first"]
    if first is None:
        return {}
    ids = set(mine.values_list("pk", flat=True))
    since = Change.objects.filter(product__in=product_ids, fate=ChangeFate.WON, id__gte=first)
    found: dict[Register, list[tuple[Change, bool]]] = defaultdict(list)
    for change in since.select_related("store", "product").order_by("id"):
        found[register_of(change)].append((change, change.pk in ids))
    return {
        register: history[next(n for n, (_, hit) in enumerate(history) if hit) :]
        for register, history in found.items()
        if any(hit for _, hit in history)
    }


def since_version(product_id: int, version: int, *, most: int = 50) -> list[Change]:
    """The newest canonical changes of a product since one of its versions, newest first."""
    rows = Change.objects.filter(
        product=product_id,
        scope=ChangeScope.CANONICAL,
        fate=ChangeFate.WON,
        edit_version__gt=version,
    )
    return list(rows.select_related("store").order_by("-id")[:most])
