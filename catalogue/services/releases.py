"""Deciding what the gates hold: releasing it through the same door, or discarding it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalogue.domain.attributes import attribute, fingerprint, label_of
from catalogue.domain.values import Value
from catalogue.enums import HeldAct, HeldState, OverrideKind, Source, StockVerb
from catalogue.errors import NotAllowedNowError
from catalogue.models import HeldBatch, Override, Product
from catalogue.services.desk import SetValue, open_desk
from catalogue.services.edit import edit
from catalogue.services.founding import release_founding
from catalogue.services.gates import version_that_stands, what, wish_of
from catalogue.services.imports import discard_import, release_import
from catalogue.services.newcomers import discard_new, release_new, seen_of_new
from catalogue.services.offering import release_offer
from catalogue.services.parting import part_off
from catalogue.services.sales import discard_sale, release_sale
from catalogue.services.stock.carrying import (
    answer_sold_out,
    discard_stock,
    release_stock,
)
from catalogue.services.terms import release_terms

MOVED = "Somebody has set it since."
DECIDED = "It was decided otherwise in the meantime."


@dataclass(slots=True)
class Outcome:
    """How many values moved, and what was left because it had moved since."""

    applied: int = 0
    dropped: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Act:
    """How one kind of held batch goes on, or does not; both in the caller's transaction."""

    release: Callable[[HeldBatch], Outcome]
    discard: Callable[[HeldBatch], None]


def release(
    batch_id: int, *, by: str, reason: str, only: Collection[str] | None = None
) -> HeldBatch:
    """Let a batch go on, as it was held; what has moved since is dropped and listed.

    `only` these parts of it: they become a batch of their own, which is returned. Raises
    NotAllowedNowError without a reason, or where it was decided already.
    """
    _look_again(batch_id)
    with transaction.atomic():
        batch = _decide(batch_id, HeldState.RELEASED, by, reason, only)
        outcome = _ACTS[HeldAct(batch.act)].release(batch)
        batch.applied, batch.dropped = outcome.applied, outcome.dropped
        batch.save(update_fields=["applied", "dropped"])
    return batch


def discard(
    batch_id: int, *, by: str, reason: str, only: Collection[str] | None = None
) -> HeldBatch:
    """Give a batch up, or parts of it. Raises NotAllowedNowError as releasing does."""
    with transaction.atomic():
        batch = _decide(batch_id, HeldState.DISCARDED, by, reason, only)
        _ACTS[HeldAct(batch.act)].discard(batch)
    return batch


def _decide(
    batch_id: int, state: HeldState, by: str, reason: str, only: Collection[str] | None
) -> HeldBatch:
    if not reason.strip():
        raise NotAllowedNowError("Say why: the reason stays with the batch.")
    # products are locked before a batch's row, as inbound merges do that hold a new one
    wishes = HeldBatch.objects.values_list("wishes", flat=True).get(pk=batch_id)
    ids = sorted({wish["product"] for wish in wishes})
    list(Product.objects.select_for_update().filter(pk__in=ids).order_by("pk").values("pk"))
    # not FOR UPDATE: a pool that a store empties just now refers to the batch, and is locked later
    batch: HeldBatch = HeldBatch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if batch.state != HeldState.HELD:
        raise NotAllowedNowError(f"It was {batch.state} by {batch.decided_by} already.")
    if only is not None:
        batch = HeldBatch.objects.get(pk=part_off(batch_id, only))
    batch.state, batch.decision = state, reason.strip()
    batch.decided_by, batch.decided_at = by, timezone.now()
    batch.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    return batch


def _release_edit(batch: HeldBatch) -> Outcome:
    """The wishes whose values nobody has set since, by the one door."""
    return _apply(batch, batch.wishes, ())


def _apply(
    batch: HeldBatch, stored: Sequence[Mapping[str, Any]], more: Sequence[SetValue]
) -> Outcome:
    wishes = [wish_of(one) for one in stored]
    if not wishes:
        return Outcome()
    desk = open_desk(batch.workspace_id, wishes, batch.cause_id)
    outcome, fresh = Outcome(), list(more)
    for wish, one in zip(wishes, stored, strict=True):
        if version_that_stands(desk, wish) == one["base"]:
            fresh.append(wish)
            continue
        outcome.dropped.append(_dropped(what(desk, wish), wish.attribute, MOVED))
    done = edit(
        workspace_id=batch.workspace_id,
        wishes=fresh,
        source=Source(batch.source),
        actor=batch.actor,
        cause_id=batch.cause_id,
        released=batch.pk,
        reason=f"Held at the gates; released by {batch.decided_by}: {batch.decision}",
    )
    outcome.applied = len(done.changes)
    return outcome


def _dropped(what: str, name: str, reason: str) -> dict[str, str]:
    return {"what": what, "attribute": label_of(name), "reason": reason}


