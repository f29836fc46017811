"""A batch is planned, looked at, approved: what moved since is dropped, the rest is done."""

import pytest
from django.utils import timezone

from catalogue.enums import Ownership, PlanState, Source
from catalogue.errors import NotFoundHereError
from catalogue.models import Change, HeldBatch, Override, Plan, Product, Variant
from catalogue.services import batch_plans, plans
from catalogue.services.batch_plans import prune_plans
from catalogue.services.edit import SetValue, edit
from catalogue.services.plans import approve, plan_batch, run_plans, take_step
from catalogue.services.releases import release
from catalogue.services.terms import set_policy
from stores.enums import Mode
from stores.models import Store
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "south")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


def wish(name="title", value="Lamp", **more):
    product = Product.objects.get()
    variant = product.variants.get().pk if name in ("price", "barcode") else None
    return SetValue(product_id=product.pk, variant_id=variant, attribute=name, value=value, **more)


def planned(shops, *wishes):
    return plan_batch(shops[0].workspace_id, wishes, by="ada")


def lines(plan):
    rows = plan.lines.values_list("listing__store", "attribute", "kind", "shown", "wanted")
    return sorted(rows, key=lambda row: (row[0], row[1]))


def own(shop, name, value):
    only = wish(name, value, store_id=shop.pk)
    edit(workspace_id=shop.workspace_id, wishes=[only], source=Source.MANUAL, actor="eve")


def test_a_plan_says_what_each_edit_becomes_in_every_live_store_and_does_nothing(shops):
    own(shops[1], "vendor", "Alpine")
    before = Change.objects.count(), Job.objects.count()
    reviewed = make.store(shops[0].workspace, "east", mode=Mode.REVIEW)
    make.take_in(reviewed, make.product(9))
    plan = planned(
        shops, wish(), wish("vendor", "Lux"), wish("tags", []), wish("seo_title", "Bright"),
        wish("product_type", "Lamp"),
    )  # fmt: skip
    assert (plan.state, plan.unchanged) == (PlanState.READY, 1)
    first, second = shops[0].pk, shops[1].pk
    assert lines(plan) == [
        (first, "seo_title", "create", None, "Bright"),
        (first, "tags", "clear", ["desk", "light"], []),
        (first, "title", "update", "Desk lamp", "Lamp"),
        (first, "vendor", "update", "Lumen", "Lux"),
        (second, "seo_title", "create", None, "Bright"),
        (second, "tags", "clear", ["desk", "light"], []),
        (second, "title", "update", "Desk lamp", "Lamp"),
        (second, "vendor", "kept", "Lumen", "Alpine"),
    ]
    assert plan.counts == {"create": 2, "clear": 2, "update": 3, "kept": 1}
    assert (Change.objects.count(), Job.objects.count()) == before
    assert Product.objects.get().title == "Desk lamp"


def test_only_what_has_moved_is_dropped_and_it_is_said_why(shops):
    """One value moved in the hub, one in a store; the third is set."""
    plan = planned(shops, wish(), wish("vendor", "Lux"), wish("product_type", "Light"))
    hub_sets("Lamp of Eve", "title")
    own(shops[1], "vendor", "Alpine")
    done = approve(plan.pk, plan.hash, by="bob")
    assert (done.state, done.applied, done.dropped) == (PlanState.APPLIED, 1, 2)
    dropped = dict(plan.edits.exclude(dropped="").values_list("attribute", "dropped"))
    assert dropped == {
        "title": "Somebody has set it since the plan was made.",
        "vendor": "south: Another value would be written than the plan said.",
    }
    product = Product.objects.get()
    assert [product.value(n) for n in ("title", "vendor", "product_type")] == [
        "Lamp of Eve", "Lumen", "Light",
    ]  # fmt: skip
    made = Change.objects.filter(cause_id=plan.cause_id)
    assert set(made.values_list("attribute", "actor", "source")) == {
        ("product_type", "bob", Source.API)
    }


def test_a_store_that_went_live_since_gets_nothing_that_was_not_looked_at(shops):
    third = make.store(shops[0].workspace, "east", mode=Mode.REVIEW)
    make.take_in(third, make.product(9))
    plan = planned(shops, wish())
    Store.objects.filter(pk=third.pk).update(mode=Mode.LIVE)
    done = approve(plan.pk, plan.hash, by="bob")
    assert (done.applied, done.dropped) == (0, 1)
    assert plan.edits.get().dropped.startswith("east: It was not in the plan")


def test_what_a_store_shows_by_now_drops_a_value_too(shops):
    plan = planned(shops, wish())
    make.decide(shops[1], make.edited(7, title="Lampe"))
    done = approve(plan.pk, plan.hash, by="bob")
    assert (done.applied, done.dropped) == (0, 1)


