"""What an edit made in a store becomes, by the terms of its time, one by one."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalogue.domain.decide import Edit
from catalogue.domain.layers import Layer
from catalogue.domain.pricing import PriceRule
from catalogue.domain.registers import Entry
from catalogue.domain.routing import (
    HUB_OWNS,
    IGNORED,
    ON_SALE,
    RULED,
    STORE_OWNS,
    Routing,
    routing_of,
)
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.version import Version
from catalogue.enums import ChangeFate, OverrideKind, Ownership, Source
from tests.catalogue.make import START

HOUR = timedelta(hours=1)
SALE = Layer(id=1, since=START, percent=Decimal(10))
OVER = Layer(id=2, since=START - HOUR, until=START, percent=Decimal(10))
RULE = PriceRule(attribute="price", currency="USD", since=START)
BOUNDS = (START + HOUR, START + 2 * HOUR)
EDIT = Edit("21.00", Version.of(START + 2 * HOUR, Source.SYNC, "d1"), "20.00", BOUNDS)
PLAIN = Entry(EDIT.version, "edit", 7, EDIT.value, bounds=BOUNDS)


def own(kind):
    return Entry(EDIT.version, "set", 7, EDIT.value, kind)


def routed(
    ownership=Ownership.TWO_WAY, name="price", *, rules=(), layers=(), held=False, may_move=True
):
    return routing_of(
        EDIT,
        name,
        store=7,
        terms=Terms("USD", (Policy(name, ownership, START),), rules),
        held=held,
        may_move=may_move,
        layers=layers,
    )


@pytest.mark.parametrize(
    ("ownership", "becomes"),
    [
        (Ownership.TWO_WAY, Routing(PLAIN)),
        (Ownership.IGNORE, Routing(PLAIN, IGNORED, ChangeFate.REJECTED)),
        (Ownership.HUB, Routing(PLAIN, HUB_OWNS, ChangeFate.LOST)),
        (Ownership.STORE, Routing(own(OverrideKind.FOUND), STORE_OWNS)),
        (Ownership.CREATE_ONLY, Routing(own(OverrideKind.FOUND), STORE_OWNS)),
    ],
)
def test_who_owns_a_value_says_where_its_edit_goes(ownership, becomes):
    assert routed(ownership, may_move=ownership is Ownership.TWO_WAY) == becomes
    assert becomes.corrected == (ownership in (Ownership.IGNORE, Ownership.HUB))


def test_what_must_not_move_the_hub_stays_the_stores():
    assert routed(may_move=False) == Routing(own(OverrideKind.FOUND))


def test_a_rule_makes_it_an_exception_and_a_sale_holds_it():
    assert routed(rules=(RULE,)) == Routing(own(OverrideKind.PINNED), RULED)
    held = Routing(own(OverrideKind.HELD), ON_SALE)
    assert routed(layers=(OVER, SALE)) == routed(rules=(RULE,), layers=(SALE,)) == held
    assert routed(layers=(OVER,)) == routed(name="title", layers=(SALE,)) == Routing(PLAIN)


def test_what_is_held_for_a_person_already_goes_on_being_held_whatever_the_terms():
    for ownership in Ownership:
        assert routed(ownership, rules=(RULE,), layers=(SALE,), held=True) == Routing(PLAIN)
