"""Whatever is done to stock, in any order: the books balance and the log tells all of it."""

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from stores.twin import grants
from stores.twin.deploys import deploy
from stores.twin.edits import Author, create, orders, places
from stores.twin.graph import run
from stores.twin.levels import HELD, ON_HAND, STATES
from stores.twin.nodes import Call
from stores.twin.refusals import RefusedError
from stores.twin.stock.checks import ADJUSTABLE
from stores.twin.world import Twin
from tests.twin.warehouse import ACTIVATE, DEACTIVATE, SCOPES, TEXTS

NAMES = st.sampled_from(ADJUSTABLE)
PLACE, AMOUNT = st.integers(0, 1), st.integers(-4, 9)
DEEDS = st.one_of(
    st.tuples(st.just("set"), PLACE, st.sampled_from(["available", ON_HAND]), AMOUNT),
    st.tuples(st.just("adjust"), PLACE, NAMES, AMOUNT),
    st.tuples(st.just("move"), PLACE, st.tuples(NAMES, NAMES), AMOUNT),
    st.tuples(st.just("activate"), PLACE, st.none(), AMOUNT),
    st.tuples(st.just("deactivate"), PLACE, st.none(), AMOUNT),
    st.tuples(st.just("order"), PLACE, st.booleans(), AMOUNT),
    st.tuples(st.sampled_from(["fulfill", "cancel"]), PLACE, st.booleans(), AMOUNT),
    st.tuples(st.just("close"), PLACE, st.none(), AMOUNT),
)
MERCHANT, SHOPPER = Author("merchant"), Author("shopper")


class House:
    """One item at two locations, in a twin of its own, without a network."""

    def __init__(self):
        self.twin, self.keys = Twin(), itertools.count()
        self.shop = self.twin.add_shop("laws.myshopify.com")
        self.shop.knobs.unlimited = True
        places.add(self.twin, self.shop, MERCHANT, name="Annex")
        product = create(self.twin, self.shop, MERCHANT, fields={"title": "Lamp"})
        self.variant = product.variants[0]
        deploy(self.twin, "app", secret="s")
        self.install = grants.install(self.twin, self.shop, self.twin.apps["app"], SCOPES)

    def ask(self, text, variables):
        call = Call(self.twin, self.shop, self.install, "request")
        answer = run(call, text, variables, None).body
        assert "errors" not in answer, answer
        return answer

    def place(self, index):
        return self.shop.locations[index]

    def change(self, name, given):
        self.ask(TEXTS[name], {"input": {"reason": "other", **given}, "key": str(next(self.keys))})

    def do(self, deed, index, what, amount):
        getattr(self, deed)(self.place(index), what, amount)

    def entry(self, place, **more):
        ids = {"inventoryItemId": self.variant.item_gid, "locationId": place.gid}
        return {**ids, "changeFromQuantity": None, **more}

    def set(self, place, name, amount):
        quantities = [self.entry(place, quantity=amount)]
        self.change("inventorySetQuantities", {"name": name, "quantities": quantities})

    def adjust(self, place, name, amount):
        changes = [self.entry(place, delta=amount, **document(name))]
        self.change("inventoryAdjustQuantities", {"name": name, "changes": changes})

    def move(self, place, names, amount):
        ends = [
            {"name": name, "locationId": place.gid, "changeFromQuantity": None, **document(name)}
            for name in names
        ]
        item = self.variant.item_gid
        change = {"inventoryItemId": item, "quantity": amount, "from": ends[0], "to": ends[1]}
        given = {"changes": [change], "referenceDocumentUri": "gid://wms/Move/1"}
        self.change("inventoryMoveQuantities", given)

    def activate(self, place, _, amount):
        given = {"item": self.variant.item_gid, "place": place.gid, "available": amount}
        self.ask(ACTIVATE, {**given, "key": str(next(self.keys))})

    def deactivate(self, place, *_):
        level = f"gid://shopify/InventoryLevel/{place.id}?inventory_item_id={self.variant.item_id}"
        self.ask(DEACTIVATE, {"level": level})

    def order(self, _, oversell, amount):
        lines = [(self.variant, amount)]
        orders.place(self.twin, self.shop, SHOPPER, lines, oversell=oversell)

    def fulfill(self, *_):
        for order in self.shop.orders.values():
            orders.fulfill(self.twin, self.shop, MERCHANT, order)

    def cancel(self, _, restock, __):
        for order in self.shop.orders.values():
            orders.cancel(self.twin, self.shop, MERCHANT, order, restock=restock)

    def close(self, place, *_):
        other = next(each for each in self.shop.locations if each is not place)
        places.deactivate(self.twin, self.shop, MERCHANT, place, other)
        places.activate(self.twin, self.shop, MERCHANT, place)


def document(name):
    return {} if name == "available" else {"ledgerDocumentUri": "gid://wms/Entry/1"}


@settings(max_examples=60, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=12))
def test_the_books_balance_and_the_log_replays_to_what_is_there(deeds):
    house = House()
    for deed in deeds:
        try:
            house.do(*deed)
        except RefusedError:
            continue
    levels = list(house.variant.stock.values())
    told = Counter()
    for row in house.twin.oracle.read(kind="edit", resource=house.variant.item_gid):
        name, _, place = row["attribute"].partition("@")
        if name in STATES:
            assert told[name, place] == row["old"]
            told[name, place] = row["new"]
    for level in levels:
        held = {name: level.quantity(name) for name in STATES}
        assert held == {name: told[name, level.location.gid] for name in STATES}
        assert level.on_hand == sum(held[name] for name in HELD)
    open_orders = [x for x in house.shop.orders.values() if not (x.fulfilled_at or x.cancelled_at)]
    promised = sum(line.quantity for order in open_orders for line in order.lines)
    assert sum(level.committed for level in levels) == promised
    assert house.variant.available == sum(level.available for level in levels if level.active)
