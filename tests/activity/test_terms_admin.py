"""Policies and price rules in the admin: previewed, then agreed exactly as previewed."""

import pytest
from django.urls import reverse

from catalogue.enums import Ownership
from catalogue.models import HighValue, OwnershipPolicy, PriceRule
from stores.enums import Role
from syncqueue.models import Job
from tests.activity.people import person
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def agree(client, model, form):
    return client.post(reverse(f"admin:catalogue_{model}_agree"), form, follow=True)


def policy(shop, **more):
    form = {"workspace": shop.workspace_id, "attribute": "title", "ownership": "hub_owns"}
    return {**form, "store": shop.pk, **more}


def rule(shop, **more):
    form = {"store": shop.pk, "attribute": "price", "currency": "usd", "rate": "0.5"}
    return {**form, "factor": "1", "step": "1", "charm": "0.01", "floor": "", **more}


def test_a_policy_is_previewed_and_then_agreed(operator, shops):
    page = agree(operator, "ownershippolicy", policy(shops[1]))
    assert "1 values would be written" in page.text
    assert "Lampe" in page.text
    assert not OwnershipPolicy.objects.exists()
    seen = page.context["seen"]
    page = agree(operator, "ownershippolicy", policy(shops[1], seen=seen))
    assert "Agreed; 1 listings are being compared." in page.text
    made = OwnershipPolicy.objects.get()
    assert (made.ownership, made.store, made.by) == (Ownership.HUB, shops[1], "operator")
    assert Job.objects.filter(cause_id=made.cause_id).count() == 1


def test_what_was_not_previewed_is_not_agreed(operator, shops):
    seen = agree(operator, "ownershippolicy", policy(shops[1])).context["seen"]
    page = agree(operator, "ownershippolicy", policy(shops[1], attribute="vendor", seen=seen))
    assert "values would be written" in page.text
    assert not OwnershipPolicy.objects.exists()


def test_a_rule_is_previewed_agreed_and_ended(operator, shops):
    page = agree(operator, "pricerule", rule(shops[1]))
    assert "9.99" in page.text
    agree(operator, "pricerule", rule(shops[1], seen=page.context["seen"]))
    made = PriceRule.objects.get()
    assert (made.currency, str(made.rate), made.ended_at) == ("USD", "0.50000000", None)
    page = agree(operator, "pricerule", rule(shops[1], ends="on"))
    agree(operator, "pricerule", rule(shops[1], ends="on", seen=page.context["seen"]))
    made.refresh_from_db()
    assert (bool(made.ended_at), made.ended_by) == (True, "operator")


@pytest.mark.parametrize(
    ("more", "said"),
    [({"factor": "0"}, "above zero"), ({"step": "0.015"}, "Rounding is a multiple of 0.01")],
)
def test_a_rule_that_makes_no_sense_is_refused_in_one_sentence(operator, shops, more, said):
    assert said in agree(operator, "pricerule", rule(shops[1], **more)).text


def test_nobody_agrees_for_another_workspace(stranger, shops):
    for model, form in (("ownershippolicy", policy(shops[1])), ("pricerule", rule(shops[1]))):
        page = agree(stranger, model, form)
        assert "Select a valid choice" in page.text
        assert page.context["seen"] == ""


def test_a_viewer_agrees_to_nothing(client, shops):
    viewer = person(client, Role.VIEWER, shops[0].workspace)
    assert agree(viewer, "ownershippolicy", policy(shops[1])).status_code == 403
    page = viewer.get(reverse("admin:catalogue_ownershippolicy_changelist"))
    assert "Change a policy" not in page.text


def test_an_operator_names_what_is_of_high_worth_in_an_own_workspace_only(operator, shops):
    address = reverse("admin:catalogue_highvalue_add")
    form = {"workspace": shops[0].workspace_id, "attribute": "title", "on": "on"}
    operator.post(address, form)
    row = HighValue.objects.get()
    assert (row.attribute, row.on) == ("title", True)
    other = make.workspace("other")
    operator.post(address, {**form, "workspace": other.pk})
    assert HighValue.objects.count() == 1
