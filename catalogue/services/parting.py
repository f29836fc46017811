"""Deciding about a part of what is held: it leaves its batch and becomes one of its own."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.domain.attributes import OPTION_VALUES
from catalogue.domain.gates import Move
from catalogue.enums import HeldAct
from catalogue.errors import NotAllowedNowError
from catalogue.models import HeldBatch, Product
from catalogue.services.creation import asks_for
from catalogue.services.gates import judge, samples
from stores.models import Store


@dataclass(frozen=True, slots=True)
class Part:
    """What a person can decide about for itself: a new variant, or a store that is offered one."""

    key: str
    words: str


def parts_of(batch: HeldBatch) -> list[Part]:
    """The parts of a batch; one or none where it is decided about as a whole only."""
    if batch.act == HeldAct.OFFER:
        return [Part(str(store.pk), str(store)) for store in _stores(batch)]
    if not _of_variants(batch):
        return []
    keys = dict.fromkeys(_key(wish) for wish in batch.wishes)
    return [Part(key, _name(batch.wishes, key)) for key in keys]


def part_off(batch_id: int, keys: Collection[str]) -> int:
    """Give the chosen parts a batch of their own, and say which; all of them: the batch itself.

    In the caller's transaction. Raises NotAllowedNowError where nothing of it is chosen any more.
    """
    batch = HeldBatch.objects.select_for_update().get(pk=batch_id)
    known = {part.key for part in parts_of(batch)}
    chosen = known & set(keys)
    if not chosen:
        raise NotAllowedNowError("Choose at least one of what waits here.")
    if chosen == known:
        return batch_id
    apart = HeldBatch.objects.get(pk=batch_id)
    apart.pk = None
    apart._state.adding = True  # noqa: SLF001  Django's own way of copying a row
    _keep(apart, chosen)
    _keep(batch, known - chosen)
    return apart.pk


def _keep(batch: HeldBatch, keys: Collection[str]) -> None:
    """Leave only some parts in a batch, with the reasons that concern them."""
    if batch.act == HeldAct.OFFER:
        batch.details = {**batch.details, "stores": sorted(map(int, keys))}
    else:
        batch.wishes = [wish for wish in batch.wishes if _key(wish) in keys]
        moves = [_move(batch.wishes, wish) for wish in batch.wishes]
        objections = judge(moves)
        batch.size, batch.samples = len(moves), samples(moves, objections)
        batch.reasons = [one.reason for one in objections] or batch.reasons
    batch.save()


def _move(wishes: Iterable[Mapping[str, Any]], wish: Mapping[str, Any]) -> Move:
    return Move(_name(wishes, _key(wish)), wish["attribute"], None, wish["value"])


def _of_variants(batch: HeldBatch) -> bool:
    """Whether it holds new variants of a product that is there."""
    added = batch.act == HeldAct.FOUNDING and not batch.details["currency"]
    return added or batch.act == HeldAct.VARIANTS


def _key(wish: Mapping[str, Any]) -> str:
    return str(wish["variant"])


def _name(wishes: Iterable[Mapping[str, Any]], key: str) -> str:
    mine = {wish["attribute"]: wish["value"] for wish in wishes if _key(wish) == key}
    values, sku = mine.get(OPTION_VALUES), mine.get("sku")
    name = " / ".join(map(str, values)) if isinstance(values, list) else ""
    return " · ".join(str(one) for one in (name, sku) if one) or f"Variant {key}"


def _stores(batch: HeldBatch) -> list[Store]:
    """The stores to which it would be offered now."""
    product = Product.objects.filter(pk=batch.details["product"], removed_at=None).first()
    asking = [policy.store for policy in asks_for(product)] if product else []
    only = batch.details.get("stores")
    return [store for store in asking if only is None or store.pk in only]
