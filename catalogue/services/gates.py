"""The gates before every merge: judging a batch, holding it, and letting a released one pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from catalogue.domain.attributes import label_of
from catalogue.domain.gates import Batch, Check, Feed, Limits, Move, Objection, object_to
from catalogue.domain.values import Value
from catalogue.enums import HeldAct, HeldState, OverrideKind, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import HeldBatch, ImportRow, Product, Variant
from catalogue.services.desk import Desk, SetValue

SAMPLES = 50


@dataclass(frozen=True, slots=True)
class Cause:
    """Whose batch it is; `store_id` where it is about one store."""

    workspace_id: int
    source: Source
    actor: str
    cause_id: UUID
    store_id: int | None = None


def judge(moves: Sequence[Move], feed: Feed | None = None) -> list[Objection]:
    """What the checks of this installation have against a batch."""
    return object_to(Batch(moves, _limits(), feed), [_check(name) for name in settings.GATES])


def hold(
    act: HeldAct,
    cause: Cause,
    moves: Sequence[Move],
    objections: Sequence[Objection],
    *,
    wishes: Sequence[dict[str, Any]] = (),
    details: Mapping[str, Any] | None = None,
) -> HeldBatch:
    """Keep a batch for a person, with the reasons; nothing of it has happened."""
    return HeldBatch.objects.create(
        workspace_id=cause.workspace_id,
        act=act,
        source=cause.source,
        actor=cause.actor,
        cause_id=cause.cause_id,
        store_id=cause.store_id,
        reasons=[objection.reason for objection in objections],
        size=len(moves),
        samples=samples(moves, objections),
        wishes=list(wishes),
        details=dict(details or {}),
    )


def hold_edit(
    desk: Desk, wishes: Sequence[SetValue], values: Sequence[Value], cause: Cause
) -> HeldBatch | None:
    """Hold an edit where the checks object to it. What shows already, or clears, moves nothing."""
    wanted = list(zip(wishes, values, strict=True))
    moves = moves_of(desk, wishes, values)
    objections = judge(moves)
    if not objections:
        return None
    stored = [stored_wish(wish, value, version_that_stands(desk, wish)) for wish, value in wanted]
    stores = {wish.store_id for wish in wishes}
    about = replace(cause, store_id=stores.pop() if len(stores) == 1 else None)
    return hold(HeldAct.EDIT, about, moves, objections, wishes=stored)


def moves_of(desk: Desk, wishes: Sequence[SetValue], values: Sequence[Value]) -> list[Move]:
    """What an edit would move, for the checks to see."""
    wanted = zip(wishes, values, strict=True)
    moves = [_move(desk, wish, value) for wish, value in wanted if not wish.clear]
    return [move for move in moves if move.before != move.after]


def check_pass(
    released: int, workspace_id: int, wishes: Sequence[SetValue], values: Sequence[Value]
) -> None:
    """Let through exactly what a person has released, nothing beside it."""
    batch = HeldBatch.objects.filter(
        pk=released, workspace=workspace_id, state=HeldState.RELEASED
    ).first()
    known = {_place(stored): stored for stored in _released(batch, wishes)} if batch else {}
    for wish, value in zip(wishes, values, strict=True):
        asked = stored_wish(wish, value, "")
        stored = known.get(_place(asked), {})
        if not wish.clear and any(stored.get(name) != asked[name] for name in ("value", "kind")):
            raise NotAllowedNowError("This is not what was released at the gates.")


def _released(batch: HeldBatch, wishes: Iterable[SetValue]) -> Iterable[dict[str, Any]]:
    """What a batch holds of some products: in itself, or in the rows of its import."""
    if batch.act != HeldAct.IMPORT:
        own: list[dict[str, Any]] = batch.wishes
        return own
    products = {wish.product_id for wish in wishes}
    rows = ImportRow.objects.filter(run__held=batch, product__in=products)
    return [stored for row in rows for stored in row.wishes]


def _place(stored: Mapping[str, Any]) -> tuple[Any, ...]:
    return stored["product"], stored["variant"], stored["store"], stored["attribute"]


def stored_wish(wish: SetValue, value: Value, base: str) -> dict[str, Any]:
    """A wish as it is kept until it is carried out; `base` is the version that stood."""
    return {
        "product": wish.product_id,
        "variant": wish.variant_id,
        "store": wish.store_id,
        "attribute": wish.attribute,
        "value": value,
        "clear": wish.clear,
        "kind": wish.kind.value,
        "base": base,
    }


def wish_of(stored: Mapping[str, Any]) -> SetValue:
    return SetValue(
        product_id=stored["product"],
        variant_id=stored["variant"],
        store_id=stored["store"],
        attribute=stored["attribute"],
        value=stored["value"],
        clear=stored["clear"],
        kind=OverrideKind(stored["kind"]),
    )


def version_that_stands(desk: Desk, wish: SetValue) -> str:
    """The id of the version that a wish would replace; empty where there is none."""
    seen = desk.standing(wish)
    return seen.version.id if seen else ""


def describe(product: Product, variant: Variant | None) -> str:
    return f"{product} / {variant}" if variant else str(product)


def what(desk: Desk, wish: SetValue) -> str:
    """In words, what a wish would change."""
    variant = desk.variants[wish.variant_id] if wish.variant_id else None
    name = describe(desk.products[wish.product_id], variant)
    return name if wish.store_id is None else f"{name} in {desk.stores[wish.store_id]}"


def _move(desk: Desk, wish: SetValue, value: Value) -> Move:
    return Move(what(desk, wish), wish.attribute, desk.shown(wish), value)


def samples(moves: Sequence[Move], objections: Iterable[Objection]) -> list[dict[str, Any]]:
    """What the checks object to first, then the others, as far as a page shows them."""
    meant = [place for objection in objections for place in objection.places]
    order = dict.fromkeys([*meant, *range(len(moves))])
    rows = [(place, moves[place]) for place in list(order)[:SAMPLES]]
    return [{**sample(move), "place": n, "meant": n in set(meant)} for n, move in rows]


def sample(move: Move) -> dict[str, Any]:
    """A move as a page shows it."""
    return {
        "what": move.what,
        "attribute": label_of(move.attribute),
        "before": move.before,
        "after": move.after,
    }


def _limits() -> Limits:
    return Limits(
        price_floor=Decimal(settings.GATE_PRICE_FLOOR),
        price_change_percent=Decimal(settings.GATE_PRICE_CHANGE_PERCENT),
        required=frozenset(settings.GATE_REQUIRED),
        stock_zeros=settings.GATE_STOCK_ZEROS,
        pictures_gone=settings.GATE_PICTURES,
    )


@cache
def _check(name: str) -> Check:
    check: Check = import_string(name)
    return check
