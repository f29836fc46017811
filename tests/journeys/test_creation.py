"""New products reach the stores that asked for them, once, as drafts that nobody can buy."""

import pytest

from catalogue.enums import HeldState, IssueKind, IssueState, ListingState, NewProducts, Source
from catalogue.errors import HeldAtGatesError, NotAllowedNowError
from catalogue.models import HeldBatch, Issue, Listing, NewProductPolicy, Override, Product
from catalogue.services.creation import create_asked
from catalogue.services.edit import SetValue, edit
from catalogue.services.founding import add_variants, make_product
from catalogue.services.parting import parts_of
from catalogue.services.releases import discard, release
from catalogue.services.second_thoughts import take_up
from syncqueue.models import Attempt, Job
from tests.journeys.conftest import lamp
from tests.journeys.shaping import Hand, shape, shirt

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = [
    {"option_values": [size], "sku": f"CAP-{size}", "price": "12.00", "weight": "0.2 KG"}
    for size in ("S", "M")
]


def ask_for(store, choice):
    NewProductPolicy.objects.create(store=store, choice=choice)


def make(world, **more):
    values = {"title": "Cap", "vendor": "Lumen", "status": "ACTIVE", "option_names": ["Size"]}
    given = {"values": values, "variants": SIZES, "source": Source.MANUAL, "actor": "ada", **more}
    product = make_product(world.workspace.pk, currency="USD", **given)
    world.work()
    return product


def created(world, store):
    rows = world.twin.log(shop=store.domain, kind="create")
    return [row["resource"] for row in rows if "/Product/" in row["resource"]]


def caps(world, store):
    products = world.twin.state(store.domain)["products"]
    return [product for product in products if product["title"] == "Cap"]


def test_a_product_of_the_hub_is_created_only_where_the_store_asked(world):
    north, alpine, harbour = world.three()
    ask_for(north, NewProducts.DRAFT)
    ask_for(harbour, NewProducts.ASK)
    product = make(world)
    (cap,) = caps(world, north)
    assert (cap["status"], cap["published"]) == ("DRAFT", {})
    assert shape(cap) == (["Size"], ["S", "M"])
    assert [(v["sku"], v["price"]) for v in cap["variants"]] == [
        ("CAP-S", "12.00"),
        ("CAP-M", "12.00"),
    ]
    assert caps(world, alpine) == caps(world, harbour) == []
    issue = Issue.objects.get()
    assert (issue.kind, issue.store) == (IssueKind.NEW_PRODUCT, harbour)
    create_asked(issue.pk, by="ada")
    world.work()
    assert len(caps(world, harbour)) == 1
    issue.refresh_from_db()
    assert issue.state == IssueState.CLOSED
    assert Listing.objects.filter(product=product, state=ListingState.LINKED).count() == 2
    assert Product.objects.count() == 2
    world.assert_in_step()


def test_a_draft_is_sold_when_its_own_status_is_given_up(world):
    store = world.connect(world.shop("north", lamp()))
    ask_for(store, NewProducts.DRAFT)
    product = make(world)
    assert Override.objects.get(attribute="status").value == "DRAFT"
    wish = SetValue(product_id=product.pk, attribute="status", store_id=store.pk, clear=True)
    edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")
    world.work()
    assert caps(world, store)[0]["status"] == "ACTIVE"


def test_a_lost_answer_never_makes_a_second_product(world):
    """Of the definition of our id, then of the creation: its webhook is decided before we look."""
    store = world.connect(world.shop("north", lamp()))
    ask_for(store, NewProducts.CREATE)
    world.twin.settings(store.domain, cut_after_apply=2)
    make(world, variants=[{"option_values": ["S"], "price": "12.00"}])
    assert len(created(world, store)) == 2
    assert Attempt.objects.filter(job__handler="catalogue.create", outcome="unknown").exists()
    assert Product.objects.count() == 2
    assert caps(world, store)[0]["status"] == "ACTIVE"
    world.assert_in_step()


def test_a_product_made_in_the_first_store_is_offered_to_the_second(world):
    first, second = (world.connect(world.shop(name, lamp())) for name in ("north", "alpine"))
    ask_for(second, NewProducts.DRAFT)
    world.twin.create(first.domain, shirt("S", "M", title="Cap"))
    world.work()
    assert shape(caps(world, second)[0]) == (["Size"], ["S", "M"])
    assert len(created(world, second)) == 2
    world.assert_in_step()


