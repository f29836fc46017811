"""Ownership policies and price rules at work: what is written, corrected, kept or left alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalogue.domain.attributes import BadValueError
from catalogue.domain.pricing import PriceRule
from catalogue.enums import ChangeFate, ChangeScope, DeliveryFate, Guard, OverrideKind, Ownership
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import (
    Change,
    ChangeDelivery,
    Conflict,
    Override,
    OwnershipPolicy,
    Product,
    Variant,
)
from catalogue.selectors.picture import picture
from catalogue.services.terms import (
    preview_policy,
    preview_rule,
    set_high_value,
    set_policy,
    set_rule,
)
from catalogue.services.write_plans import Next, write_request
from stores.enums import Mode
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, shop_sets, two_shops

pytestmark = pytest.mark.django_db
HUB, STORE, IGNORE = Ownership.HUB, Ownership.STORE, Ownership.IGNORE


@pytest.fixture
def shops():
    return two_shops()


def shop_titles(shop, title, *, ago=timedelta(0)):
    at = timezone.now() + timedelta(seconds=1) - ago
    number = 1 if shop.name == "north" else 7
    return make.decide(shop, make.payload(make.product(number, at=at, title=title)), received=at)


def agree(shop, ownership, name="title", *, everywhere=False):
    store_id = None if everywhere else shop.pk
    return set_policy(shop.workspace_id, name, ownership, by="ada", store_id=store_id)


def due(shop):
    return picture(shop.listings.get().pk).to_write()


def fates(change):
    return dict(ChangeDelivery.objects.filter(change=change).values_list("store", "fate"))


def test_where_the_hub_owns_an_edit_in_the_store_is_corrected(shops):
    agree(shops[1], HUB)
    shop_titles(shops[1], "Their lamp")
    change = Change.objects.get()
    assert (change.fate, change.new, change.old) == (ChangeFate.LOST, "Their lamp", "Desk lamp")
    assert change.reason.startswith("The hub owns this attribute")
    assert fates(change) == {shops[1].pk: DeliveryFate.PENDING}
    assert due(shops[1]) == {(None, "title"): "Desk lamp"}
    assert Product.objects.get().title == "Desk lamp"
    assert not Override.objects.exists()


def test_where_the_hub_owns_people_of_the_hub_still_set_a_stores_own_value(shops):
    agree(shops[1], HUB)
    hub_sets("Lampe", "title", store_id=shops[1].pk)
    shop_titles(shops[1], "Their lamp")
    assert due(shops[1]) == {(None, "title"): "Lampe"}


@pytest.mark.parametrize("ownership", [STORE, Ownership.CREATE_ONLY])
def test_where_the_store_owns_nothing_is_written_and_nothing_spreads(shops, ownership):
    agree(shops[1], ownership)
    done = hub_sets("Tall lamp", "title")
    assert fates(done.changes[0]) == {
        shops[0].pk: DeliveryFate.PENDING,
        shops[1].pk: DeliveryFate.UNMANAGED,
    }
    shop_titles(shops[1], "Their lamp")
    assert Product.objects.get().title == "Tall lamp"
    assert due(shops[1]) == {}
    kept = Change.objects.latest("id")
    assert (kept.scope, kept.fate, kept.new) == (ChangeScope.OVERRIDE, ChangeFate.WON, "Their lamp")
    assert kept.reason.startswith("The store owns this attribute")
    with pytest.raises(NotAllowedNowError, match="can't be set in alpine from here"):
        hub_sets("Ours", "title", store_id=shops[1].pk)


def test_what_is_ignored_is_neither_written_nor_followed_but_noted(shops):
    agree(shops[1], IGNORE)
    shop_titles(shops[1], "Their lamp")
    change = Change.objects.get()
    assert (change.fate, change.new, change.store) == ("rejected", "Their lamp", shops[1])
    assert fates(change) == {shops[1].pk: DeliveryFate.UNMANAGED}
    assert Product.objects.get().title == "Desk lamp"
    assert due(shops[1]) == {}
    assert fates(hub_sets("Tall lamp", "title").changes[0])[shops[1].pk] == DeliveryFate.UNMANAGED


def test_an_edit_made_while_the_store_owned_it_does_not_spread_later(shops):
    agree(shops[1], STORE)
    OwnershipPolicy.objects.update(started_at=make.START - timedelta(days=1))
    agree(shops[1], None)
    shop_titles(shops[1], "Their lamp", ago=timedelta(minutes=5))
    assert Product.objects.get().title == "Desk lamp"
    assert Override.objects.get().kind == OverrideKind.FOUND


def test_an_edit_told_late_of_the_time_before_the_policy_spreads(shops):
    agree(shops[1], STORE)
    shop_titles(shops[1], "Their lamp", ago=timedelta(minutes=5))
    assert Product.objects.get().title == "Their lamp"


def test_a_default_is_for_every_store_and_an_exception_for_one(shops):
    agree(shops[0], STORE, everywhere=True)
    agree(shops[1], Ownership.TWO_WAY)
    told = fates(hub_sets("Tall lamp", "title").changes[0])
    assert told == {shops[0].pk: DeliveryFate.UNMANAGED, shops[1].pk: DeliveryFate.PENDING}


def test_a_preview_says_what_a_policy_writes_and_the_comparison_is_queued(shops):
    shops[1].__class__.objects.filter(pk=shops[1].pk).update(mode=Mode.REVIEW)
    shop_titles(shops[1], "Their lamp")
    (seen,) = preview_policy(shops[1].workspace_id, "title", HUB, store_id=shops[1].pk)
    assert (seen.listings, seen.writes) == (1, 1)
    assert (seen.samples[0].shown, seen.samples[0].wanted) == ("Their lamp", "Desk lamp")
    assert due(shops[1]) == {}
    jobs = Job.objects.count()
    assert agree(shops[1], HUB) == 0
    assert Job.objects.count() == jobs
    assert due(shops[1]) == {(None, "title"): "Desk lamp"}
    assert agree(shops[1], HUB, "vendor", everywhere=True) == 1
    policy = OwnershipPolicy.objects.get(attribute="vendor")
    assert Job.objects.get(cause_id=policy.cause_id).channel_id == shops[0].channel_id


def test_linking_keeps_no_difference_where_the_hub_owns(shops):
    third = make.store(shops[0].workspace, "harbour")
    agree(third, HUB)
    make.take_in(third, make.product(9, title="Other", vendor="Else"))
    assert [row.attribute for row in Override.objects.all()] == ["vendor"]


def test_a_policy_ends_and_stays_on_record(shops):
    agree(shops[1], HUB)
    agree(shops[1], STORE)
    agree(shops[1], None)
    rows = OwnershipPolicy.objects.order_by("id").values_list("ownership", "ended_by")
    assert list(rows) == [(HUB, "ada"), (STORE, "ada")]


def test_terms_of_another_workspaces_store_are_not_found(shops):
    stranger = make.store(make.workspace("other"))
    for change in (preview_policy, set_policy):
        more = {"by": "eve"} if change is set_policy else {}
        with pytest.raises(NotFoundHereError):
            change(shops[0].workspace_id, "title", HUB, store_id=stranger.pk, **more)
    assert not OwnershipPolicy.objects.exists()


# --- price rules ----------------------------------------------------------------------------------
@pytest.fixture
def euro():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine", currency="EUR")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7, variants=[make.variant(price="19.00")]))
    return first, second


def half(**more):
    """One dollar makes half a euro, in prices that end in .99."""
    given = {"rate": Decimal("0.5"), "step": Decimal(1), "charm": Decimal("0.01"), **more}
    return PriceRule(attribute="price", currency="USD", since=timezone.now(), **given)


def price_due(shop):
    return due(shop).get((Variant.objects.get().pk, "price"))


def test_a_rule_prices_a_store_of_another_currency(euro):
    north, alpine = euro
    assert price_due(alpine) is None
    seen = preview_rule(alpine, "price", half())
    assert [(s.shown, s.wanted) for s in seen.samples] == [("19.00", "9.99")]
    assert set_rule(alpine, "price", half(), by="ada") == 1
    assert price_due(alpine) == "9.99"
    done = hub_sets("30.00")
    assert fates(done.changes[0]) == {
        north.pk: DeliveryFate.PENDING,
        alpine.pk: DeliveryFate.PENDING,
    }
    assert (price_due(north), price_due(alpine)) == ("30.00", "14.99")


def test_an_edit_in_a_ruled_store_is_its_own_until_it_is_cleared(euro):
    _, alpine = euro
    set_rule(alpine, "price", half(), by="ada")
    shop_sets(alpine, "18.00")
    own = Override.objects.get()
    assert (own.kind, own.value) == (OverrideKind.PINNED, "18.00")
    assert Variant.objects.get().value("price") == "20.00"
    assert "exception" in Change.objects.latest("id").reason
    hub_sets("30.00")
    assert price_due(alpine) is None
    hub_sets(None, store_id=alpine.pk, clear=True)
    assert price_due(alpine) == "14.99"


def test_without_its_rule_a_price_of_another_currency_is_left_alone(euro):
    _, alpine = euro
    set_rule(alpine, "price", half(), by="ada")
    set_rule(alpine, "price", None, by="ada")
    assert price_due(alpine) is None
    with pytest.raises(NotAllowedNowError, match="No rule prices alpine"):
        set_rule(alpine, "price", None, by="ada")


def test_an_edit_told_late_of_the_time_before_the_rule_spreads_as_it_was_meant(shops):
    shop = shops[1]
    rule = PriceRule(attribute="price", currency="USD", since=timezone.now(), factor=Decimal("1.5"))
    set_rule(shop, "price", rule, by="ada")
    shop_sets(shop, "21.00", ago=timedelta(minutes=5))
    assert Variant.objects.get().value("price") == "21.00"
    assert price_due(shop) == "31.50"


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("title", {}, "Title is no price."),
        ("price", {"factor": Decimal(0)}, "above zero"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(euro, name, more, said):
    with pytest.raises(BadValueError, match=said):
        set_rule(euro[1], name, half(**more), by="ada")


# --- values of high worth -------------------------------------------------------------------------
def test_a_workspace_names_what_is_of_high_worth(shops):
    set_high_value(shops[0].workspace_id, "title", on=True)
    set_high_value(shops[0].workspace_id, "price", on=False)
    hub_sets("Tall lamp", "title")
    request = write_request(*_plan(shops[1]), timezone.now())
    assert [leaf["guard"] for leaf in request["leaves"]] == [Guard.CHECK]
    shop_titles(shops[1], "Big lamp", ago=timedelta(minutes=1))
    assert Conflict.objects.get().attribute == "title"
    hub_sets("25.00")
    shop_sets(shops[1], "31.00", ago=timedelta(seconds=30))
    assert not Conflict.objects.filter(attribute="price").exists()


def _plan(shop):
    pic = picture(shop.listings.get().pk)
    return pic, Next("write", pic.to_write(), more=False)
