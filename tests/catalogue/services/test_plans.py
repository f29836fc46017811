"""Plan, approve, apply: what was approved is written, what moved since is held and listed."""

import pytest

from catalogue.domain.attributes import of_owner
from catalogue.enums import OverrideKind, Owner, PlanKind, PlanState
from catalogue.errors import NotAllowedNowError, StalePlanError
from catalogue.models import Change, Override, Plan, PlanLine, Product
from catalogue.services import opt_in_plans, plans
from catalogue.services.plans import approve, make_plan, run_plans, take_step
from stores.enums import Mode
from stores.models import Store
from stores.services.modes import pause
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    """A store that is live, and one in review that shows what it did before the hub's edits."""
    owner = make.workspace()
    first, second = make.store(owner), make.store(owner, "alpine", mode=Mode.REVIEW)
    make.take_in(first, make.product())
    make.take_in(second, make.product(7, seo={"title": None, "description": "Old"}))
    Override.objects.filter(store=second).delete()
    hub_sets("Lamp", "title")
    hub_sets("Bright light", "seo_title")
    hub_sets(None, "seo_description")
    return first, second


def counts(plan):
    return {kind: many for kind, many in plan.counts.items() if many}


def test_a_plan_counts_and_keeps_every_value_and_writes_nothing(shops):
    before = Job.objects.count()
    plan = make_plan(shops[1], by="ada")
    assert plan.state == PlanState.READY
    assert counts(plan) == {"update": 1, "create": 1, "clear": 1}
    lines = plan.lines.values_list("attribute", "kind", "shown", "wanted")
    assert set(lines) == {
        ("title", PlanKind.UPDATE, "Desk lamp", "Lamp"),
        ("seo_title", PlanKind.CREATE, None, "Bright light"),
        ("seo_description", PlanKind.CLEAR, "Old", None),
    }
    assert Store.objects.get(pk=shops[1].pk).mode == Mode.REVIEW
    assert Job.objects.count() == before


def test_what_is_not_ours_to_write_and_what_is_disputed_stand_apart(shops):
    euro = make.store(shops[0].workspace, "euro", mode=Mode.REVIEW, currency="EUR")
    make.take_in(euro, make.product(9))
    variant = Product.objects.get().variants.get()
    Override.objects.filter(store=euro).delete()
    plan = make_plan(euro, by="ada")
    kinds = dict(plan.lines.filter(variant=variant).values_list("attribute", "kind"))
    money = {declared.name for declared in of_owner(Owner.VARIANT) if declared.money}
    assert kinds == dict.fromkeys(money, "unmanaged")
    assert counts(plan)["unmanaged"] == len(money)


def test_approving_makes_the_store_live_and_compares_it_under_the_plans_cause(shops):
    plan = make_plan(shops[1], by="ada")
    done = approve(plan.pk, plan.hash, by="bob")
    assert (done.state, done.approved_by, done.dropped) == (PlanState.APPLIED, "bob", 0)
    store = Store.objects.get(pk=shops[1].pk)
    assert (store.mode, store.opted_in_by) == (Mode.LIVE, "bob")
    assert Job.objects.get(cause_id=plan.cause_id).channel_id == store.channel_id


def test_a_plan_that_is_not_what_would_happen_is_refused_with_a_new_one(shops):
    """C12: nobody approves what they have not seen."""
    plan = make_plan(shops[1], by="ada")
    hub_sets("Lamp of light", "title")
    with pytest.raises(StalePlanError, match="stands in its place"):
        approve(plan.pk, plan.hash, by="bob")
    plan.refresh_from_db()
    newer = Plan.objects.get(state=PlanState.READY)
    assert plan.state == PlanState.REPLACED
    assert newer.lines.get(attribute="title").wanted == "Lamp of light"
    assert Store.objects.get(pk=shops[1].pk).mode == Mode.REVIEW
    with pytest.raises(StalePlanError):
        approve(plan.pk, plan.hash, by="bob")
    with pytest.raises(StalePlanError):
        approve(newer.pk, plan.hash, by="bob")
    assert approve(newer.pk, newer.hash, by="bob").state == PlanState.APPLIED


def test_what_moves_after_the_approval_of_a_large_store_is_held_and_listed(shops, monkeypatch):
    monkeypatch.setattr(plans, "AT_ONCE", 0)
    plan = make_plan(shops[1], by="ada")
    monkeypatch.setattr(plans, "work_on", lambda pk: Plan.objects.get(pk=pk))
    assert approve(plan.pk, plan.hash, by="bob").state == PlanState.CHECKING
    hub_sets("Lamp of light", "title")
    hub_sets("Lumen & Co", "vendor")
    assert take_step(plan.pk)
    assert not take_step(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.dropped) == (PlanState.APPLIED, 2)
    dropped = dict(plan.lines.exclude(dropped="").values_list("attribute", "dropped"))
    assert dropped == {
        "title": "Another value would be written than the plan said.",
        "vendor": "It was not in the plan: it began to differ after that was made.",
    }
    held = Override.objects.filter(store=shops[1], kind=OverrideKind.HELD)
    assert dict(held.values_list("attribute", "value")) == {
        "title": "Desk lamp",
        "vendor": "Lumen",
    }
    rows = Change.objects.filter(cause_id=plan.cause_id)
    assert {row.actor for row in rows} == {"bob"}
    assert Store.objects.get(pk=shops[1].pk).mode == Mode.LIVE


def test_a_plan_goes_on_where_its_worker_died(shops, monkeypatch):
    monkeypatch.setattr(opt_in_plans, "CHUNK", 1)
    nodes = [make.product(n, variants=[make.variant(n, sku=f"S{n}", barcode=None)])
             for n in (20, 21, 22)]  # fmt: skip
    make.take_in(shops[0], *nodes)
    make.take_in(shops[1], *[{**n, "id": f"{n['id']}0"} for n in nodes])
    monkeypatch.setattr(plans, "STEP_SECONDS", 0.0)
    plan = make_plan(shops[1], by="ada")
    assert (plan.state, plan.done, plan.size) == (PlanState.DRAFTING, 1, 4)
    for _ in range(4):
        run_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.done) == (PlanState.READY, 4)
    whole = plan.hash
    monkeypatch.setattr(plans, "STEP_SECONDS", 5.0)
    assert make_plan(shops[1], by="ada").hash == whole


def test_only_a_store_in_review_is_planned_and_a_plan_that_can_not_go_on_says_why(
    shops, monkeypatch
):
    with pytest.raises(NotAllowedNowError, match="in review"):
        make_plan(shops[0], by="ada")
    plan = make_plan(shops[1], by="ada")
    pause(shops[1].pk, by="ada")
    done = approve(plan.pk, plan.hash, by="bob")
    assert done.state == PlanState.FAILED
    assert "review" in done.reason
    assert PlanLine.objects.filter(plan=plan).count() == 3
