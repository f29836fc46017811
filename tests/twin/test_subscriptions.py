"""What a subscription can ask for, and what it then gets.

Source: shopify-platform.md 3.2 (kinds of subscriptions, filter, include_fields, name), 3.1
(debouncing), 3.4 (topics and scopes) and 3.6 (payloads).
"""

import pytest

from tests.twin.conftest import APP, DOMAIN

READ = """{ webhookSubscriptions(first: 9) { nodes { topic uri name filter includeFields
  metafieldNamespaces metafields { namespace key } apiVersion { handle } } } }"""


def refusals(done):
    assert done["webhookSubscription"] is None
    return [(error["field"][-1], error["message"]) for error in done["userErrors"]]


def logged_statuses(shop):
    return [row["status"] for row in shop.twin.log(kind="delivery")]


def test_only_the_fields_asked_for_are_sent_and_paths_lead_into_arrays(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", includeFields=["id", "title", "variants.price"])
    shop.retitle()
    ear.wait(1)
    number = int(shop.gid.rpartition("/")[2])
    assert ear.bodies("products/update") == [
        {"id": number, "title": "Tall lamp", "variants": [{"price": "20.00"}]}
    ]


def test_the_same_chosen_fields_are_not_sent_again_within_the_window(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", includeFields=["id", "title"])
    shop.retitle()
    shop.twin.touch(DOMAIN, shop.gid)
    assert len(ear.settle(shop.twin, 1)) == 1
    shop.twin.advance(6)
    shop.twin.touch(DOMAIN, shop.gid)
    assert len(ear.settle(shop.twin, 2)) == 2
    assert sorted(map(str, logged_statuses(shop))) == ["200", "200", "debounced"]


def test_chosen_fields_with_a_date_are_never_debounced(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", includeFields=["id", "updated_at"])
    shop.twin.stand_still()
    for _ in range(3):
        shop.twin.advance(1)
        shop.twin.touch(DOMAIN, shop.gid)
    assert len(ear.settle(shop.twin, 3)) == 3


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        ("title:Lamp", False),
        ("title:'Tall lamp'", True),
        ("title:'tall lamp'", False),
        ("variants.price:>=20", True),
        ("variants.price:>20 OR status:active", True),
        ("NOT status:active", False),
        ("status:active AND id:many", False),
        ("colour:red OR title:'Tall lamp'", False),
    ],
)
def test_a_filter_is_strict_and_an_unknown_field_or_wrong_type_delivers_nothing(
    shop, ear, rule, heard
):
    (done,) = shop.subscribe(ear.url, "PRODUCTS_UPDATE", filter=rule)
    assert done["userErrors"] == []
    shop.retitle()
    assert len(ear.settle(shop.twin, int(heard))) == heard


def test_a_filter_over_a_field_that_is_not_included_delivers_nothing(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", filter="status:active", includeFields=["id"])
    shop.retitle()
    assert ear.settle(shop.twin, 0) == []


@pytest.mark.parametrize("rule", ["lamp", "title:", "(title:a", "title:a)", "title:a AND"])
def test_a_filter_with_wrong_syntax_is_refused(shop, ear, rule):
    (done,) = shop.subscribe(ear.url, "PRODUCTS_UPDATE", filter=rule)
    assert refusals(done)[0][0] == "filter"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "ftp://app.example.com",
        "https://",
        "https://a b.example.com",
        "http://a:0/",
        "x",
        "http://a/\r\nX: y",
    ],
)
def test_an_address_that_nobody_could_be_sent_to_is_refused(shop, uri):
    (done,) = shop.subscribe(uri, "PRODUCTS_UPDATE")
    assert refusals(done)[0][0] == "uri"


def test_an_address_on_another_carrier_fails_loudly(shop):
    text = """mutation { webhookSubscriptionCreate(topic: PRODUCTS_UPDATE,
      webhookSubscription: {uri: "pubsub://project:topic"}) { userErrors { message } } }"""
    assert shop.ask(text)["errors"][0]["extensions"]["code"] == "TWIN_UNIMPLEMENTED"


def test_a_topic_that_the_twin_never_fires_fails_loudly(shop, ear):
    text = """mutation($uri: String!) { webhookSubscriptionCreate(topic: CARTS_UPDATE,
      webhookSubscription: {uri: $uri}) { userErrors { message } } }"""
    answer = shop.ask(text, {"uri": ear.url})
    assert "CARTS_UPDATE" in answer["errors"][0]["message"]


def test_a_name_is_told_in_a_header_and_stands_once(shop, ear):
    first, second, third = (
        *shop.subscribe(ear.url, "PRODUCTS_UPDATE", name="hub-1"),
        *shop.subscribe(ear.url, "PRODUCTS_CREATE", name="hub-1"),
        *shop.subscribe(ear.url, "PRODUCTS_DELETE", name="no spaces"),
    )
    assert first["userErrors"] == []
    assert refusals(second) == [("name", "Name has already been taken")]
    assert refusals(third)[0][0] == "name"
    shop.retitle()
    assert ear.wait(1)[0][0]["X-Shopify-Name"] == "hub-1"


