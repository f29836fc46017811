"""Where an edit is going, in words: who is told at once, who has to wait, and who is not told."""

from collections.abc import Iterable

from catalogue.enums import DeliveryFate
from catalogue.models import Change, ChangeDelivery
from syncqueue.enums import Health

_WAITS = {
    Health.HELD: "its calls are held until somebody releases them",
    Health.WAITING: "it waits for Shopify to recover",
    Health.TRIAL: "it waits for Shopify to recover",
}


def where_it_goes(changes: Iterable[Change]) -> str:
    """As “On its way to 2 stores. Not yet to north: its calls are held …”."""
    rows = ChangeDelivery.objects.filter(change__in=list(changes))
    rows = rows.select_related("store__channel").order_by("store_id", "-id")
    way, notes = set[int](), dict[str, None]()
    for row in rows:
        why = _WAITS.get(Health(row.store.channel.health))
        if row.fate != DeliveryFate.PENDING:
            notes |= {f"Not to {row.store}: {_lower(row.reason)}": None}
        elif why:
            notes |= {f"Not yet to {row.store}: {why}.": None}
        else:
            way.add(row.store_id)
    if way:
        first = f"On its way to {len(way)} {'store' if len(way) == 1 else 'stores'}."
    else:
        first = "No store is written now."
    return " ".join([first, *notes])


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
