"""Metafields in one spelling, whatever Shopify, people or programs write."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import BadValueError, attribute, fingerprint
from catalogue.domain.cleaning import clean
from catalogue.domain.effective import effective
from catalogue.domain.metafields import (
    KINDS,
    leads_into_a_store,
    name_of,
    normalise,
    place_of,
    retarget,
    why_not,
)
from catalogue.domain.registers import Entry
from catalogue.domain.terms import Terms
from catalogue.domain.version import Version
from catalogue.enums import Owner, Source

FABRIC = "metafield:custom.fabric"


def same(kind, one, other):
    shown = attribute(FABRIC)
    first, second = ({"type": kind, "value": value} for value in (one, other))
    return fingerprint(shown, first) == fingerprint(shown, second)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("number_integer", "07", "7"),
        ("number_decimal", "1.50", "1.5"),
        ("boolean", "True", "true"),
        ("date_time", "2026-11-20T12:00:00+01:00", "2026-11-20T11:00:00"),
        ("color", "#FFAA00", "#ffaa00"),
        ("json", '{"b": 1.0, "a": [1]}', '{"a":[1],"b":1}'),
        ("rich_text_field", '{"type": "root", "children": []}', '{"children":[],"type":"root"}'),
        (
            "money",
            '{"amount": 5, "currency_code": "usd"}',
            '{"currency_code":"USD","amount":"5.00"}',
        ),
        ("weight", '{"value": 2, "unit": "kg"}', '{"value":2.0,"unit":"kg"}'),
        ("list.number_decimal", '["1.50", 2]', '["1.5",2.0]'),
        ("list.date", '["2026-11-20"]', '[ "2026-11-20" ]'),
    ],
)
def test_one_value_in_two_spellings_is_one(kind, one, other):
    assert same(kind, one, other)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("list.single_line_text_field", '["a","b"]', '["b","a"]'),
        ("single_line_text_field", "1", "1.0"),
        ("money", '{"amount":"5","currency_code":"USD"}', '{"amount":"5","currency_code":"EUR"}'),
    ],
)
def test_two_values_are_two(kind, one, other):
    assert not same(kind, one, other)


@given(st.sampled_from(KINDS), st.text(max_size=20) | st.from_regex(r"[0-9]{1,5}", fullmatch=True))
def test_a_normal_form_is_its_own_normal_form(kind, text):
    once = normalise({"type": kind, "value": text})
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number_integer", "many"), ("json", "{"), ("date", "yesterday"), ("list.url", "x")],
)
def test_a_persons_value_of_the_wrong_type_is_refused_in_words(kind, text):
    with pytest.raises(BadValueError, match=f"custom.fabric.*{kind}"):
        clean(FABRIC, {"type": kind, "value": text})


def test_names_lead_to_their_places_and_back():
    assert place_of(name_of(Owner.VARIANT, "custom", "pack")) == (Owner.VARIANT, "custom.pack")
    assert place_of("title") is None
    assert attribute(FABRIC).owner is Owner.PRODUCT


@pytest.mark.parametrize("kind", ["file_reference", "list.metaobject_reference", "page_reference"])
def test_a_reference_into_one_store_is_refused_with_its_reason(kind):
    assert "only its own store has" in why_not(kind)


def test_links_between_products_can_be_kept_and_lead_to_records_of_the_hub():
    assert why_not("list.product_reference") == why_not("variant_reference") == ""
    link = {"type": "list.product_reference", "value": '["product:7","product:8"]'}
    assert clean(FABRIC, link) == link
    there = {"product:7": "gid://shopify/Product/1", "product:8": "gid://shopify/Product/2"}
    local = retarget(link, there)
    assert leads_into_a_store(local)
    assert not leads_into_a_store(link)
    assert retarget(local, {gid: name for name, gid in there.items()}) == link
    assert retarget(link, {"product:7": "gid://shopify/Product/1"}) is None


@pytest.mark.parametrize("target", ["gid://shopify/Product/1", "variant:7", "7"])
def test_a_person_names_the_record_that_a_link_leads_to(target):
    with pytest.raises(BadValueError, match="as product:7"):
        clean(FABRIC, {"type": "product_reference", "value": target})


@pytest.mark.parametrize(("currency", "source"), [("USD", "canonical"), ("EUR", "currency")])
def test_an_amount_of_money_never_goes_to_a_store_of_another_currency(currency, source):
    value = {"type": "money", "value": '{"amount":"5.00","currency_code":"USD"}'}
    version = Version.of(datetime(2026, 11, 20, tzinfo=UTC), Source.MANUAL, "m")
    shown = effective(
        attribute(FABRIC), Entry(version, "edit", None, value), None, terms=Terms(currency)
    )
    assert (shown.source, shown.managed) == (source, source == "canonical")
