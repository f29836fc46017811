"""Sales in the admin: previewed, planned by the store's clock, ended early."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalogue.models import HeldBatch, Product, Sale
from catalogue.selectors.picture import picture
from catalogue.services.importing import create_product
from catalogue.services.sales import run_sales
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    first, second = two_shops()
    type(second).objects.filter(pk=second.pk).update(timezone="Europe/Berlin")
    return first, second


def form(shops, **more):
    return {
        "stores": [shops[1].pk],
        "name": "Black Friday",
        "percent": "20",
        "zone": "",
        "starts": "2027-11-26 00:00",
        "ends": "2027-11-29 00:00",
        "step": "0.01",
        "charm": "0",
        "strike": "on",
        **more,
    }


def agree(client, asked):
    address = reverse("admin:catalogue_sale_agree")
    seen = client.post(address, asked)
    mark = seen.context.get("seen") if seen.context else ""
    return seen, client.post(address, {**asked, "seen": mark}, follow=True) if mark else None


def test_a_sale_is_previewed_then_planned_by_the_stores_clock(operator, shops):
    seen, done = agree(operator, form(shops))
    for words in ("2027-11-29 00:00 Europe/Berlin", "20.00", "16.00", "4.00 USD"):
        assert words in seen.text
    assert "planned, it starts 2027-11-26 00:00 Europe/Berlin." in done.text
    sale = Sale.objects.get()
    assert sale.starts_at == datetime(2027, 11, 25, 23, tzinfo=UTC)
    assert (sale.by, sale.items.count(), sale.state) == ("operator", 1, "planned")
    listed = operator.get(reverse("admin:catalogue_sale_changelist")).text
    assert "Black Friday" in listed


def test_what_the_gates_object_to_is_told_before_and_held_after(operator, shops):
    seen, done = agree(operator, form(shops, percent="80"))
    assert "the gates will hold it: A price moves by more than 60 % once." in seen.text
    assert "held at the gates until it is released" in done.text
    assert HeldBatch.objects.get().store == shops[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"starts": "2027-03-28 02:30"}, "does not exist in Europe/Berlin"),
        ({"zone": "Mars/Base"}, "There is no time zone “Mars/Base”"),
        ({"ends": "2027-11-25 00:00"}, "A sale ends after it starts."),
        ({"percent": "0"}, "more than 0"),
    ],
)
def test_what_makes_no_sense_is_told_on_the_form(operator, shops, more, said):
    seen, done = agree(operator, form(shops, **more))
    assert said in seen.text
    assert done is None


@pytest.mark.parametrize(
    "chosen",
    [
        {"skus": "LAMP-1\nNOBODY"},
        {"vendor": "lumen"},
        {"product_type": "lamp"},
        {"tag": "DESK"},
        {"tag": "light", "vendor": "Lumen", "product_type": "Lamp", "skus": "LAMP-1"},
    ],
)
def test_products_are_chosen_by_what_they_are(operator, shops, chosen):
    add_products(shops[1])
    _, done = agree(operator, form(shops, **chosen))
    assert "planned" in done.text
    assert [item.product.title for item in Sale.objects.get().items.all()] == ["Desk lamp"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"skus": "NOBODY"},
        {"vendor": "Somebody else"},
        {"product_type": "Lam"},
        {"tag": "des"},
        {"tag": "desk", "vendor": "Somebody else"},
    ],
)
def test_what_no_product_is_makes_no_sale(operator, shops, chosen):
    seen, done = agree(operator, form(shops, **chosen))
    assert "None of these stores has a linked product like that." in seen.text
    assert done is None


def add_products(shop):
    """Two products that only this store has, one of them without any type, tag or vendor."""
    chair = make.product(
        21,
        title="Chair",
        vendor="Seat",
        productType="Chair",
        tags=["wood"],
        variants=[make.variant(211, sku="CHAIR-1", price="30.00")],
    )
    bare = make.product(
        22,
        title="Bare",
        vendor="",
        productType="",
        tags=[],
        variants=[make.variant(221, sku="BARE-1", price="10.00")],
    )
    for pk in make.take_in(shop, chair, bare):
        create_product(picture(pk))


def ticked(client, *products):
    """The page that comes of ticking products in their list."""
    address = reverse("admin:catalogue_product_changelist")
    ids = [product.pk for product in products]
    return client.post(address, {"action": "plan_sale", "_selected_action": ids})


def test_products_ticked_in_their_list_are_on_sale_and_no_others(operator, shops):
    add_products(shops[1])
    chosen = Product.objects.exclude(title="Chair")
    page = ticked(operator, *chosen)
    assert "Only the 2 products that you ticked" in page.text
    given = page.context["form"].initial["products"]
    _, done = agree(operator, form(shops, products=given))
    assert "planned" in done.text
    titles = {item.product.title for item in Sale.objects.get().items.all()}
    assert titles == {"Desk lamp", "Bare"}


def test_a_sale_in_two_stores_is_two_by_two_clocks_with_counts_and_money_for_each(operator, shops):
    add_products(shops[1])
    both = form(shops, stores=[shop.pk for shop in shops])
    seen, done = agree(operator, both)
    money = [(str(one["of"].less), one["of"].products) for one in seen.context["previews"]]
    assert sorted(money) == [("12.00", 3), ("4.00", 1)]
    assert done.text.count("planned, it starts 2027-11-26 00:00") == 2
    starts = {sale.store.name: sale.starts_at.hour for sale in Sale.objects.all()}
    assert starts == {"north": 0, "alpine": 23}


def test_it_is_planned_only_with_the_prices_that_were_previewed(operator, shops):
    address = reverse("admin:catalogue_sale_agree")
    seen = operator.post(address, form(shops))
    hub_sets("18.00")
    again = operator.post(address, {**form(shops), "seen": seen.context["seen"]})
    assert "It would be something else by now: look at it again." in again.text
    assert "18.00" in again.text
    assert not Sale.objects.exists()
    operator.post(address, {**form(shops), "seen": again.context["seen"]})
    assert Sale.objects.exists()


def test_the_stores_cost_the_preview_what_they_are_asked_and_products_nothing(
    operator, shops, django_assert_num_queries
):
    address, asked = reverse("admin:catalogue_sale_agree"), form(shops)
    with CaptureQueriesContext(connection) as one:
        operator.post(address, asked)
    add_products(shops[1])
    with django_assert_num_queries(len(one)):
        operator.post(address, asked)


def test_a_running_sale_is_ended_by_a_button(operator, shops):
    agree(operator, form(shops))
    sale = Sale.objects.get()
    now = timezone.now()
    Sale.objects.update(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    run_sales()
    page = operator.get(reverse("admin:catalogue_sale_change", args=[sale.pk])).text
    assert "End it now" in page
    ended = operator.post(reverse("admin:catalogue_sale_do", args=[sale.pk, "end"]), follow=True)
    assert "The sale is ended." in ended.text
    assert picture(shops[1].listings.get().pk).layers[0].until is not None


def test_a_viewer_plans_and_ends_nothing(viewer, shops):
    address = reverse("admin:catalogue_sale_agree")
    assert viewer.post(address, form(shops)).status_code == 403
    page = ticked(viewer, Product.objects.get())
    assert "form" not in (page.context or {})
    assert not Sale.objects.exists()


def test_a_stranger_finds_no_store_of_another_workspace(stranger, shops):
    _, done = agree(stranger, form(shops))
    assert done is None
    ticked(stranger, Product.objects.get())
    assert not Sale.objects.exists()
