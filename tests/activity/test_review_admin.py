"""The review list: what could not be matched, side by side with what it may be."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.enums import IssueKind, ListingState, NewProducts, OverrideKind
from catalogue.models import HeldBatch, Issue, Listing, NewProductPolicy, Override, Product
from catalogue.services.releases import release
from syncqueue.models import Job
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def waiting(shop, number=8, **more):
    make.take_in(shop, make.product(number, **more))
    return Listing.objects.get(store=shop, gid=f"gid://shopify/Product/{number}")


def page(client, listing):
    return client.get(reverse("admin:catalogue_listing_change", args=[listing.pk]))


def test_c6_an_ambiguous_product_stands_beside_what_it_may_be(operator, shops):
    """C6: nothing is merged by itself where it is not certain."""
    third = make.store(shops[0].workspace, "third")
    twins = [make.product(n, variants=[make.variant(n, barcode=None)]) for n in (8, 9)]
    make.take_in(third, *twins)
    first, second = Listing.objects.filter(store=third).order_by("pk")
    assert (first.state, first.product) == (ListingState.AMBIGUOUS, None)
    shown = page(operator, first)
    assert "stands on several variants in the store" in shown.text
    (candidate,) = shown.context["review"].candidates
    assert candidate.pk == Product.objects.get().pk
    assert candidate.why == "same LAMP-1; same title; same handle in another store"
    link = reverse("admin:catalogue_listing_link", args=[first.pk])
    operator.post(link, {"product": candidate.pk})
    first.refresh_from_db()
    assert (first.state, first.product_id) == (ListingState.LINKED, candidate.pk)
    kept = Override.objects.filter(store=third).values_list("attribute", "kind")
    assert set(kept) == {("barcode", OverrideKind.FOUND), ("vendor", OverrideKind.FOUND)}
    assert page(operator, second).context["review"].candidates == ()


def test_a_handle_is_a_suggestion_and_no_match(operator, shops):
    third = make.store(shops[0].workspace, "third")
    alone = waiting(third, title="Lamp", variants=[make.variant(8, sku="", barcode=None)])
    assert alone.state == ListingState.UNMATCHED
    (candidate,) = page(operator, alone).context["review"].candidates
    assert candidate.why == "same handle in another store"


def test_candidates_of_other_workspaces_are_never_shown(operator, shops):
    far = make.store(make.workspace("far"), "far")
    make.take_in(
        far, make.product(3, title="Secret", variants=[make.variant(3, sku="RARE", barcode=None)])
    )
    third = make.store(shops[0].workspace, "third")
    alone = waiting(
        third, title="Secret", handle="x", variants=[make.variant(8, sku="RARE", barcode=None)]
    )
    shown = page(operator, alone)
    assert all("RARE" not in side.same for side in shown.context["review"].candidates)


def test_three_candidates_ask_no_more_than_one(operator, shops):
    third = make.store(shops[0].workspace, "third")
    alone = waiting(third, variants=[make.variant(8, sku="", barcode=None)])
    page(operator, alone)  # what is remembered for good is asked for here
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            found = page(operator, alone).context["review"].candidates
        counts.append((len(found), len(asked)))
        Product.objects.bulk_create(
            Product(workspace=third.workspace, title="Desk lamp", currency="USD") for _ in range(2)
        )
    assert [many for many, _ in counts] == [1, 3]
    assert counts[0][1] == counts[1][1]


def made_canonical(operator, listing):
    data = {"action": "make_canonical", "_selected_action": [listing.pk]}
    return operator.post(reverse("admin:catalogue_listing_changelist"), data, follow=True).text


def test_a_product_that_a_person_makes_canonical_is_offered_to_the_stores_that_asked(
    operator, shops
):
    NewProductPolicy.objects.create(store=shops[0], choice=NewProducts.DRAFT)
    NewProductPolicy.objects.create(store=shops[1], choice=NewProducts.ASK)
    third = make.store(shops[0].workspace, "third")
    alone = waiting(third, title="Cap", variants=[make.variant(8, sku="CAP", barcode=None)])
    assert "1 canonical products were made" in made_canonical(operator, alone)
    cap = Product.objects.get(title="Cap")
    created = Job.objects.get(handler="catalogue.create")
    assert created.payload == {"store": shops[0].pk, "product": cap.pk}
    assert Issue.objects.get(kind=IssueKind.NEW_PRODUCT).store == shops[1]


def test_a_product_made_canonical_with_a_price_of_nothing_is_offered_after_a_release(
    operator, shops
):
    NewProductPolicy.objects.create(store=shops[0], choice=NewProducts.CREATE)
    third = make.store(shops[0].workspace, "third")
    free = [make.variant(8, sku="CAP", barcode=None, price="0.00")]
    alone = waiting(third, title="Cap", variants=free)
    assert "1 of them wait at the gates" in made_canonical(operator, alone)
    assert not Job.objects.filter(handler="catalogue.create").exists()
    batch = HeldBatch.objects.get()
    assert batch.words == "A price below 0.01 is set once."
    release(batch.pk, by="ada", reason="It is a gift.")
    assert Job.objects.get(handler="catalogue.create").lane.channel_id == shops[0].channel_id