def _name(batch: HeldBatch, stored: Mapping[str, Any]) -> str:
    desk = open_desk(batch.workspace_id, [wish_of(stored)], batch.cause_id)
    return what(desk, wish_of(stored))


def _release_inbound(batch: HeldBatch) -> Outcome:
    """The store's value becomes everybody's; a later value of the hub's goes back to the store."""
    held = [one for one, _ in _held_there(batch)]
    outcome = _apply(batch, held, [_follow(batch, one) for one in held])
    decided = (one for one in batch.wishes if one not in held)
    outcome.dropped += [_dropped(_name(batch, one), one["attribute"], DECIDED) for one in decided]
    return outcome


def _discard_inbound(batch: HeldBatch) -> None:
    """The hub's value goes back to the store."""
    wishes = [_follow(batch, one) for one, _ in _held_there(batch)]
    if wishes:
        edit(
            workspace_id=batch.workspace_id,
            wishes=wishes,
            source=Source.MANUAL,
            actor=batch.decided_by,
            cause_id=batch.cause_id,
            reason=f"Discarded at the gates: {batch.decision}",
        )


def _follow(batch: HeldBatch, stored: Mapping[str, Any]) -> SetValue:
    return SetValue(
        product_id=stored["product"],
        variant_id=stored["variant"],
        attribute=stored["attribute"],
        store_id=batch.store_id,
        clear=True,
    )


def _held_there(batch: HeldBatch) -> list[tuple[dict[str, Any], Value]]:
    """What the store still holds of a batch, with the value that was set there last."""
    rows = Override.objects.filter(
        store=batch.store_id,
        product__in={one["product"] for one in batch.wishes},
        kind=OverrideKind.HELD,
        stands=True,
    )
    last = {
        (row.product_id, row.variant_id, row.attribute): row.read_timeline().held()[-1].value
        if row.read_timeline().held()
        else row.value
        for row in rows
    }
    return [(one, last[_place(one)]) for one in batch.wishes if _place(one) in last]


def _look_again(batch_id: int) -> None:
    """Show a person what a store has set meanwhile, before they release what they have not seen."""
    batch = HeldBatch.objects.get(pk=batch_id)
    if batch.act not in _SEEN or batch.state != HeldState.HELD:
        return
    moved = 0
    last = {_place(one): value for one, value in _SEEN[HeldAct(batch.act)](batch)}
    for number, one in enumerate(batch.wishes):
        declared, value = attribute(one["attribute"]), last.get(_place(one), one["value"])
        if fingerprint(declared, value) != fingerprint(declared, one["value"]):
            one["value"], moved = value, moved + 1
            for sample in batch.samples:
                if sample.get("place") == number:
                    sample["after"] = value
    if moved:
        batch.save(update_fields=["wishes", "samples"])
        raise NotAllowedNowError("The store has set another value since; look at it again.")


def _place(stored: Mapping[str, Any]) -> tuple[int, int | str | None, str]:
    return stored["product"], stored["variant"], stored["attribute"]


def _release_variants(batch: HeldBatch) -> Outcome:
    """The store's new variants become the hub's, and are created in the other stores."""
    changes, gone = release_new(batch)
    return Outcome(
        changes, [{"what": what, "attribute": "Variant", "reason": DECIDED} for what in gone]
    )


def _release_sold_out(batch: HeldBatch) -> Outcome:
    """The other stores are told that it is sold out."""
    return Outcome(answer_sold_out(batch, StockVerb.TAKE_IN))


def _discard_sold_out(batch: HeldBatch) -> None:
    """What the store took out is put back, and the store is told."""
    answer_sold_out(batch, StockVerb.PUT_BACK)


_SEEN: Mapping[HeldAct, Callable[[HeldBatch], Sequence[tuple[dict[str, Any], Value]]]] = {
    HeldAct.INBOUND: _held_there,
    HeldAct.VARIANTS: seen_of_new,
}
_ACTS: Mapping[HeldAct, Act] = {
    HeldAct.EDIT: Act(_release_edit, lambda _batch: None),
    HeldAct.INBOUND: Act(_release_inbound, _discard_inbound),
    HeldAct.VARIANTS: Act(_release_variants, discard_new),
    HeldAct.FOUNDING: Act(lambda batch: Outcome(release_founding(batch)), lambda _batch: None),
    HeldAct.OFFER: Act(lambda batch: Outcome(release_offer(batch)), lambda _batch: None),
    HeldAct.IMPORT: Act(lambda batch: Outcome(release_import(batch)), discard_import),
    HeldAct.TERMS: Act(lambda batch: Outcome(release_terms(batch)), lambda _batch: None),
    HeldAct.SALE: Act(lambda batch: Outcome(release_sale(batch)), discard_sale),
    HeldAct.STOCK: Act(lambda batch: Outcome(release_stock(batch)), discard_stock),
    HeldAct.SOLD_OUT: Act(_release_sold_out, _discard_sold_out),
}
