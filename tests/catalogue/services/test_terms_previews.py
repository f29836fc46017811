"""Previews of other terms count every product of a store, and say what the difference would."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.domain import pricing
from catalogue.enums import OverrideKind, Ownership, Source
from catalogue.models import Override, Sale, Variant
from catalogue.selectors import leaves as light
from catalogue.selectors import terms_preview
from catalogue.selectors.leaves import linked_pages
from catalogue.selectors.picture import pictures
from catalogue.services import terms as service
from catalogue.services.edit import SetValue, edit
from catalogue.services.sales import Asked, plan_sale, run_sales
from catalogue.services.terms import preview_policy, preview_rule, set_policy, set_rule
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def node(number, **more):
    variant = make.variant(number * 10, sku=f"S-{number}", barcode=None, price=f"{number}.00")
    return make.product(number, title=f"Lamp {number}", variants=[variant], **more)


@pytest.fixture
def shops():
    """A store of seven products beside another that shows some of them otherwise."""
    owner = make.workspace()
    first, second = make.store(owner), make.store(owner, "alpine")
    make.take_in(first, *[node(n) for n in range(1, 8)])
    others = [{**node(n), "id": f"gid://shopify/Product/{n}00"} for n in range(1, 8)]
    for other in others:
        other["variants"]["nodes"][0]["id"] += "00"
        other["variants"]["nodes"][0]["inventoryItem"]["id"] += "00"
    others[0]["title"] = "Their lamp"
    others[1]["variants"]["nodes"][0]["price"] = "2.50"
    make.take_in(second, *others)
    return first, second


def wish(store, number, name, value, **more):
    variant = Variant.objects.get(sku=f"S-{number}")
    only = SetValue(
        product_id=variant.product_id,
        variant_id=variant.pk if name != "title" else None,
        attribute=name,
        value=value,
        **more,
    )
    edit(workspace_id=store.workspace_id, wishes=[only], source=Source.MANUAL, actor="ada")


def by_pictures(store, name, change):
    """What the difference that writes says of every product."""
    found = []
    for page in linked_pages(store):
        for pic in pictures(page):
            before = pic.to_write(name)
            pic.terms = change(pic.terms)
            found += [
                (str(pic.product), value)
                for key, value in pic.to_write(name).items()
                if (key, value) not in before.items()
            ]
    return sorted(found)


def told(preview):
    assert preview.writes == len(preview.samples)
    return sorted((sample.product, sample.wanted) for sample in preview.samples)


def lively(store):
    """Edits, own values of every kind, and a sale, so that everything that decides is there."""
    wish(store, 3, "title", "Tall lamp")
    wish(store, 3, "price", "3.50")
    wish(store, 4, "title", "Own lamp", store_id=store.pk)
    wish(store, 4, "price", "4.44", store_id=store.pk)
    wish(store, 5, "price", "5.55", store_id=store.pk, kind=OverrideKind.HELD)
    now = timezone.now()
    sale = Sale(
        store=store, name="Winter", percent=50, zone="UTC", starts_at=now,
        ends_at=now + timedelta(days=1),
    )  # fmt: skip
    wish(store, 6, "compare_at_price", "9.00")
    on_sale = Variant.objects.filter(sku__in=["S-3", "S-4", "S-5", "S-6"])
    plan_sale(Asked(sale, list(on_sale.values_list("product_id", flat=True))), by="ada")
    run_sales()


def rule(**more):
    known = {"attribute": "price", "currency": "USD", "since": timezone.now()}
    return pricing.PriceRule(**{**known, "factor": Decimal("1.1"), **more})


@pytest.mark.parametrize("name", ["title", "price", "compare_at_price", "vendor", "tags"])
@pytest.mark.parametrize("ownership", [*Ownership, None])
@pytest.mark.parametrize("agreed", [Ownership.STORE, Ownership.HUB, None])
def test_a_policy_is_previewed_as_the_difference_has_it(
    shops, monkeypatch, name, ownership, agreed
):
    monkeypatch.setattr(light, "PAGE", 3)
    lively(shops[1])
    if agreed is not None and name in ("title", "vendor"):
        set_policy(shops[1].workspace_id, name, agreed, by="ada", store_id=shops[1].pk)
    (seen,) = preview_policy(shops[1].workspace_id, name, ownership, store_id=shops[1].pk)
    assert seen.listings == 7
    change = service._owned(name, ownership, shops[1].pk)
    assert told(seen) == by_pictures(shops[1], name, change)


@pytest.mark.parametrize("agreed", [False, True])
@pytest.mark.parametrize("currency", ["USD", "EUR", None])
@pytest.mark.parametrize("name", ["price", "compare_at_price"])
def test_a_rule_is_previewed_as_the_difference_has_it(shops, monkeypatch, name, agreed, currency):
    monkeypatch.setattr(light, "PAGE", 3)
    if agreed:
        set_rule(shops[1], "price", rule(factor=Decimal("1.05")), by="ada")
    lively(shops[1])
    assert Sale.objects.get().state == "running"
    new = rule(attribute=name, currency=currency) if currency else None
    seen = preview_rule(shops[1], name, new)
    assert told(seen) == by_pictures(shops[1], name, service._ruled(name, new))
    assert seen.listings == 7


def test_a_sale_over_everything_needs_no_picture(shops, monkeypatch):
    lively(shops[1])
    monkeypatch.setattr(terms_preview, "pictures", lambda _: 1 / 0)
    assert preview_rule(shops[1], "price", rule()).writes


def test_every_product_counts_and_only_samples_are_shown(shops, monkeypatch):
    monkeypatch.setattr(light, "PAGE", 2)
    make.take_in(shops[0], *[node(n) for n in range(20, 32)])
    seen = preview_rule(shops[0], "price", rule(factor=Decimal("1.2")))
    assert (seen.listings, seen.writes, len(seen.samples)) == (19, 19, 10)
    assert (seen.samples[0].product, seen.samples[0].shown, seen.samples[0].wanted) == (
        "Lamp 1", "1.00", "1.20",
    )  # fmt: skip


def test_a_page_asks_the_same_of_one_product_and_of_seven(shops):
    counts = []
    for store in shops[:1], shops:
        with CaptureQueriesContext(connection) as asked:
            preview_rule(store[-1], "price", rule())
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert Override.objects.filter(store=shops[1]).exists()
