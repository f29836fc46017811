"""Products through the port: whole reads, guarded writes, refusals in both parts."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.shopify.answers import answer_of
from stores.shopify.errors import GrantExpired, NotAllowed, Refused
from stores.shopify.products import (
    parse_product,
    parse_write,
    products_count,
    products_page,
    read_product,
    write_product,
)
from stores.shopify.types import Points, WriteGrant

GID = "gid://shopify/Product/8001"
PRICE = [{"id": "gid://shopify/ProductVariant/9001", "price": "12.00"}]


def grant(seconds=60):
    return WriteGrant(1, 1, datetime.now(UTC) + timedelta(seconds=seconds))


def variant(number):
    item = {"id": f"gid://shopify/InventoryItem/{number}", "measurement": {"weight": None}}
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "title": str(number),
        "position": number,
        "sku": None,
        "selectedOptions": [{"name": "Size", "value": str(number)}],
        "inventoryItem": item,
    }


def connection(*nodes, after=None):
    return {
        "nodes": list(nodes),
        "pageInfo": {"hasNextPage": after is not None, "endCursor": after},
    }


def product(variants):
    return {
        "id": GID,
        "title": "Trail Mug",
        "handle": "trail-mug",
        "updatedAt": "2026-10-05T15:22:33Z",
        "variants": variants,
    }


def cost(points):
    budget = {"maximumAvailable": 2000, "currentlyAvailable": 1500, "restoreRate": 100}
    return {
        "cost": {
            "requestedQueryCost": points + 300,
            "actualQueryCost": points,
            "throttleStatus": budget,
        }
    }


def test_a_long_product_is_read_to_its_end(shopify):
    first = product(connection(variant(1), after="c1"))
    shopify.say({"data": {"product": first}, "extensions": cost(7)})
    rest = {"product": {"variants": connection(variant(2))}}
    shopify.say({"data": rest, "extensions": cost(6)})
    answer = answer_of(lambda: read_product(shopify.session, GID))
    snapshot = parse_product(answer.body["product"])
    assert [one.position for one in snapshot.variants] == [1, 2]
    assert snapshot.complete
    assert (answer.cost, answer.asked) == (13, 7 + 306)
    assert answer.points == Points(1500, 2000, 100)
    assert shopify.asked[1][2]["variables"]["after"] == "c1"


def test_a_product_deleted_between_two_pages_is_not_complete(shopify):
    shopify.say({"data": {"product": product(connection(variant(1), after="c1"))}})
    shopify.say({"data": {"product": None}})
    reply = read_product(shopify.session, GID)
    assert not parse_product(reply.body["product"]).complete


def test_a_product_that_is_gone_is_an_answer(shopify):
    shopify.say({"data": {"product": None}})
    assert read_product(shopify.session, GID).body == {"product": None}


def test_a_page_hands_on_its_cursor_until_the_last(shopify):
    one = product(connection(variant(1)))
    shopify.say({"data": {"products": connection(one, after="p1")}})
    shopify.say({"data": {"products": connection()}})
    page = products_page(shopify.session)
    assert [found.gid for found in page.products] == [GID]
    assert products_page(shopify.session, page.cursor).cursor is None
    asked = shopify.asked[1][2]["variables"]
    assert (asked["after"], asked["query"]) == ("p1", None)


def test_products_are_counted(shopify):
    shopify.say({"data": {"productsCount": {"count": 48}}})
    assert products_count(shopify.session) == 48


@pytest.mark.parametrize(
    ("product_input", "variants_input", "mutation"),
    [
        ({"title": "Mug"}, [], "ProductUpdate"),
        (None, PRICE, "ProductVariantsUpdate"),
        ({"title": "Mug"}, PRICE, "ProductAndVariantsUpdate"),
    ],
)
def test_a_write_sends_what_is_asked_and_no_more(shopify, product_input, variants_input, mutation):
    shopify.say({"data": {}})
    write_product(shopify.session, grant(), GID, product_input, variants_input, currency="USD")
    asked = shopify.asked[0][2]
    assert asked["query"].startswith(f"mutation {mutation}(")
    assert asked["variables"].get("inputs", []) == variants_input
    expected = product_input and {**product_input, "id": GID}
    assert asked["variables"].get("product") == expected


@pytest.mark.parametrize(("given", "error"), [(None, NotAllowed), (grant(-1), GrantExpired)])
def test_nothing_is_sent_without_a_valid_grant(shopify, given, error):
    with pytest.raises(error):
        write_product(shopify.session, given, GID, {"title": "Mug"}, [])
    assert shopify.asked == []


def test_a_price_never_crosses_into_another_currency(shopify):
    with pytest.raises(NotAllowed, match="EUR"):
        write_product(shopify.session, grant(), GID, None, PRICE, currency="EUR")
    assert shopify.asked == []


@pytest.mark.parametrize("inputs", [[], PRICE * 251])
def test_a_write_that_shopify_would_refuse_is_not_sent(shopify, inputs):
    with pytest.raises(Refused):
        write_product(shopify.session, grant(), GID, None, inputs)
    assert shopify.asked == []


def test_refusals_of_both_parts_are_told_apart():
    body = {
        "productUpdate": {"userErrors": [{"field": ["title"], "message": "Title can't be blank"}]},
        "productVariantsBulkUpdate": {
            "product": None,
            "userErrors": [{"field": None, "message": "No.", "code": "NEGATIVE_PRICE_VALUE"}],
        },
    }
    result = parse_write(body)
    assert result.product is None
    assert [(error.part, error.field, error.code) for error in result.errors] == [
        ("product", ("title",), ""),
        ("variants", (), "NEGATIVE_PRICE_VALUE"),
    ]


def test_an_accepted_write_shows_the_state_after_it():
    shown = product(connection(variant(1)))
    result = parse_write({"productUpdate": {"product": shown, "userErrors": []}})
    assert result.errors == ()
    assert result.product == parse_product(shown)