def test_one_address_may_hear_a_topic_twice_by_different_filters(shop, ear):
    for rule in ("status:active", "status:draft"):
        (done,) = shop.subscribe(ear.url, "PRODUCTS_UPDATE", filter=rule)
        assert done["userErrors"] == []
    shop.retitle()
    assert len(ear.settle(shop.twin, 1)) == 1


def test_a_subscription_shows_what_was_asked_and_can_be_changed(shop, ear):
    pairs = [{"namespace": "custom", "key": "care"}]
    (done,) = shop.subscribe(
        ear.url, "PRODUCTS_UPDATE", name="hub", metafieldNamespaces=["custom"], metafields=pairs
    )
    text = """mutation($id: ID!, $wishes: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $wishes) {
        userErrors { field message } } }"""
    wishes = {"filter": "status:active", "includeFields": ["id", "status"]}
    answer = shop.ask(text, {"id": done["webhookSubscription"]["id"], "wishes": wishes})
    assert answer["data"]["webhookSubscriptionUpdate"]["userErrors"] == []
    (shown,) = shop.ask(READ)["data"]["webhookSubscriptions"]["nodes"]
    assert shown == {
        "topic": "PRODUCTS_UPDATE",
        "uri": ear.url,
        "name": "hub",
        "filter": "status:active",
        "includeFields": ["id", "status"],
        "metafieldNamespaces": ["custom"],
        "metafields": pairs,
        "apiVersion": {"handle": "2026-10"},
    }


def test_a_topic_needs_a_scope_at_its_making_and_whenever_it_fires(shop, ear):
    shop.token = shop.twin.install(DOMAIN, APP, ["write_products"])
    topics = ("PRODUCTS_UPDATE", "INVENTORY_LEVELS_UPDATE", "APP_UNINSTALLED")
    allowed, denied, free = shop.subscribe(ear.url, *topics)
    assert (allowed["userErrors"], free["userErrors"]) == ([], [])
    assert refusals(denied)[0][0] == "topic"
    shop.twin.install(DOMAIN, APP, ["read_inventory"])
    shop.retitle()
    assert "products/update" not in ear.settle(shop.twin, 0)


def test_a_product_of_many_variants_shows_a_hundred_and_names_all(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_CREATE")
    variants = [{"sku": f"S-{number}", "options": [str(number)]} for number in range(120)]
    shop.twin.create(DOMAIN, {"title": "Many", "option_names": ["Size"], "variants": variants})
    ear.wait(1)
    (body,) = ear.bodies("products/create")
    assert (len(body["variants"]), len(body["variant_gids"])) == (100, 120)
    assert set(body["variant_gids"][119]) == {"admin_graphql_api_id", "updated_at"}


def test_a_configured_subscription_fires_beside_the_shops_own_and_stays_unseen(shop, ear):
    declared = {"topics": ["products/update"], "uri": "/app-wide"}
    shop.twin.deploy(APP, url=ear.url.removesuffix("/hooks"), subscriptions=[declared])
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    assert len(shop.ask(READ)["data"]["webhookSubscriptions"]["nodes"]) == 1
    shop.retitle()
    heads = [headers for headers, _ in ear.wait(2)]
    assert len({head["X-Shopify-Event-Id"] for head in heads}) == 1
    assert len({head["X-Shopify-Webhook-Id"] for head in heads}) == 2


def test_a_configured_subscription_outlives_its_failures(shop, ear):
    declared = {"topics": ["products/update"], "uri": ear.url}
    shop.twin.deploy(APP, subscriptions=[declared])
    shop.twin.stand_still()
    ear.status = 500
    shop.retitle()
    shop.twin.advance(5 * 3600)
    assert len(ear.heard) == 9
    ear.status = 200
    shop.retitle("Taller lamp")
    assert len(ear.settle(shop.twin, 10)) == 10


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"topics": ["carts/update"], "uri": "https://a.example.com"}, "never fires carts/update"),
        ({"topics": ["products/update"], "uri": "nowhere"}, "Address is invalid"),
        ({"topics": ["products/update"], "uri": "https://a.example.com", "filter": "x"}, "Filter"),
        (
            {"topics": ["shop/update"], "uri": "https://a.example.com", "metafieldNamespaces": []},
            "only the API has",
        ),
    ],
)
def test_a_wrong_configuration_is_refused(shop, declared, said):
    with pytest.raises(RuntimeError, match=said):
        shop.twin.deploy(APP, subscriptions=[declared])


def test_how_many_variants_a_payload_shows_is_a_switch(shop, ear):
    """Point 11.5."""
    shop.twin.settings(DOMAIN, variants_shown=2)
    shop.subscribe(ear.url, "PRODUCTS_CREATE")
    variants = [{"sku": f"S-{number}", "options": [str(number)]} for number in range(3)]
    shop.twin.create(DOMAIN, {"title": "Three", "option_names": ["Size"], "variants": variants})
    ear.wait(1)
    (body,) = ear.bodies("products/create")
    assert (len(body["variants"]), len(body["variant_gids"])) == (2, 3)