def test_what_can_not_be_set_any_more_is_dropped_with_the_reason(shops):
    plan = planned(shops, wish(store_id=shops[1].pk), wish("vendor", "Lux"))
    set_policy(shops[0].workspace_id, "title", Ownership.STORE, by="ada", store_id=shops[1].pk)
    done = approve(plan.pk, plan.hash, by="bob")
    assert (done.applied, done.dropped) == (1, 1)
    assert "its policy there is" in plan.edits.exclude(dropped="").get().dropped


def test_an_edit_of_the_same_value_falls_with_its_brother(shops):
    """The store's own value is gone: the hub's must not go there instead, unseen."""
    own(shops[1], "title", "Lampe")
    plan = planned(shops, wish(), wish(value="Licht", store_id=shops[1].pk))
    own(shops[1], "title", "Leuchte")
    done = approve(plan.pk, plan.hash, by="bob")
    assert (done.applied, done.dropped) == (0, 2)


def test_approving_twice_does_it_once(shops):
    plan = planned(shops, wish())
    first = approve(plan.pk, plan.hash, by="bob")
    hub_sets("Lamp of Eve", "title")
    again = approve(plan.pk, plan.hash, by="eve")
    assert (again.pk, again.approved_by, again.applied) == (first.pk, "bob", 1)
    assert Product.objects.get().title == "Lamp of Eve"


def test_the_gates_hold_an_approved_batch_as_a_whole(shops):
    plan = planned(shops, wish("price", "0.20"), wish())
    assert plan.objections
    done = approve(plan.pk, plan.hash, by="bob")
    held = HeldBatch.objects.get()
    assert (done.state, done.held_id, held.cause_id) == (PlanState.HELD, held.pk, plan.cause_id)
    assert not Change.objects.exists()
    release(held.pk, by="bob", reason="A sale.")
    assert Variant.objects.get().value("price") == "0.20"
    assert Product.objects.get().title == "Lamp"


def test_a_batch_that_can_not_be_or_wants_two_things_of_one_value_is_not_planned(shops):
    with pytest.raises(batch_plans.BadValueError, match="2 times"):
        planned(shops, wish(), wish(value="Other"))
    with pytest.raises(NotFoundHereError):
        planned(shops, SetValue(product_id=0, attribute="title", value="X"))
    assert not Plan.objects.exists()


def test_a_large_batch_goes_on_where_its_worker_died(shops, monkeypatch):
    whole = planned(shops, wish(), wish("vendor", "Lux"), wish("product_type", "Light")).hash
    monkeypatch.setattr(batch_plans, "CHUNK", 1)
    monkeypatch.setattr(plans, "STEP_SECONDS", 0.0)
    plan = planned(shops, wish(), wish("vendor", "Lux"), wish("product_type", "Light"))
    assert (plan.state, plan.done, plan.size) == (PlanState.DRAFTING, 1, 3)
    for _ in range(3):
        run_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.hash) == (PlanState.READY, whole)
    assert approve(plan.pk, plan.hash, by="bob").state == PlanState.CHECKING
    while take_step(plan.pk):
        pass
    plan.refresh_from_db()
    assert (plan.state, plan.applied) == (PlanState.APPLIED, 3)


def test_old_plans_of_batches_are_forgotten(shops):
    plan = planned(shops, wish())
    approve(plan.pk, plan.hash, by="bob")
    assert not prune_plans(plan.made_at, 500)
    assert prune_plans(timezone.now(), 500) == {"plans": 1}
    assert Change.objects.filter(cause_id=plan.cause_id).exists()
    assert not Override.objects.exists()


def test_a_plan_that_fails_by_a_mistake_of_ours_stands_in_nobodys_way(shops, monkeypatch):
    monkeypatch.setattr(batch_plans, "CHUNK", 1)
    monkeypatch.setattr(plans, "STEP_SECONDS", 0.0)
    first, second = (planned(shops, wish(), wish("vendor", "Lux")) for _ in range(2))
    foresee = batch_plans.foresee

    def broken(plan, *more, **options):
        if plan.pk == first.pk:
            raise ZeroDivisionError
        return foresee(plan, *more, **options)

    monkeypatch.setattr(batch_plans, "foresee", broken)
    with pytest.raises(ZeroDivisionError):
        run_plans()
    first.refresh_from_db()
    assert (first.state, "mistake of ours" in first.reason) == (PlanState.FAILED, True)
    run_plans()
    run_plans()
    second.refresh_from_db()
    assert second.state == PlanState.READY
