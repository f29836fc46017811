"""What a door of the control API is given, and how things look in its JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stores.twin.apps import App
from stores.twin.edits import Author
from stores.twin.goods import Product
from stores.twin.world import Shop, Twin

__all__ = ["MERCHANT", "Ask", "Door", "Json"]

MERCHANT = Author("merchant")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the names in its path, its query and its body."""

    twin: Twin
    names: Mapping[str, str]
    query: Mapping[str, str]
    given: Json

    @property
    def shop(self) -> Shop:
        """Raises LookupError in words."""
        found = self.twin.shops.get(self.names["shop"])
        if found is None:
            raise LookupError(f"There is no shop {self.names['shop']}.")
        return found

    @property
    def product(self) -> Product:
        number = self.names["product"]
        found = self.shop.products.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise LookupError(f"There is no product {number} in {self.names['shop']}.")
        return found

    @property
    def app(self) -> App:
        client_id = self.names.get("app") or self.given.get("client_id")
        found = self.twin.apps.get(str(client_id))
        if found is None:
            raise LookupError(f"There is no app {client_id}.")
        return found


Door = Callable[[Ask], Json]
