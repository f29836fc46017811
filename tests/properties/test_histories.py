"""Three stores on the real twin, whatever people do and however deliveries and answers go astray.

The judge is the twin: its shops as they end, and its own log of every true edit.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings

from catalogue.enums import ListingState
from tests.properties.histories import STORES, History, many_products, steps

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = int(os.environ.get("HISTORIES", "8"))
# Found by chance once, each by way of deliveries that were decided late.
TWICE_WHAT_WE_REPLACED = [
    ("shop", 1, ("title", "A")),
    ("hub", ("title", "B")),
    ("pump", 1),
    ("hub", ("title", "A")),
    ("shop", 0, ("title", "C")),
    ("shop", 1, ("title", "A")),
    ("hub", ("vendor", "C")),
]
WHAT_ANOTHER_SHOP_SET_TOO = [
    ("shop", 1, ("vendor", "A")),
    ("shop", 2, ("title", "A")),
    ("pump", 1),
    ("shop", 0, ("title", "C")),
    ("shop", 2, ("vendor", "C")),
    ("shop", 1, ("title", "B")),
    ("shop", 1, ("vendor", "C")),
]
few = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def played(world, products, history, attributes):
    """The history of a product that no other history has touched."""
    if not products:
        products += many_products(world, 40)
    told = History(world, products.pop(), attributes)
    told.play(history)
    told.rest()
    return told


def test_in_whatever_order_deliveries_come_the_newest_edit_stands_everywhere(world):
    products = []

    @few
    @example(TWICE_WHAT_WE_REPLACED)
    @example(WHAT_ANOTHER_SHOP_SET_TOO)
    @given(steps(["title", "vendor"], faults=False))
    def check(history):
        told = played(world, products, history, ["title", "vendor"])
        doubtful = {deed["attribute"] for deed in told.deeds("merchant") if told.may_be_ours(deed)}
        for name in told.truths.keys() - doubtful:
            shown = [told.shown(store, name) for store in range(STORES)]
            assert shown == [told.truths[name].shown(store) for store in range(STORES)], name
        assert_every_edit_is_in_the_ledger(told)
        assert_nothing_leaked(told)
        assert_writes_are_bounded(told)

    check()


def test_whatever_is_lost_the_stores_show_what_they_should_and_nothing_leaks(world):
    products = []
    attributes = ["title", "price"]

    @few
    @given(steps(attributes, faults=True))
    def check(history):
        told = played(world, products, history, attributes)
        for store in told.gone:
            assert told.listings[store].state == ListingState.GONE
        for store in set(range(STORES)) - told.gone:
            for name in attributes:
                assert told.shown(store, name) == told.effective(store, name), (store, name)
        if not told.lost and not told.gone:
            assert_every_edit_is_in_the_ledger(told)
        assert_nothing_leaked(told)
        assert_writes_are_bounded(told)

    check()


def assert_every_edit_is_in_the_ledger(told):
    ledger = told.ledger()
    for deed in told.deeds("merchant"):
        said = deed["shop"], deed["attribute"], deed["new"]
        assert said in ledger or told.may_be_ours(deed), deed


def assert_nothing_leaked(told):
    """A value that somebody set for one store was never written to another one."""
    for deed in told.deeds("app"):
        store = next(n for n, s in enumerate(told.stores) if s.domain == deed["shop"])
        value = str(deed["new"])
        foreign = [n for n in range(STORES) if n != store]
        assert not value.startswith(tuple(f"own-{n}-" for n in foreign)), deed
        assert not value.endswith(tuple(f".{n}9" for n in foreign)), deed


def assert_writes_are_bounded(told):
    """No edit is written more than once to any store, whatever echoes came back."""
    edits = Counter(deed["attribute"] for deed in told.deeds("merchant"))
    edits.update(name for name, *_ in told.wishes)
    writes = Counter(deed["attribute"] for deed in told.deeds("app"))
    for name, count in writes.items():
        assert count <= edits[name] * STORES, (name, count, edits[name])
