"""The warehouse: items, levels and quantities, and how apps move them."""

from stores.twin.queries import Resolver
from stores.twin.stock.activation import ACTIVATION
from stores.twin.stock.groups import GROUPS
from stores.twin.stock.items import ITEMS
from stores.twin.stock.quantities import QUANTITIES
from stores.twin.stock.reading import READING

__all__ = ["STOCK", "STOCK_READING"]

STOCK: dict[str, Resolver] = {**QUANTITIES, **ACTIVATION, **ITEMS}
STOCK_READING: dict[str, Resolver] = {**READING, **GROUPS}
