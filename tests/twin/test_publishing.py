"""Publications: the schema's descriptions, shopify-platform.md 3.4 and 4.6."""

import datetime as dt

import pytest
import requests

PUBLISH = """mutation($id: ID!, $input: [PublicationInput!]!) {
  publishable%s(id: $id, input: $input) {
  publishable { resourcePublicationsCount { count } } shop { name }
  userErrors { field message } } }"""
READ = """query($id: ID!) { product(id: $id) { publishedAt
  resourcePublicationsV2(first: 5, onlyPublished: false) {
    nodes { isPublished publishDate publication { name } } }
  unpublishedPublications(first: 5) { nodes { name } } } }"""


@pytest.fixture
def seller(shop):
    scopes = ["read_products", "write_products", "read_publications", "write_publications"]
    shop.token = shop.twin.install(shop.domain, "probe-app", scopes)
    return shop


def publications(shop):
    nodes = shop.ask("{ publications(first: 9) { nodes { id name } } }")["data"]["publications"]
    return {node["name"]: node["id"] for node in nodes["nodes"]}


def send(shop, verb, gid, *places):
    given = [place if isinstance(place, dict) else {"publicationId": place} for place in places]
    answer = shop.ask(PUBLISH % verb, {"id": gid, "input": given})
    return answer["data"][f"publishable{verb}"]


def shown(shop):
    return requests.get(f"{shop.url}/", timeout=10).text


def test_a_merchants_product_is_sold_in_the_web_shop_and_an_apps_nowhere(seller):
    made = seller.ask(
        'mutation { productCreate(product: {title: "Cup"}) { product { id publishedAt } } }'
    )["data"]["productCreate"]["product"]
    assert made["publishedAt"] is None
    assert seller.ask(READ, {"id": seller.gid})["data"]["product"]["publishedAt"] is not None
    assert ("Lamp" in shown(seller), "Cup" in shown(seller)) == (True, False)
    done = send(seller, "Publish", made["id"], publications(seller)["Online Store"])
    assert done["publishable"] == {"resourcePublicationsCount": {"count": 1}}
    assert "Cup" in shown(seller)


def test_a_draft_is_not_shown_though_published(seller):
    seller.twin.edit(seller.domain, seller.gid, {"status": "DRAFT"})
    assert "Lamp" not in shown(seller)


def test_what_is_unpublished_is_gone_from_the_web_shop_and_its_product_says_so(seller, ear):
    seller.subscribe(ear.url, "PRODUCTS_UPDATE")
    send(seller, "Unpublish", seller.gid, publications(seller)["Online Store"])
    assert "Lamp" not in shown(seller)
    assert ear.settle(seller.twin, 1) == ["products/update"]
    assert ear.bodies("products/update")[0]["published_at"] is None
    product = seller.ask(READ, {"id": seller.gid})["data"]["product"]
    assert product["resourcePublicationsV2"]["nodes"] == []
    assert len(product["unpublishedPublications"]["nodes"]) == 2


def test_a_product_waits_for_its_publish_date(seller):
    cup = seller.twin.create(seller.domain, {"title": "Cup"})["id"]
    store = publications(seller)["Online Store"]
    send(seller, "Unpublish", cup, store)
    later = (seller.twin.now() + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (
        send(seller, "Publish", cup, {"publicationId": store, "publishDate": later})["userErrors"]
        == []
    )
    node = seller.ask(READ, {"id": cup})["data"]["product"]["resourcePublicationsV2"]["nodes"][0]
    assert node == {
        "isPublished": False,
        "publishDate": later,
        "publication": {"name": "Online Store"},
    }
    assert "Cup" not in shown(seller)
    seller.twin.advance(3601)
    assert "Cup" in shown(seller)


def test_only_the_web_shop_waits(seller):
    later = {"publicationId": publications(seller)["Point of Sale"]}
    later["publishDate"] = "2099-01-01T00:00:00Z"
    refused = send(seller, "Publish", seller.gid, later)
    assert refused["userErrors"][0]["field"] == ["input", "0", "publishDate"]
    assert refused["shop"] == {"name": "North"}


def test_an_app_hears_of_its_own_channel_only(seller, ear):
    own = seller.twin.open_publication(seller.domain, name="Ours", client_id="probe-app")
    events = ("CREATE", "UPDATE", "DELETE")
    seller.subscribe(ear.url, *(f"PRODUCT_PUBLICATIONS_{event}" for event in events))
    send(seller, "Publish", seller.gid, publications(seller)["Point of Sale"], own)
    send(seller, "Unpublish", seller.gid, own)
    topics = ear.settle(seller.twin, 2)
    assert sorted(topics) == ["product_publications/create", "product_publications/delete"]


def test_a_new_product_goes_where_all_go_by_themselves(seller):
    seller.twin.open_publication(seller.domain, name="Ours", auto_publish=True)
    text = """mutation { productCreate(product: {title: "Cup"}) { product {
      resourcePublications(first: 5) { nodes { publication { name } } } } } }"""
    made = seller.ask(text)["data"]["productCreate"]["product"]
    assert made["resourcePublications"]["nodes"] == [{"publication": {"name": "Ours"}}]


def test_an_unknown_publication_or_product_is_refused(seller):
    refused = send(seller, "Publish", seller.gid, "gid://shopify/Publication/1")
    assert refused["userErrors"][0]["field"] == ["input", "0", "publicationId"]
    refused = send(seller, "Publish", "gid://shopify/Product/1")
    assert refused["userErrors"][0]["field"] == ["id"]


def test_channels_and_publications_go_together(seller):
    text = """{ channels(first: 5) { nodes { id name handle } }
      publications(first: 5) { nodes { id } } }"""
    data = seller.ask(text)["data"]
    assert [each["handle"] for each in data["channels"]["nodes"]] == ["online_store", "pos"]
    nodes = seller.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
        {"ids": [data["channels"]["nodes"][0]["id"], data["publications"]["nodes"][0]["id"]]},
    )["data"]["nodes"]
    assert [node["__typename"] for node in nodes] == ["Channel", "Publication"]
