"""Sales in the admin: previewed, planned by the store's clock, ended early."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalogue.models import HeldBatch, Sale
from catalogue.selectors.picture import picture
from catalogue.services.sales import run_sales
from tests.catalogue.clashes import two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    first, second = two_shops()
    type(second).objects.filter(pk=second.pk).update(timezone="Europe/Berlin")
    return first, second


def form(shops, **more):
    return {
        "store": shops[1].pk,
        "name": "Black Friday",
        "percent": "20",
        "vendor": "",
        "skus": "",
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
    for words in ("1 values would be written", "20.00", "16.00"):
        assert words in seen.text
    assert "Planned: it starts 2027-11-26 00:00 Europe/Berlin." in done.text
    sale = Sale.objects.get()
    assert sale.starts_at == datetime(2027, 11, 25, 23, tzinfo=UTC)
    assert (sale.by, sale.items.count(), sale.state) == ("operator", 1, "planned")
    listed = operator.get(reverse("admin:catalogue_sale_changelist")).text
    assert "Black Friday" in listed


def test_what_the_gates_object_to_is_told_before_and_held_after(operator, shops):
    seen, done = agree(operator, form(shops, percent="80"))
    assert "The gates will hold it: A price moves by more than 60 % once." in seen.text
    assert "Held at the gates until it is released" in done.text
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


def test_only_the_products_that_are_named_are_on_sale(operator, shops):
    _, done = agree(operator, form(shops, skus="LAMP-1\nNOBODY"))
    assert "Planned" in done.text
    Sale.objects.all().delete()
    seen, _ = agree(operator, form(shops, vendor="Somebody else"))
    assert "0 values would be written" in seen.text


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
    assert not Sale.objects.exists()


def test_a_stranger_finds_no_store_of_another_workspace(stranger, shops):
    _, done = agree(stranger, form(shops))
    assert done is None
    assert not Sale.objects.exists()
