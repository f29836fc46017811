"""Three stores on the real twin, whatever people do and however deliveries and answers go astray.

The judge is the twin: its shops as they end, and its own log of every true edit.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings

from catalogue.enums import ChangeFate, ChangeScope, ListingState
from catalogue.models import Change
from syncqueue.enums import Outcome
from syncqueue.models import Job
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
        products += many_products(world, 12)
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
        for name in told.first:
            shown = [told.shown(store, name) for store in range(STORES)]
            assert shown in list(told.possible(name)), (name, shown)
        assert_all_is_told_and_nothing_more(told)

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
        assert_all_is_told_and_nothing_more(told)

    check()


def assert_all_is_told_and_nothing_more(told):
    assert_every_edit_is_in_the_ledger(told)
    assert_what_won_stands_or_was_replaced(told)
    assert_nothing_leaked(told)
    assert_echoes_moved_nothing(told)
    assert_writes_are_bounded(told)
    assert_it_is_at_rest(told)


def assert_every_edit_is_in_the_ledger(told):
    """Unless its delivery was lost: then another edit may have come over it unseen."""
    ledger = told.ledger()
    lossy = {told.stores[number].domain for number in told.lossy}
    for deed in told.deeds("merchant"):
        said = deed["shop"], deed["attribute"], deed["new"]
        assert said in ledger or deed["shop"] in lossy or told.may_be_ours(deed), deed


def assert_what_won_stands_or_was_replaced(told):
    """Every accepted edit is what stands now, or the ledger names what took its place."""
    rows = list(Change.objects.filter(product=told.product))
    standing, replaced = told.standing(), {row.stood_version for row in rows}
    for row in rows:
        if row.fate == ChangeFate.WON and row.new_kind:
            assert row.version_id in standing | replaced or row.new is None, row
        elif row.fate == ChangeFate.WON and row.scope == ChangeScope.CANONICAL:
            assert row.version_id in standing | replaced, row
        elif row.fate == ChangeFate.LOST and row.scope == ChangeScope.CANONICAL:
            assert row.stood_version, row


def assert_nothing_leaked(told):
    """A value that somebody set for one store was never written to another one."""
    for deed in told.deeds("app"):
        store = next(n for n, s in enumerate(told.stores) if s.domain == deed["shop"])
        value = str(deed["new"])
        foreign = [n for n in range(STORES) if n != store]
        assert not value.startswith(tuple(f"own-{n}-" for n in foreign)), deed
        assert not value.endswith(tuple(f".{n}9" for n in foreign)), deed


def assert_echoes_moved_nothing(told):
    """A delivery that was our own write coming back has changed no value and written none."""
    echoes = Job.objects.filter(
        lane__key__in=[listing.lane_key for listing in told.listings],
        channel__in=[store.channel_id for store in told.stores],
        outcome=Outcome.ECHO,
    )
    of_echoes = [job.payload["delivery"] for job in echoes]
    assert not Change.objects.filter(delivery__in=of_echoes).exists()


def assert_writes_are_bounded(told):
    """No edit is sent more than once to any store, whatever echoes came back."""
    edits = Counter(deed["attribute"] for deed in told.deeds("merchant"))
    edits.update(name for name, *_ in told.wishes)
    for name, count in Counter(told.sent()).items():
        assert count <= edits[name] * STORES, (name, count, edits[name])


def assert_it_is_at_rest(told):
    """Another full read of every store finds nothing to write and nothing to tell."""
    before = len(told.sent()), Change.objects.filter(product=told.product).count()
    told.look_again()
    after = len(told.sent()), Change.objects.filter(product=told.product).count()
    assert after == before
