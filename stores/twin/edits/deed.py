"""One deed: what it alters is logged as it happens and announced once, at its end."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from stores.twin import events
from stores.twin.attributes import ITEM
from stores.twin.gids import number
from stores.twin.goods import Product, Variant
from stores.twin.levels import Level, open_level
from stores.twin.past import Past
from stores.twin.webhooks import (
    announce_item,
    announce_level,
    announce_product,
    announce_variant,
)
from stores.twin.world import Location, Shop, Twin

__all__ = ["Author", "Deed"]

_ONLY_ITEM = ITEM.keys() - {"sku"}


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change: "merchant", "rogue", or "app" by a request that may tell its cause.

    "shopify" is what it does by itself, later: processing, jobs.
    `app` is the client id of the app that asked.
    """

    by: str
    request_id: str | None = None
    cause: str | None = None
    app: str | None = None

    def facts(self) -> dict[str, str | None]:
        """Who it was, as the log keeps it."""
        names = {"by": self.by, "request_id": self.request_id}
        return {**names, "cause": self.cause, "app": self.app}


class Deed:
    """A `with` block under the shop's lock; check everything in it before you change anything.

    What was touched gets the deed's second as its date and its webhooks when the block ends
    well: one a product, however much of it has changed, and one for each item.
    """

    def __init__(self, twin: Twin, shop: Shop, author: Author) -> None:
        self.twin, self.shop, self.author = twin, shop, author
        self.now = twin.second()
        self._author = author.facts()
        self._topics: dict[Product, str] = {}
        self._items: dict[Variant, str] = {}
        self._levels: dict[tuple[Level, str], None] = {}
        self._changes = events.Changes()
        self._stock: dict[Variant, int] = {}
        self._altered: set[Product] = set()

    def __enter__(self) -> Self:
        self.shop.lock.acquire()
        self.shop.past = self._past()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._announce()
                self._remember()
            self.shop.version += 1
        finally:
            self.shop.lock.release()

    def set(self, holder: Product | Variant, name: str, new: Any) -> None:
        """Give an attribute its new value, if it is one."""
        if (old := holder.values[name]) == new:
            return
        holder.values[name] = new
        self.note(holder.gid, name, old, new)
        if isinstance(holder, Product):
            self.touch(holder)
            return
        if name in ITEM:
            self.item(holder)
        if name not in _ONLY_ITEM:
            self.touch_variant(holder)

    def note(self, resource: str, attribute: str, old: Any, new: Any, **more: Any) -> None:
        """Log a true edit; the caller says what it touches."""
        self._changes.note(resource, attribute)
        self.log("edit", resource, attribute=attribute, old=old, new=new, **more)

    def move(self, level: Level, name: str, delta: int, **facts: Any) -> None:
        """Change one quantity of a level, if it does change; `facts` go to the log with it."""
        if not delta:
            return
        self._will_change(level, "update")
        old = level.quantity(name)
        level.move(name, delta, self.now)
        place = f"{name}@{level.location.gid}"
        self.note(level.variant.item_gid, place, old, old + delta, **facts)

    def stocked(self, variant: Variant, location: Location, event: str = "connect") -> Level:
        """The level there, switched on: new, or with the quantities that it had before."""
        level = variant.stock.get(location.id) or open_level(
            variant, location, self.now, active=False
        )
        if not level.active:
            self._switch(level, event, active=True)
        return level

    def unstocked(self, level: Level) -> None:
        """Switch a level off; it keeps its quantities."""
        self._switch(level, "disconnect", active=False)

    def log(self, kind: str, resource: str, **facts: Any) -> None:
        self.twin.oracle.write(kind, self.shop.domain, resource=resource, **facts, **self._author)
        if self.shop.past is not None:
            self._alters(resource)

    def touch(self, product: Product, topic: str = "products/update") -> None:
        """The product is another from now on; its first topic stays."""
        self._topics.setdefault(product, topic)

    def item(self, variant: Variant, topic: str = "inventory_items/update") -> None:
        """Its inventory item is another from now on; a later end wins over an earlier change."""
        if topic.endswith("/delete") or variant not in self._items:
            self._items[variant] = topic

    def touch_variant(self, variant: Variant) -> None:
        variant.updated_at = self.now
        self.touch(variant.product)

    def _switch(self, level: Level, event: str, *, active: bool) -> None:
        self._will_change(level, event)
        level.active, level.updated_at = active, self.now
        place = f"active@{level.location.gid}"
        self.note(level.variant.item_gid, place, not active, active)

    def _will_change(self, level: Level, event: str) -> None:
        self._levels[level, event] = None
        self._stock.setdefault(level.variant, level.variant.available)

    def _announce_stock(self) -> None:
        """Every level, then what is available now and was not, or the other way round (3.4)."""
        for level, event in self._levels:
            announce_level(self.twin, self.shop, level, event)
        for variant, before in self._stock.items():
            now = variant.available
            if now != before:
                self.touch_variant(variant)
            if variant.values["tracked"] and (now > 0) != (before > 0):
                announce_variant(self.twin, self.shop, variant, "in" if now > 0 else "out_of")

    def _past(self) -> Past | None:
        """What lagging reads see, as it is before this deed; nothing where none lags."""
        knobs = self.shop.knobs
        if not (knobs.read_lag or knobs.search_lag):
            return None
        return self.shop.past or Past.of(self.shop.products.values())

    def _alters(self, resource: str) -> None:
        """Even what no webhook tells of, as of a variant's metafield, is another for readers."""
        kind, id_ = resource.rpartition("/")[0], number(resource) or 0
        if kind.endswith("/Product") and id_ in self.shop.products:
            self._altered.add(self.shop.products[id_])
        elif kind.endswith("/ProductVariant") and id_ in self.shop.variants:
            self._altered.add(self.shop.variants[id_].product)

    def _remember(self) -> None:
        if (past := self.shop.past) is None:
            return
        knobs, now = self.shop.knobs, self.twin.clock.seconds()
        horizon = now - max(knobs.read_lag, knobs.search_lag)
        levels = (level.variant.product for level, _ in self._levels)
        items = (variant.product for variant in self._items)
        for product in {*self._topics, *levels, *items, *self._altered}:
            gone = product.id not in self.shop.products
            past.keep(product, now, gone=gone, horizon=horizon)

    def _announce(self) -> None:
        self._announce_stock()
        for variant, topic in self._items.items():
            variant.item_updated_at = self.now
            announce_item(self.twin, self.shop, variant, topic)
        for product, topic in self._topics.items():
            product.updated_at = self.now
            announce_product(self.twin, self.shop, product, topic)
            events.tell(self.twin, self.shop, product, topic, self._changes)
