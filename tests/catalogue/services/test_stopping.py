"""What a store has set and the gates object to: just that is held, and only if it would leave."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalogue.domain.gates import Objection
from catalogue.enums import ChangeFate, OverrideKind, Ownership
from catalogue.models import Change, HeldBatch, Override, Product, Variant
from catalogue.services.terms import set_policy
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


def shop_shows(shop, price, *, at=None, **more):
    at = at or timezone.now()
    shown = make.product(7, at=at, variants=[make.variant(price=price)], **more)
    make.decide(shop, make.payload(shown), received=at)


def test_what_is_objected_to_is_held_and_the_rest_of_the_same_edit_goes_on(shops):
    shop_shows(shops[1], "0.00", title="Tall lamp")
    fates = dict(Change.objects.values_list("attribute", "fate"))
    assert fates == {"price": ChangeFate.HELD, "title": ChangeFate.WON}
    assert Product.objects.get().title == "Tall lamp"
    assert Variant.objects.get().value("price") == "20.00"
    own = Override.objects.get(stands=True)
    assert (own.attribute, own.kind, own.value) == ("price", OverrideKind.HELD, "0.00")
    assert [entry.op for entry in own.read_timeline().entries] == ["set"]
    batch = HeldBatch.objects.get()
    (sample,) = batch.samples
    shown = sample["what"], sample["before"], sample["after"]
    assert shown == ("Desk lamp / Default Title", "20.00", "0.00")


def test_an_objection_to_the_whole_holds_all_of_it(shops, settings):
    settings.GATES = ["tests.catalogue.services.test_stopping.never"]
    shop_shows(shops[1], "21.00", title="Tall lamp")
    held = Override.objects.filter(kind=OverrideKind.HELD, stands=True)
    assert {own.attribute for own in held} == {"price", "title"}
    held = {row["what"] for row in HeldBatch.objects.get().samples}
    assert held == {"Desk lamp", "Desk lamp / Default Title"}


def never(_batch):
    return [Objection("Not today.")]


def test_what_goes_nowhere_needs_no_gate(shops):
    """It is corrected, or lost to a later edit, so nobody has to look at it."""
    hub_sets("21.00")
    late = make.product(7, at=make.LATER, variants=[make.variant(price="99.00")])
    make.decide(shops[1], make.payload(late), received=make.LATER)
    assert set(Change.objects.values_list("new", "fate")) == {("21.00", "won"), ("99.00", "lost")}
    set_policy(shops[0].workspace_id, "price", Ownership.HUB, by="ada")
    shop_shows(shops[1], "0.00", at=timezone.now() + timedelta(seconds=2))
    assert Change.objects.get(new="0.00").fate == ChangeFate.LOST
    assert not HeldBatch.objects.exists()
    assert Variant.objects.get().value("price") == "21.00"
