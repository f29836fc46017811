"""Whose word counts, by which rule a price is made, and where the effective value comes from."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import ATTRIBUTES, BadValueError, attribute
from catalogue.domain.effective import Effective, effective, origin_of
from catalogue.domain.pricing import PriceRule, check_rule
from catalogue.domain.registers import Entry
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.version import Version
from catalogue.enums import OverrideKind, Ownership, Source
from tests.catalogue.make import START

MINUTE = timedelta(minutes=1)
TITLE, PRICE = attribute("title"), attribute("price")


def at(minute):
    return START + minute * MINUTE


def entry(value, minute=0, *, op="edit", kind=None, store=None):
    return Entry(Version.of(at(minute), Source.MANUAL, f"e{minute}"), op, store, value, kind)


def own(value, kind=OverrideKind.PINNED, minute=1):
    return entry(value, minute, op="set", kind=kind, store=1)


def rule(**more):
    return PriceRule(**{"attribute": "price", "currency": "USD", "since": START, **more})


def policies(*held):
    return Terms("USD", tuple(Policy("title", *one) for one in held))


# --- whose word counts ----------------------------------------------------------------------------
def test_a_stores_own_policy_stands_before_the_default():
    terms = policies((Ownership.HUB, START), (Ownership.STORE, START, None, True))
    assert terms.ownership("title") is Ownership.STORE
    assert terms.ownership("vendor") is Ownership.TWO_WAY


def test_an_edit_is_judged_by_the_policy_of_its_time():
    terms = policies((Ownership.STORE, at(1), at(3), True), (Ownership.HUB, at(0)))
    found = [terms.ownership_at("title", at(minute)) for minute in range(5)]
    assert found == [Ownership.HUB, Ownership.STORE, Ownership.STORE, Ownership.HUB, Ownership.HUB]
    assert terms.ownership_at("title", at(-1)) is Ownership.TWO_WAY


def test_an_edit_of_unknown_time_does_not_spread_if_it_may_be_of_an_owned_time():
    terms = policies((Ownership.STORE, at(1), at(3), True))
    assert terms.ownership_at("title", at(5), (at(2), at(5))) is Ownership.STORE
    assert terms.ownership_at("title", at(5), (at(0), at(2))) is Ownership.STORE
    assert terms.ownership_at("title", at(5), (at(0), at(1))) is Ownership.STORE
    assert terms.ownership_at("title", at(5), (at(3), at(5))) is Ownership.TWO_WAY


def test_what_has_ended_and_what_is_about_another_value_says_nothing_now():
    ended = Policy("title", Ownership.HUB, at(0), at(1))
    terms = Terms("USD", (ended, Policy("vendor", Ownership.STORE, at(0))), (rule(id="7"),))
    assert terms.ownership("title") is Ownership.TWO_WAY
    assert terms.ownership_at("title", at(2)) is Ownership.TWO_WAY
    assert (terms.rule("price").id, terms.rule("compare_at_price")) == ("7", None)
    assert terms.ruled_at("price", at(1))
    assert not terms.ruled_at("compare_at_price", at(1))


minutes = st.integers(0, 9)
spans = st.tuples(minutes, minutes).map(sorted)
periods = spans.map(lambda span: (at(span[0]), at(span[1] + 1)))


@given(
    st.lists(st.tuples(periods, st.sampled_from(list(Ownership)), st.booleans())), periods, spans
)
def test_an_edit_of_unknown_time_is_judged_by_every_instant_at_which_it_may_be_made(
    held, ruled, span
):
    """Only what was everybody's, and ruled by none, in all that time is a plain edit."""
    terms = Terms(
        "USD",
        tuple(Policy("price", ownership, *period, own) for period, ownership, own in held),
        (rule(since=ruled[0], until=ruled[1]),),
    )
    bounds, times = (at(span[0]), at(span[1])), [at(m) for m in range(span[0], span[1] + 1)]
    said = {terms.ownership_at("price", time) for time in times}
    found = terms.ownership_at("price", START, bounds)
    assert found in said
    assert (found is Ownership.TWO_WAY) == (said == {Ownership.TWO_WAY})
    touched = any(ruled[0] <= time < ruled[1] for time in times)
    assert terms.ruled_at("price", at(-9), bounds) == touched
    assert terms.ruled_at("price", bounds[0]) == (ruled[0] <= bounds[0] < ruled[1])


