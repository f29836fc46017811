"""Making products and variants in the admin, and deciding what is gone from a store."""

import pytest
from django.urls import reverse

from catalogue.enums import IssueKind, IssueState, ListingState, NewProducts
from catalogue.models import (
    Change,
    HeldBatch,
    Issue,
    Listing,
    NewProductPolicy,
    Product,
    RemovalPolicy,
    Variant,
)
from catalogue.services.gone import product_subject
from catalogue.services.issues import raise_issue
from catalogue.services.releases import discard, release
from syncqueue.models import Job

pytestmark = pytest.mark.django_db
MAKE = reverse("admin:catalogue_product_make")


def form(shop, **more):
    lines = "S; CAP-S; 12.00\nM; CAP-M; 12"
    plain = {"workspace": shop.workspace_id, "title": "Cap", "currency": "usd", "options": "Size"}
    return {**plain, "variants": lines, **more}


def test_an_operator_makes_a_product_that_a_store_asked_for(operator, shops):
    north, _ = shops
    address = reverse("admin:catalogue_newproductpolicy_add")
    operator.post(address, {"store": north.pk, "choice": NewProducts.DRAFT})
    assert NewProductPolicy.objects.get().choice == NewProducts.DRAFT
    page = operator.post(MAKE, form(north), follow=True).text
    assert "The product is made" in page
    cap = Product.objects.get(title="Cap")
    prices = [(v.name, v.sku, v.value("price")) for v in cap.variants.all()]
    assert prices == [("S", "CAP-S", "12.00"), ("M", "CAP-M", "12.00")]
    assert Job.objects.get(handler="catalogue.create").lane.channel_id == north.channel_id
    assert f"{cap.variants.all()[0]}, number" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"variants": "S; CAP-S"}, "is not values; SKU; price"),
        ({"variants": "S; A; 12.00\nS; B; 13.00"}, "Two variants are “S”"),
        ({"options": "Size, Cut"}, "does not have a value of every option"),
        ({"variants": "S; CAP-S; cheap"}, "a number is needed"),
    ],
)
def test_what_no_product_can_be_is_refused_whole_and_in_words(operator, shops, wrong, words):
    before = (Product.objects.count(), Variant.objects.count())
    page = operator.post(MAKE, form(shops[0], **wrong))
    assert words in page.text
    assert (Product.objects.count(), Variant.objects.count()) == before


def test_more_variants_are_added_on_the_page_of_the_product(operator, shops):
    operator.post(MAKE, form(shops[0]))
    cap = Product.objects.get(title="Cap")
    address = reverse("admin:catalogue_product_variants", args=[cap.pk])
    operator.post(address, {"variants": "L; CAP-L; 14.00"})
    assert [variant.name for variant in cap.variants.all()] == ["S", "M", "L"]
    said = operator.post(address, {"variants": "L; CAP-X; 14.00"}).text
    assert "Two variants are “L”" in said


def test_what_the_gates_hold_of_a_new_product_is_made_when_a_person_releases_it(operator, shops):
    north, _ = shops
    NewProductPolicy.objects.create(store=north, choice=NewProducts.DRAFT)
    page = operator.post(MAKE, form(north, variants="S; CAP-S; 0.00\nM; CAP-M; 12"), follow=True)
    assert "nothing is made until somebody releases it: A price below 0.01 is set once" in page.text
    batch = HeldBatch.objects.get()
    assert [one["what"] for one in batch.samples if one["meant"]] == ["Cap / CAP-S"]
    assert not Product.objects.filter(title="Cap").exists()
    assert not Job.objects.filter(handler="catalogue.create").exists()
    release(batch.pk, by="ada", reason="S is a gift.")
    cap = Product.objects.get(title="Cap")
    prices = [(v.name, v.sku, v.value("price")) for v in cap.variants.all()]
    assert prices == [("S", "CAP-S", "0.00"), ("M", "CAP-M", "12.00")]
    assert Job.objects.get(handler="catalogue.create").payload["product"] == cap.pk
    reasons = set(Change.objects.filter(product=cap, store=None).values_list("reason", flat=True))
    assert reasons == {"Held at the gates; released by ada: S is a gift."}


def test_what_the_gates_hold_of_new_variants_is_made_or_given_up_as_a_whole(operator, shops):
    operator.post(MAKE, form(shops[0]))
    cap = Product.objects.get(title="Cap")
    address = reverse("admin:catalogue_product_variants", args=[cap.pk])
    for name in ("L", "XL"):
        operator.post(address, {"variants": f"{name}; CAP-{name}; 0.00"})
    assert cap.variants.count() == 2
    given_up, wanted = HeldBatch.objects.order_by("pk")
    discard(given_up.pk, by="ada", reason="A mistake.")
    assert release(wanted.pk, by="ada", reason="A gift.").applied == 3
    assert [variant.name for variant in cap.variants.all()] == ["S", "M", "XL"]


def test_viewers_and_strangers_make_nothing(viewer, shops):
    assert viewer.get(MAKE).status_code == viewer.post(MAKE, form(shops[0])).status_code == 403
    product = Product.objects.get()
    address = reverse("admin:catalogue_product_variants", args=[product.pk])
    assert viewer.post(address, {"variants": "; X; 1.00"}).status_code == 403


def test_strangers_find_neither_the_workspace_nor_the_product(stranger, shops):
    said = stranger.post(MAKE, form(shops[0])).text
    assert "Select a valid choice" in said
    address = reverse("admin:catalogue_product_variants", args=[Product.objects.get().pk])
    assert stranger.post(address, {"variants": "; X; 1.00"}).status_code == 403
    policy = reverse("admin:catalogue_removalpolicy_add")
    stranger.post(policy, {"workspace": shops[0].workspace_id, "choice": "everywhere"})
    assert not RemovalPolicy.objects.exists()


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("unlink", "Unlinked"),
        ("recreate", "being created again"),
        ("delete-everywhere", "being deleted in 1 stores"),
    ],
)
def test_what_is_gone_is_decided_by_one_button(operator, shops, verb, words):
    listing = Listing.objects.get(store=shops[0])
    Listing.objects.filter(pk=listing.pk).update(state=ListingState.GONE)
    issue = raise_issue(
        shops[0].workspace_id, IssueKind.PRODUCT_GONE, product_subject(listing), "It is gone."
    )
    page = operator.get(reverse("admin:catalogue_issue_change", args=[issue])).text
    assert "Create it there again" in page
    done = reverse("admin:catalogue_issue_do", args=[issue, verb])
    assert words in operator.post(done, follow=True).text
    assert Issue.objects.get(pk=issue).state == IssueState.CLOSED
    assert "nothing of the kind" in operator.post(done, follow=True).text