def test_a_product_at_no_price_that_one_store_makes_is_offered_to_none_before_its_release(world):
    first, second = (world.connect(world.shop(name, lamp())) for name in ("north", "alpine"))
    ask_for(second, NewProducts.CREATE)
    world.twin.create(first.domain, lamp("Cap", sku="CAP", price="0.00"))
    world.work()
    assert caps(world, second) == []
    release(HeldBatch.objects.get().pk, by="ada", reason="It is a gift.")
    world.work()
    assert caps(world, second)[0]["variants"][0]["price"] == "0.00"


def test_a_held_offer_is_made_to_some_stores_and_again_to_others(world):
    first, *others = (world.connect(world.shop(n, lamp())) for n in ("north", "alpine", "harbour"))
    for store in others:
        ask_for(store, NewProducts.CREATE)
    world.twin.create(first.domain, lamp("Cap", sku="CAP", price="0.00"))
    world.work()
    waiting = HeldBatch.objects.get()
    assert [part.key for part in parts_of(waiting)] == [str(store.pk) for store in others]
    release(waiting.pk, by="ada", reason="A gift.", only=[str(others[0].pk)])
    world.work()
    assert [len(caps(world, store)) for store in others] == [1, 0]
    gone = discard(waiting.pk, by="ada", reason="Not there.")
    take_up(gone.pk, by="ben")
    world.work()
    again = HeldBatch.objects.get(state=HeldState.HELD)
    with pytest.raises(NotAllowedNowError, match="waits at the gates already"):
        take_up(gone.pk, by="ben")
    release(again.pk, by="ada", reason="There too.")
    world.work()
    assert [len(caps(world, store)) for store in others] == [1, 1]
    world.assert_in_step()


def test_added_variants_that_are_held_are_made_one_by_one(world):
    first = world.connect(world.shop("north", shirt("S", "M")))
    more = [
        {"option_values": [name], "sku": f"SHIRT-{name}", "price": "0.00"} for name in ("L", "XL")
    ]
    with pytest.raises(HeldAtGatesError):
        add_variants(world.product(), more, source=Source.MANUAL, actor="ada")
    waiting = HeldBatch.objects.get()
    large = next(part for part in parts_of(waiting) if part.words == "L · SHIRT-L")
    release(waiting.pk, by="ben", reason="A gift.", only=[large.key])
    world.work()
    assert shape(world.shown(first)) == (["Size"], ["S", "M", "L"])
    waiting.refresh_from_db()
    assert [one["what"] for one in waiting.samples if one["meant"]] == ["XL · SHIRT-XL"]
    discard(waiting.pk, by="ben", reason="A mistake.")
    assert world.product().variants.count() == 3


def test_c6_a_double_of_a_known_product_waits_for_a_person_and_goes_nowhere(world):
    """C6: the same SKU on a second product of a store is no new product of the hub."""
    first, second = (world.connect(world.shop(name, lamp())) for name in ("north", "alpine"))
    ask_for(second, NewProducts.CREATE)
    world.twin.create(first.domain, lamp("Copy of desk lamp"))
    world.work()
    assert Listing.objects.get(title="Copy of desk lamp").state == ListingState.AMBIGUOUS
    assert (Product.objects.count(), len(created(world, second))) == (1, 1)


def test_a_price_without_a_currency_of_the_store_creates_nothing(world):
    store = world.connect(world.shop("alpine", lamp(), currency="EUR"))
    ask_for(store, NewProducts.DRAFT)
    make(world)
    assert caps(world, store) == []
    job = Job.objects.get(handler="catalogue.create")
    assert "has no price in EUR" in job.reason


def test_a_variant_added_in_the_hub_is_created_everywhere(world):
    first, second = (world.connect(world.shop(name, shirt())) for name in ("north", "alpine"))
    large = {"option_values": ["L"], "sku": "SHIRT-L", "price": "25.00"}
    add_variants(world.product(), [large], source=Source.MANUAL, actor="ada")
    world.work()
    for store in (first, second):
        assert shape(world.shown(store)) == (["Size"], ["S", "M", "L"])
    world.assert_in_step()
    with pytest.raises(ValueError, match="Two variants"):
        add_variants(world.product(), [large], source=Source.MANUAL, actor="ada")
    assert world.product().variants.count() == 3
    assert Hand(world, first).product["variants"][-1]["price"] == "25.00"
