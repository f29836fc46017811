"""What the gates hold, in the admin: seen by members, decided by operators, with a reason."""

import pytest
from django.urls import reverse

from catalogue.models import HeldBatch, Product, Variant
from tests.catalogue.clashes import hub_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


@pytest.fixture
def held(shops):
    return hub_sets("90.00").held


def page(client, held):
    return client.get(reverse("admin:catalogue_heldbatch_change", args=[held.pk]))


def decide(client, held, verb, reason="Meant so."):
    address = reverse("admin:catalogue_heldbatch_do", args=[held.pk, verb])
    return client.post(address, {"reason": reason}, follow=True)


def price():
    return Variant.objects.get().value("price")


def test_a_page_says_what_waits_and_why(operator, held):
    shown = page(operator, held).text
    for words in ("A price moves by more than 60 % once.", "20.00", "90.00", "Release it as it is"):
        assert words in shown
    listed = operator.get(reverse("admin:catalogue_heldbatch_changelist")).text
    assert "A price moves by more than 60 % once." in listed


def test_an_operator_releases_it_with_a_reason(operator, held):
    assert "Say why" in decide(operator, held, "release", reason="").text
    done = decide(operator, held, "release").text
    assert "Released: 1 changes were made." in done
    assert "by operator: Meant so." in done
    assert price() == "90.00"


def test_an_operator_discards_it(operator, held):
    assert "nothing of it will happen" in decide(operator, held, "discard").text
    assert (price(), HeldBatch.objects.get().state) == ("20.00", "discarded")


def test_a_viewer_looks_and_a_stranger_does_not(viewer, held):
    assert "Release it" not in page(viewer, held).text
    assert decide(viewer, held, "release").status_code == 403
    assert price() == "20.00"


def test_another_workspaces_batches_are_not_found(stranger, held):
    assert decide(stranger, held, "release").status_code == 404
    assert price() == "20.00"


def test_a_products_page_says_that_an_edit_is_held(operator, shops):
    product = Product.objects.get()
    form = {"attribute": "price", "variant": Variant.objects.get().pk, "value": "0"}
    form["edit_version"] = product.edit_version
    address = reverse("admin:catalogue_product_change", args=[product.pk])
    said = operator.post(address, form, follow=True).text
    assert "Held at the gates, nothing was saved: A price below 0.01 is set once." in said
    assert price() == "20.00"
