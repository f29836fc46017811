"""Products through the API: read, filtered, edited in sight of a version, explained."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.domain import pricing
from catalogue.enums import Ownership
from catalogue.models import Change, Override, PriceRule, Product, Sale, Variant
from catalogue.services.sales import Asked, plan_sale, run_sales
from catalogue.services.terms import set_policy, set_rule
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.api.conftest import client_of
from tests.catalogue.api.test_tokens import problem
from tests.catalogue.clashes import hub_sets

pytestmark = pytest.mark.django_db
PRODUCTS = "/api/v1/products/"


def address():
    return f"{PRODUCTS}{Product.objects.get().pk}/"


def patch(api, body, *, match=None, url=None):
    tag = match or api.get(url or address())["ETag"]
    return api.patch(url or address(), body, headers={"If-Match": tag})


def test_a_product_is_read_with_every_declared_attribute(api):
    shown = api.get(address()).json()
    assert shown["attributes"]["title"] == "Desk lamp"
    assert shown["attributes"]["tags"] == ["desk", "light"]
    (variant,) = shown["variants"]
    assert variant["attributes"]["price"] == "20.00"
    assert variant["attributes"]["taxable"] is True


def test_whoever_has_this_version_gets_it_not_again(api):
    tag = api.get(address())["ETag"]
    assert api.get(address(), headers={"If-None-Match": tag}).status_code == 304
    hub_sets("Lamp", "title")
    assert api.get(address(), headers={"If-None-Match": tag}).status_code == 200


def test_an_edit_names_the_version_that_it_was_made_on(api):
    refused = problem(api.patch(address(), {"attributes": {"title": "Lamp"}}), 428)
    assert "If-Match" in refused["detail"]
    answer = patch(api, {"attributes": {"title": "Lamp"}})
    assert answer.status_code == 200
    assert (answer.json()["title"], answer["ETag"]) == ("Lamp", '"2"')
    change = Change.objects.get()
    assert (change.source, change.actor) == ("api", "API: ERP")
    assert answer["Sync-Cause"] == str(change.cause_id)
    assert Job.objects.filter(cause_id=change.cause_id).count() == 2


def test_of_two_editors_the_second_sees_both_values_and_who_was_first(api):
    tag = api.get(address())["ETag"]
    hub_sets("Lamp of Ada", "title")
    refused = problem(patch(api, {"attributes": {"title": "Lamp of mine"}}, match=tag), 412)
    (value,) = refused["values"]
    assert (value["yours"], value["current"]) == ("Lamp of mine", "Lamp of Ada")
    assert value["changed_by"] == "ada"
    assert value["changed_at"].startswith("20")
    assert Product.objects.get().title == "Lamp of Ada"
    current = api.get(address())["ETag"]
    assert patch(api, {"attributes": {"title": "Lamp of mine"}}, match=current).status_code == 200


def test_any_change_of_the_product_makes_a_version_old(api):
    tag = api.get(address())["ETag"]
    hub_sets("Lumen & Co", "vendor")
    refused = problem(patch(api, {"attributes": {"title": "Lamp"}}, match=tag), 412)
    assert refused["values"][0]["changed_by"] is None
    assert refused["changed"][0]["attribute"] == "vendor"
    assert patch(api, {"attributes": {"title": "Lamp"}}, match="*").status_code == 200


def test_product_and_variants_are_set_as_one_or_not_at_all(api):
    variant = Variant.objects.get()
    good = {"id": variant.pk, "attributes": {"price": "21", "barcode": None}}
    body = {"attributes": {"title": "Lamp"}, "variants": [good]}
    shown = patch(api, body).json()["variants"][0]["attributes"]
    assert (shown["price"], shown["barcode"]) == ("21.00", None)
    body["variants"][0]["attributes"] = {"price": "cheap"}
    body["attributes"] = {"title": "Other"}
    assert problem(patch(api, body), 400)["detail"].startswith("Price:")
    assert Product.objects.get().title == "Lamp"
    body["variants"] = [{"id": variant.pk + 1, "attributes": {}}]
    problem(patch(api, body), 404)


def test_what_is_no_attribute_is_refused_by_name(api):
    refused = problem(patch(api, {"attributes": {"colour": "red"}}), 400)
    assert "colour is no attribute of a product" in refused["detail"]
    problem(patch(api, {"attributes": ["title"]}), 400)
    problem(patch(api, {}), 400)


def test_a_variant_carries_its_products_version(api):
    url = f"/api/v1/variants/{Variant.objects.get().pk}/"
    answer = patch(api, {"attributes": {"sku": "LAMP-2"}}, url=url)
    assert (answer.json()["sku"], answer["ETag"]) == ("LAMP-2", '"2"')
    assert api.get(address())["ETag"] == '"2"'


def test_lists_are_filtered_and_paged_without_end(api, shops):
    make.take_in(shops[0], make.product(2, title="Chair", variants=[make.variant(12, sku="C")]))
    Product.objects.filter(title="").update(title="Chair")
    assert [p["title"] for p in api.get(PRODUCTS, {"title": "lamp"}).json()["results"]] == [
        "Desk lamp"
    ]
    assert len(api.get(PRODUCTS, {"sku": "LAMP-1"}).json()["results"]) == 1
    assert len(api.get(PRODUCTS, {"store": shops[1].pk}).json()["results"]) == 1
    Product.objects.bulk_create(
        Product(workspace=shops[0].workspace, title=f"P{n}", currency="USD") for n in range(3)
    )
    seen, url = [], f"{PRODUCTS}?limit=2"
    while url:
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == sorted(Product.objects.values_list("pk", flat=True), reverse=True)


@pytest.mark.parametrize("name", ["products", "variants", "listings", "changes", "jobs", "stores"])
def test_a_list_of_three_asks_no_more_than_one_of_one(name):
    counts = []
    for many in (1, 3):
        owner = make.workspace()
        for number in range(many):
            shop = make.store(owner, f"n{number}")
            sku = f"SKU-{number}"
            node = make.product(number + 1, variants=[make.variant(number + 1, sku=sku)])
            make.take_in(shop, node)
        products = Product.objects.filter(workspace=owner)
        for product in products if many > 1 else products[:1]:
            client = client_of(owner)
            patch(client, {"attributes": {"title": "X"}}, url=f"{PRODUCTS}{product.pk}/")
        client = client_of(owner)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/api/v1/{name}/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def explained(api, **asked):
    return {step["stage"]: step for step in api.get(f"{address()}explain/", asked).json()}


def test_a_value_is_explained_stage_by_stage(api, shops):
    hub_sets("Lamp", "title")
    steps = explained(api, attribute="title", store=shops[1].pk)
    assert (steps["canonical"]["value"], steps["canonical"]["by"]) == ("Lamp", "ada")
    job = Job.objects.get(channel=shops[1].channel_id)
    assert f"Job {job.pk}" in steps["pending"]["words"]
    assert steps["observed"]["value"] == "Desk lamp"
    assert "differs" in steps["observed"]["words"]


def test_every_stage_is_there_with_its_value_its_source_and_since_when(api, shops):
    """canonical → override → rule → layer → pending job → last observed."""
    variant, store = Variant.objects.get(), shops[1]
    before = explained(api, attribute="price", store=store.pk, variant=variant.pk)
    assert list(before) == [
        "canonical", "override", "rule", "layer", "wanted", "pending", "observed",
    ]  # fmt: skip
    assert [before[s]["source"] for s in ("override", "rule", "layer", "pending")] == [""] * 4
    assert (before["canonical"]["value"], before["canonical"]["source"]) == ("20.00", "import")
    rule = pricing.PriceRule(
        attribute="price", currency="USD", since=timezone.now(), rate=Decimal("0.9")
    )
    Override.objects.all().delete()
    set_rule(store, "price", rule, by="ada")
    now = timezone.now()
    winter = Sale(
        store=store, name="Winter", percent=50, zone="UTC", starts_at=now,
        ends_at=now + timedelta(days=1),
    )  # fmt: skip
    sale = plan_sale(Asked(winter, [variant.product_id]), by="ada")
    run_sales()
    steps = explained(api, attribute="price", store=store.pk, variant=variant.pk)
    assert steps["rule"]["value"] == "18.00"
    assert steps["rule"]["source"] == f"rule {PriceRule.objects.get().pk}"
    assert (steps["layer"]["value"], steps["layer"]["source"]) == ("9.00", f"sale {sale.pk}")
    assert all(steps[stage]["since"] for stage in ("canonical", "rule", "layer", "observed"))
    assert (steps["wanted"]["value"], steps["wanted"]["source"]) == ("9.00", "layer")
    assert (steps["observed"]["value"], steps["observed"]["source"]) == ("20.00", "read")


def test_it_is_explained_why_nothing_is_written(api, shops):
    variant = Variant.objects.get().pk
    steps = explained(api, attribute="price", store=shops[1].pk, variant=variant)
    assert "another currency" in steps["wanted"]["words"]
    assert steps["observed"]["words"] == "It is left as it is."
    set_policy(
        workspace_id=shops[0].workspace_id,
        store_id=shops[1].pk,
        name="title",
        ownership=Ownership.STORE,
        by="ada",
    )
    steps = explained(api, attribute="title", store=shops[1].pk)
    assert "the store owns" in steps["wanted"]["words"]
    problem(api.get(f"{address()}explain/", {"attribute": "price", "store": shops[1].pk}), 400)
    problem(api.get(f"{address()}explain/", {"attribute": "title", "store": 0}), 404)


def test_a_stores_own_value_is_set_explained_and_given_up(api, shops):
    body = {
        "store": shops[1].pk,
        "product": Product.objects.get().pk,
        "attribute": "title",
        "value": "Lampe",
        "version": 1,
    }
    made = api.post("/api/v1/overrides/", body)
    assert (made.status_code, made.json()["value"]) == (200, "Lampe")
    assert explained(api, attribute="title", store=shops[1].pk)["wanted"]["value"] == "Lampe"
    stale = problem(api.post("/api/v1/overrides/", {**body, "value": "Licht"}), 412)
    (value,) = stale["values"]
    assert (value["yours"], value["current"], value["changed_by"]) == ("Licht", "Lampe", "API: ERP")
    url = f"/api/v1/overrides/{made.json()['id']}/"
    assert api.delete(url).status_code == 204
    assert not Override.objects.get().stands
    assert explained(api, attribute="title", store=shops[1].pk)["wanted"]["value"] == "Desk lamp"
