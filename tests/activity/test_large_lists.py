"""Lists over large tables: counts end, filters offer what is new, searches find by the indexes."""

from uuid import uuid4

import pytest
from django.urls import reverse

from activity.admin import large
from catalogue.models import Change, Product, Variant

pytestmark = pytest.mark.django_db


def listed(client, name, **query):
    return client.get(reverse(f"admin:{name}_changelist"), query)


def add_products(shop, many):
    Product.objects.bulk_create(
        Product(workspace=shop.workspace, title=f"Cup {number}", currency="USD")
        for number in range(many)
    )


def test_a_list_says_that_there_are_more_rows_than_it_counts(operator, shops, monkeypatch):
    monkeypatch.setattr(large, "MOST_COUNTED", 3)
    add_products(shops[0], 2)
    assert listed(operator, "catalogue_product").context["cl"].result_count == 3
    assert "3 and more" not in listed(operator, "catalogue_product").content.decode()
    add_products(shops[0], 1)
    assert "3 and more" in listed(operator, "catalogue_product").content.decode()


def test_products_are_found_by_words_of_title_and_sku(operator, shops):
    add_products(shops[0], 3)
    cup = Product.objects.get(title="Cup 1")
    Variant.objects.create(product=cup, sku="CUP-RED")
    for term in ("red", "cup 1", "CUP red"):
        assert list(listed(operator, "catalogue_product", q=term).context["cl"].result_list) == [
            cup
        ]
    assert not listed(operator, "catalogue_product", q="cup blue").context["cl"].result_list


def test_a_search_for_a_cause_finds_its_changes(operator, shops):
    change = Change.objects.first()
    found = listed(operator, "catalogue_change", q=str(change.cause_id)).context["cl"]
    assert {row.cause_id for row in found.result_list} == {change.cause_id}
    assert not listed(operator, "catalogue_change", q=str(uuid4())).context["cl"].result_list


def test_a_filter_offers_the_values_of_the_newest_rows_and_the_chosen_one(
    operator, shops, monkeypatch
):
    monkeypatch.setattr(large, "NEWEST", 1)
    Product.objects.update(vendor="Old")
    Product.objects.create(workspace=shops[0].workspace, title="Cup", vendor="New", currency="USD")
    page = listed(operator, "catalogue_product", vendor="Old").context["cl"]
    (vendors,) = (one for one in page.filter_specs if one.title == "vendor")
    assert vendors.lookup_choices == ["New", "Old"]
    assert [row.vendor for row in page.result_list] == ["Old"]
