"""inventoryItemUpdate: what an item is, beside its quantities."""

from collections.abc import Mapping
from typing import Any

from stores.twin.attributes import ITEM, normalise
from stores.twin.gids import number
from stores.twin.mutations.answer import deed_of, mutation
from stores.twin.nodes import Info, Item
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError

__all__ = ["ITEMS"]


@mutation("inventory_item")
def _update(
    _: Any,
    info: Info,
    *,
    id: str,  # noqa: A002  Shopify's names
    input: Mapping[str, Any],  # noqa: A002
) -> Any:
    variant = info.context.shop.items.get(number(id) or 0)
    if variant is None:
        said = "The product couldn't be updated because it does not exist."
        raise RefusedError(Refusal(["id"], said))
    values, refusals = normalise(input, ITEM)
    if refusals:
        # Their places are those of a variant's item: inventoryItem, …
        raise RefusedError(*(Refusal(["input", *x.field[1:]], x.message) for x in refusals))
    with deed_of(info.context) as deed:
        for name, value in values.items():
            deed.set(variant, name, value)
    return {"inventory_item": Item(variant)}


ITEMS: dict[str, Resolver] = {"inventoryItemUpdate": _update}