def test_a_workspace_says_itself_which_values_are_worth_a_conflict():
    told = Terms("USD", high_value={"title": True, "price": False})
    assert [told.worthy(name) for name in ("title", "price")] == [True, False]
    assert [Terms().worthy(name) for name in ("title", "price")] == [False, True]


@pytest.mark.parametrize(
    ("ownership", "override", "shown", "source"),
    [
        (Ownership.TWO_WAY, None, "Hub", "canonical"),
        (Ownership.TWO_WAY, own("Own", OverrideKind.FOUND), "Own", "override"),
        (Ownership.HUB, None, "Hub", "canonical"),
        (Ownership.HUB, own("Own"), "Own", "override"),
        (Ownership.TWO_WAY, own("Own", OverrideKind.KEPT), "Own", "kept"),
        (Ownership.HUB, own("Own", OverrideKind.FOUND), "Hub", "canonical"),
        (Ownership.HUB, own("Own", OverrideKind.HELD), "Own", "held"),
        (Ownership.STORE, own("Own"), None, "store"),
        (Ownership.CREATE_ONLY, None, None, "store"),
        (Ownership.IGNORE, own("Own"), None, "ignored"),
    ],
)
def test_what_a_store_should_show_follows_from_who_owns_it(ownership, override, shown, source):
    found = effective(TITLE, entry("Hub"), override, terms=policies((ownership, START)))
    assert (found.value, found.source) == (shown, source)
    assert found.managed == (source in ("canonical", "override", "kept"))


def test_a_value_comes_from_the_hub_where_nothing_else_is_agreed():
    sources = {origin_of(one, None, Terms("USD"), "USD", "1.00") for one in (TITLE, PRICE)}
    assert sources == {"canonical"}


def test_what_nobody_has_said_is_nothing_to_write():
    assert effective(TITLE, None, None) == Effective(None, "nothing")
    assert effective(TITLE, None, own("Own")).value == "Own"
    unwritten = ("held", "currency", "reference", "pictureless", "store", "ignored", "nothing")
    assert not any(Effective("x", source).managed for source in unwritten)


def test_what_a_clearing_writes_is_newer_than_the_clearing():
    cleared = entry(None, 5, op="clear", store=1)
    assert effective(TITLE, entry("Hub"), cleared).version == cleared.version


def test_an_override_whose_value_is_empty_is_not_a_cleared_one():
    """Unset, set to nothing, and set are three things (C11)."""
    compare = attribute("compare_at_price")
    hub = entry("30.00")
    shown = [effective(compare, hub, one).value for one in (None, own(None), own("25.00"))]
    assert shown == ["30.00", None, "25.00"]


# --- price rules ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "price", "expected"),
    [
        ({}, "19.99", "19.99"),
        ({"factor": Decimal("1.1")}, "20.00", "22.00"),
        ({"rate": Decimal("0.92134")}, "19.99", "18.42"),
        ({"step": Decimal("0.05")}, "19.97", "19.95"),
        ({"step": Decimal(1), "charm": Decimal("0.01")}, "20.30", "19.99"),
        ({"step": Decimal(1), "charm": Decimal("0.01")}, "20.50", "20.99"),
        ({"rate": Decimal("150.25"), "step": Decimal(10)}, "19.99", "3000.00"),
        ({"factor": Decimal("0.5"), "floor": Decimal(15)}, "20.00", "15.00"),
        ({"step": Decimal(1), "charm": Decimal("0.01")}, "0.00", "0.00"),
        ({}, None, None),
    ],
)
def test_a_rule_makes_a_price(more, price, expected):
    assert rule(**more).price(price) == expected


