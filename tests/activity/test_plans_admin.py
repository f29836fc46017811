"""The plan on its page: counts that lead to rows, an approval that names what was seen."""

import pytest
from django.urls import reverse

from catalogue.models import Override, Plan
from stores.enums import Mode
from stores.models import Store
from syncqueue.models import Job
from tests.catalogue.clashes import hub_sets

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(shops):
    """A store in review that shows another title and vendor than the hub."""
    Override.objects.filter(store=shops[1]).delete()
    Store.objects.filter(pk=shops[1].pk).update(mode=Mode.REVIEW)
    return shops[1]


def address(store):
    return reverse("admin:stores_store_opt_in", args=[store.pk])


def test_a_plan_is_made_looked_at_and_approved(operator, store):
    assert "Make the plan" in operator.get(address(store)).text
    page = operator.post(address(store), follow=True)
    plan = Plan.objects.get()
    assert ">2</a> values would be replaced" in page.text
    assert "Lampe" in page.text
    lines = reverse("admin:catalogue_planline_changelist")
    rows = operator.get(f"{lines}?plan__id__exact={plan.pk}&kind__exact=update")
    assert rows.context["cl"].result_count == 2
    answer = operator.post(address(store), {"plan": plan.pk, "hash": plan.hash}, follow=True)
    assert "is approved." in answer.text
    assert "of the hub are written to it" in answer.text
    store.refresh_from_db()
    assert (store.mode, store.opted_in_by) == (Mode.LIVE, "operator")
    assert Job.objects.filter(cause_id=plan.cause_id).exists()


def test_a_plan_that_has_moved_is_refused_in_a_sentence_and_replaced(operator, store):
    operator.post(address(store))
    plan = Plan.objects.get()
    hub_sets("Tall lamp", "title")
    answer = operator.post(address(store), {"plan": plan.pk, "hash": plan.hash}, follow=True)
    assert "Something has moved since" in answer.text
    assert "Tall lamp" in answer.text
    assert Store.objects.get(pk=store.pk).mode == Mode.REVIEW
    for wrong in ({"plan": plan.pk, "hash": "x"}, {"plan": "many", "hash": ""}):
        operator.post(address(store), wrong)
        assert Store.objects.get(pk=store.pk).mode == Mode.REVIEW


def test_a_viewer_looks_at_the_plan_and_approves_nothing(viewer, store):
    assert viewer.get(address(store)).status_code == 200
    assert viewer.post(address(store)).status_code == 403
    assert not Plan.objects.exists()
