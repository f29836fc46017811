"""Each attribute in both of Shopify's forms, and normal forms that stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import ATTRIBUTES, attribute, fingerprint
from catalogue.domain.cleaning import clean
from catalogue.domain.forms import build_input, read_leaves
from catalogue.enums import Owner

texts = st.text(max_size=30)


@given(texts)
def test_a_normal_form_is_its_own_normal_form(raw):
    for name in ("title", "description", "vendor", "seo_title", "barcode"):
        normalise = attribute(name).normalise
        assert normalise(normalise(raw)) == normalise(raw)


@given(st.lists(texts, max_size=5), st.randoms())
def test_tags_are_a_set_whatever_their_order(tags, chance):
    shuffled = [*tags, *tags]
    chance.shuffle(shuffled)
    declared = attribute("tags")
    assert fingerprint(declared, shuffled) == fingerprint(declared, tags)


@pytest.mark.parametrize("raw", ["19", "19.0", "19.00"])
def test_the_same_money_written_differently_is_the_same(raw):
    assert attribute("price").normalise(raw) == "19.00"


def test_a_webhook_and_a_read_of_one_product_agree():
    read = {"title": "Lamp", "vendor": "Nord", "status": "ACTIVE", "tags": ["b", "a"]}
    told = {"title": "Lamp", "vendor": "Nord", "status": "active", "tags": "b, a"}
    known = read_leaves(Owner.PRODUCT, read, "graphql")
    assert known == read_leaves(Owner.PRODUCT, told, "webhook")
    assert set(known) == {"title", "vendor", "status", "tags"}


@pytest.mark.parametrize(("unit_cost", "cost"), [(None, None), ({"amount": "7.5"}, "7.50")])
def test_a_cost_is_read_and_so_is_its_absence(unit_cost, cost):
    node = {"inventoryItem": {"unitCost": unit_cost}}
    assert read_leaves(Owner.VARIANT, node, "graphql") == {"cost": cost}


def test_a_customs_number_is_the_same_however_it_is_written():
    assert attribute("hs_code").normalise("9405.21 00") == "94052100"


def test_what_a_payload_does_not_hold_is_not_read_as_empty():
    assert read_leaves(Owner.VARIANT, {}, "webhook") == {}


def test_a_write_holds_what_is_wanted_and_nothing_else():
    assert build_input(Owner.PRODUCT, {"title": "Lamp"}) == {"title": "Lamp"}


def test_an_unknown_attribute_is_refused_by_name():
    with pytest.raises((KeyError, ValueError), match="colour"):
        attribute("colour")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        *(("title", ""), ("price", "-1"), ("price", "cheap"), ("taxable", "maybe")),
        *(("cost", "-1"), ("country_of_origin", "Swiss"), ("hs_code", "12")),
    ],
)
def test_a_persons_bad_input_is_refused_in_words(name, raw):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        clean(name, raw)


def test_every_attribute_of_the_core_is_declared_once():
    assert set(ATTRIBUTES) == {
        *("title", "description", "vendor", "product_type", "tags", "status"),
        *("seo_title", "seo_description", "price", "compare_at_price", "sku", "barcode"),
        *("taxable", "inventory_policy", "weight", "cost", "country_of_origin", "hs_code"),
        *("channels", "pictures", "picture", "requires_shipping"),
        *("option_names", "option_values", "value_order", "variant_order"),
    }
