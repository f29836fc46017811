"""Next-generation Events beside the classic webhooks, where they are switched on.

Source: shopify-platform.md 3.5; metafields of classic payloads: 3.2 and 3.6.
"""

import base64
import hashlib
import hmac
import json

import pytest

from tests.twin.conftest import APP, DOMAIN, SECRET

SET = """mutation($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  userErrors { message } } }"""


@pytest.fixture
def declare(shop, ear):
    def subscribe(**wishes):
        wishes = {"handle": "hub", "topic": "Product", "uri": ear.url, **wishes}
        shop.twin.deploy(APP, events=[wishes])
        shop.twin.settings(events=True)

    return subscribe


def bodies(ear):
    return [json.loads(raw) for _, raw in ear.heard]


def metafield(shop, **values):
    given = {"ownerId": shop.gid, "type": "single_line_text_field", **values}
    answer = shop.ask(SET, {"metafields": [given]})
    assert answer["data"]["metafieldsSet"]["userErrors"] == []


def test_an_update_names_the_fields_that_changed(shop, ear, declare):
    declare()
    variant = shop.product["variants"][0]["id"]
    changes = {"title": "Tall lamp", "variants": [{"id": variant, "price": "21.00", "sku": "L-2"}]}
    shop.twin.edit(DOMAIN, shop.gid, changes)
    ear.wait(1)
    assert bodies(ear) == [
        {
            "topic": "Product",
            "action": "update",
            "handle": "hub",
            "fields_changed": ["product.title", "product.variants.price", "product.variants.sku"],
            "query_variables": {"productId": shop.gid},
        }
    ]


def test_its_headers_have_names_of_their_own_and_the_same_signature(shop, ear, declare):
    declare()
    shop.retitle()
    headers, raw = ear.wait(1)[0]
    named = {name.lower() for name in headers}
    assert not any(name.startswith("x-shopify") for name in named)
    assert {f"shopify-{name}" for name in (
        "topic", "hmac-sha256", "shop-domain", "api-version", "webhook-id", "event-id",
        "triggered-at", "handle", "action",
    )} <= named  # fmt: skip
    signed = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    assert headers["shopify-hmac-sha256"] == signed
    assert (headers["shopify-handle"], headers["shopify-action"]) == ("hub", "update")


@pytest.mark.parametrize(
    ("trigger", "fires"),
    [("product.variants.price", True), ("product.variants", True), ("product.title", False)],
)
def test_a_trigger_narrows_updates_down(shop, ear, declare, trigger, fires):
    declare(triggers=[trigger])
    variant = shop.product["variants"][0]["id"]
    shop.twin.edit(DOMAIN, shop.gid, {"variants": [{"id": variant, "price": "21.00"}]})
    assert len(ear.settle(shop.twin, int(fires), header="shopify-topic")) == fires


def test_a_variants_metafield_is_covered_by_its_whole_path(shop, ear, declare):
    trigger = "product.variants.metafield(namespace:'custom',key:'care').value"
    declare(triggers=[trigger])
    variant = shop.product["variants"][0]["id"]
    shop.twin.settings(DOMAIN, variant_metafields_fire=True)
    metafield(shop, ownerId=variant, namespace="custom", key="care", value="wipe")
    ear.wait(1)
    assert bodies(ear)[0]["fields_changed"] == [trigger]


def test_the_apps_own_query_comes_with_the_event(shop, ear, declare):
    declare(query="query($productId: ID!) { product(id: $productId) { title vendor } }")
    shop.retitle()
    ear.wait(1)
    assert bodies(ear)[0]["data"] == {"product": {"title": "Tall lamp", "vendor": ""}}


def test_actions_choose_and_a_deed_is_one_event_for_all_handles(shop, ear):
    wishes = {"topic": "Product", "uri": ear.url, "actions": ["create", "delete"]}
    shop.twin.deploy(APP, events=[{"handle": "a", **wishes}, {"handle": "b", **wishes}])
    shop.twin.settings(events=True)
    shop.retitle()
    made = shop.twin.create(DOMAIN, {"title": "Cup"})
    heads = [headers for headers, _ in ear.wait(2)]
    assert {head["shopify-handle"] for head in heads} == {"a", "b"}
    assert len({head["shopify-event-id"] for head in heads}) == 1
    shop.twin.delete(DOMAIN, made["id"])
    ear.wait(4)
    assert [body["action"] for body in bodies(ear)] == ["create"] * 2 + ["delete"] * 2


def test_events_fire_beside_the_classic_webhooks_and_only_when_switched_on(shop, ear, declare):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    declare()
    shop.twin.settings(events=False)
    shop.retitle()
    ear.wait(1)
    shop.twin.settings(events=True)
    shop.retitle("Taller lamp")
    assert sorted("shopify-topic" in headers for headers, _ in ear.wait(3)) == [False, False, True]


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"topic": "Order"}, "of the topic Product only"),
        ({"actions": ["restock"]}, "of the topic Product only"),
        ({"query_filter": "a:b"}, "does not play query_filter"),
        ({"uri": ""}, "Address can't be blank"),
    ],
)
def test_what_is_not_played_of_events_is_refused(declare, shop, wishes, said):
    with pytest.raises(RuntimeError, match=said):
        declare(**wishes)


def test_a_classic_payload_shows_the_metafields_that_were_asked_for(shop, ear):
    for namespace, key in (("custom", "care"), ("custom", "origin"), ("other", "care")):
        metafield(shop, namespace=namespace, key=key, value=f"{namespace} {key}")
    metafield(shop, namespace="$app", key="state", value="own")
    asked = [{"namespace": "other", "key": "care"}, {"key": "state"}]
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", metafields=asked)
    shop.subscribe(f"{ear.url}/b", "PRODUCTS_UPDATE", metafieldNamespaces=["custom"])
    shop.subscribe(f"{ear.url}/c", "PRODUCTS_UPDATE")
    shop.retitle()
    ear.wait(3)
    told = [[each["value"] for each in body.get("metafields", ())] for body in bodies(ear)]
    assert sorted(map(sorted, told)) == [
        [],
        ["custom care", "custom origin"],
        ["other care", "own"],
    ]
    entry = next(body["metafields"][0] for body in bodies(ear) if len(body.get("metafields", ())))
    assert entry["owner_resource"] == "product"
    assert set(entry) == {
        "id", "namespace", "key", "value", "type", "description", "owner_id", "owner_resource",
        "created_at", "updated_at", "admin_graphql_api_id",
    }  # fmt: skip
