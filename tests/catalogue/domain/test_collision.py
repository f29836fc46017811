"""Who made a value, and when two parties' values collide."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalogue.domain.attributes import attribute
from catalogue.domain.collision import Basis, collides, difference, party
from catalogue.domain.registers import Entry
from catalogue.domain.version import Version
from catalogue.enums import OverrideKind, Source

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRICE, TITLE = attribute("price"), attribute("title")
STORE = 7


def entry(op, store, source, kind=None, value="1.00"):
    return Entry(Version.of(NOON, source, "x"), op, store, value, kind)


@pytest.mark.parametrize(
    ("made", "by"),
    [
        (entry("edit", STORE, Source.SYNC), STORE),
        (entry("edit", STORE, Source.IMPORT), STORE),
        (entry("edit", None, Source.MANUAL), None),
        (entry("set", STORE, Source.MANUAL, OverrideKind.PINNED), None),
        (entry("set", STORE, Source.IMPORT, OverrideKind.FOUND), STORE),
        (entry("set", STORE, Source.SYNC, OverrideKind.PINNED), STORE),
        (entry("clear", STORE, Source.MANUAL), None),
    ],
)
def test_a_value_is_its_stores_where_it_was_made_there_else_the_hubs(made, by):
    assert party(made) == by


@pytest.mark.parametrize(
    ("stood", "seen", "mine", "met"),
    [
        ("2.00", "1.00", "3.00", True),
        ("2.00", "2.00", "3.00", False),
        ("3.00", "1.00", "3.00", False),
    ],
)
def test_parties_collide_where_one_has_not_seen_the_others_value(stood, seen, mine, met):
    hub = entry("edit", None, Source.MANUAL, value=stood)
    shop = entry("edit", STORE, Source.SYNC, value=mine)
    assert collides(PRICE, shop, hub, Basis(seen)) is met
    own = entry("edit", STORE, Source.SYNC, value=stood)
    assert not collides(PRICE, shop, own, Basis(seen))


def test_a_difference_is_that_of_two_prices():
    assert difference(PRICE, "25.00", "31.00") == Decimal("6.00")
    for winner, loser in (("25.00", None), (None, "25.00")):
        assert difference(PRICE, winner, loser) is None
    assert difference(TITLE, "25.00", "31.00") is None