amounts = st.decimals(0, 100_000, places=2).map(str)
rules = st.builds(
    lambda rate, factor, step, charm, floor: rule(
        rate=rate, factor=factor, step=step, charm=charm if charm * 2 < step else Decimal(0),
        floor=floor,
    ),
    st.decimals("0.001", 1000, places=5),
    st.decimals("0.1", 10, places=3),
    st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal(1), Decimal(10)]),
    st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("0.1")]),
    st.none() | st.decimals(0, 500, places=2),
)  # fmt: skip


@given(rules, amounts, amounts)
def test_a_dearer_product_is_never_cheaper_by_rule(given_rule, one, other):
    low, high = sorted([Decimal(one), Decimal(other)])
    assert Decimal(given_rule.price(str(low))) <= Decimal(given_rule.price(str(high)))


@given(rules, amounts)
def test_a_price_is_never_below_the_floor_nor_zero_and_has_two_decimals(given_rule, amount):
    made = Decimal(given_rule.price(amount))
    assert made >= (given_rule.floor or 0)
    assert made == made.quantize(Decimal("0.01"))


@given(rules, amounts)
def test_rounding_what_is_rounded_changes_nothing(given_rule, amount):
    rounding = rule(step=given_rule.step, charm=given_rule.charm)
    made = rounding.price(amount)
    assert rounding.price(made) == made


@pytest.mark.parametrize(
    ("more", "currency", "said"),
    [
        ({"factor": Decimal(0)}, "USD", "above zero"),
        ({"rate": Decimal(2)}, "USD", "need no rate"),
        ({"step": Decimal("0.05")}, "JPY", "multiple of 1 in JPY"),
        ({"step": Decimal("0.015")}, "EUR", "multiple of 0.01"),
        ({"charm": Decimal("0.01")}, "EUR", "less than half"),
        ({"floor": Decimal(-1)}, "EUR", "The floor"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_one_sentence(more, currency, said):
    with pytest.raises(BadValueError, match=said):
        check_rule(rule(**more), currency)


def test_a_rule_prices_what_has_no_own_price_and_says_so():
    terms = Terms("USD", rules=(rule(factor=Decimal(2), since=at(3), id="7"),))
    ruled = effective(PRICE, entry("10.00"), None, terms=terms, currency="USD")
    assert (ruled.value, ruled.source) == ("20.00", "rule")
    assert ruled.version.time == at(3)
    pinned = effective(PRICE, entry("10.00"), own("17.00"), terms=terms, currency="USD")
    assert (pinned.value, pinned.source) == ("17.00", "override")
    for other in (rule(factor=Decimal(2), until=at(5)), rule(factor=Decimal(2), currency="EUR")):
        terms = Terms("USD", rules=(other,))
        plain = effective(PRICE, entry("10.00"), None, terms=terms, currency="USD")
        assert plain == Effective("10.00", "canonical", entry("10.00").version)


currencies = st.sampled_from(["USD", "EUR", "JPY"])
kinds = st.none() | st.sampled_from(list(OverrideKind))
owners = st.sampled_from(list(Ownership))


prices = st.sampled_from([name for name, one in ATTRIBUTES.items() if one.money])


@given(st.tuples(currencies, currencies, st.none() | currencies), kinds, owners, prices)
def test_no_price_number_crosses_currencies(given_currencies, kind, ownership, name):
    """P14: another currency's number is written by a rule from the right one, or by an override."""
    hub, store, ruled = given_currencies
    made = (PriceRule(attribute=name, currency=ruled, since=START, factor=Decimal(3)),)
    policy = Policy(name, ownership, START)
    terms = Terms(store, (policy,), made if ruled else ())
    override = own("7.00", kind) if kind else None
    found = effective(attribute(name), entry("10.00"), override, terms=terms, currency=hub)
    if found.managed and found.value == "10.00":
        assert hub == store
    if found.source == "rule":
        assert (ruled, found.value) == (hub, "30.00")
    if hub not in (store, ruled) and not override:
        assert not found.managed
