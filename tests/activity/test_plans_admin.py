"""Plans on their pages: counts that lead to rows, an approval that names what was seen."""

import html
import re

import pytest
from django.urls import reverse

from catalogue.models import HeldBatch, Override, Plan, Product, Variant
from catalogue.services import plans
from catalogue.services.edit import SetValue
from catalogue.services.plans import plan_batch, take_step
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


def batch_of(shops, *values):
    product = Product.objects.get()
    wishes = [
        SetValue(
            product_id=product.pk,
            variant_id=Variant.objects.get().pk if name == "price" else None,
            attribute=name,
            value=value,
        )
        for name, value in values
    ]
    return plan_batch(shops[0].workspace_id, wishes, by="ERP")


def page_of(client, plan):
    return client.get(reverse("admin:catalogue_plan_change", args=[plan.pk]))


def approve(client, plan, mark):
    address = reverse("admin:catalogue_plan_do", args=[plan.pk, "approve"])
    return client.post(address, {"hash": mark}, follow=True)


def links(page):
    """Every number that a page links, with how many rows are behind it."""
    found = re.findall(r'href="(/admin/catalogue/plan(?:line|edit)/[^"]+)">(\d+)', page.text)
    return [(html.unescape(url), int(number)) for url, number in found]


def test_every_number_of_a_batch_leads_to_its_rows_in_each_store(operator, shops):
    Override.objects.filter(store=shops[1]).delete()
    plan = batch_of(shops, ("title", "Tall lamp"), ("vendor", "Other"), ("seo_title", "Bright"))
    page = page_of(operator, plan)
    for words in (
        "3 values</a> are to be set",
        "</a> value would be replaced",
        "Approve this plan",
    ):
        assert words in page.text
    numbers = links(page)
    assert [number for _, number in numbers] == [3, 1, 1, 1, 1, 1]
    for url, number in numbers:
        assert operator.get(url).context["cl"].result_count == number, url


def test_a_batch_is_approved_by_what_was_seen_and_says_what_had_moved(operator, shops):
    plan = batch_of(shops, ("title", "Tall lamp"), ("product_type", "Light"))
    hub_sets("Lamp of Eve", "title")
    refused = approve(operator, plan, "x")
    assert "This is not the plan that stands" in refused.text
    done = approve(operator, plan, plan.hash)
    assert "Approved. 1 of 2 values were set, 1 had moved." in done.text
    assert "1 value</a> was set" in done.text
    dropped = next(url for url, _ in links(done) if "dropped__isempty=0" in url)
    assert "Somebody has set it since the plan was made." in operator.get(dropped).text
    changes = operator.get(done.context["changes"])
    assert changes.context["cl"].result_count == 1
    plan.refresh_from_db()
    assert (plan.state, plan.approved_by) == ("applied", "operator")
    assert "Approve this plan" not in done.text


def test_a_plan_that_is_drafted_is_followed_by_its_page(operator, shops, monkeypatch):
    monkeypatch.setattr(plans, "STEP_SECONDS", -1.0)
    plan = batch_of(shops, ("title", "Tall lamp"))
    Plan.objects.filter(pk=plan.pk).update(state="drafting", cursor=0, done=0)
    page = page_of(operator, plan)
    assert page["Refresh"] == "3"
    assert "0 of 1 edits looked at" in page.text
    assert "Approve this plan" not in page.text
    take_step(plan.pk)
    take_step(plan.pk)
    assert "Refresh" not in page_of(operator, plan)


def test_a_batch_that_the_gates_hold_leads_to_them(operator, shops):
    plan = batch_of(shops, ("price", "2000"))
    assert "The gates will hold it" in page_of(operator, plan).text
    held = approve(operator, plan, plan.hash)
    assert "Held at the gates, nothing was changed" in held.text
    address = reverse("admin:catalogue_heldbatch_change", args=[HeldBatch.objects.get().pk])
    assert f'{address}">Release or discard it' in held.text


def test_who_may_not_approve_a_batch_sees_no_button(viewer, shops):
    plan = batch_of(shops, ("title", "Tall lamp"))
    assert "Approve this plan" not in page_of(viewer, plan).text
    assert approve(viewer, plan, plan.hash).status_code == 403
    assert Plan.objects.get().state == "ready"


def test_another_workspace_finds_no_plan(stranger, shops):
    plan = batch_of(shops, ("title", "Tall lamp"))
    assert approve(stranger, plan, plan.hash).status_code == 404
    assert page_of(stranger, plan).status_code == 302


def test_the_plan_of_an_opt_in_leads_to_its_store(operator, store):
    operator.post(address(store))
    assert address(store) in page_of(operator, Plan.objects.get()).text
