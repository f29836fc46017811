"""No way to go live but a plan that somebody has looked at: every entry point is tried."""

import ast

import pytest

from catalogue.enums import PlanState
from catalogue.errors import StalePlanError
from catalogue.models import Plan
from catalogue.services import opt_in as service
from catalogue.services.opt_in import opt_in
from catalogue.services.plans import approve, make_plan
from catalogue.services.spread import CONVERGE
from stores.enums import Mode
from stores.errors import ModeRefusedError
from stores.models import Store
from stores.services.modes import go_live, pause, set_mode
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets
from tests.going_live import bring_live, checked_plan
from tests.test_one_door import sources

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewed():
    """A store in review that lacks what the hub has set."""
    owner = make.workspace()
    first, second = make.store(owner), make.store(owner, "alpine", mode=Mode.REVIEW)
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    hub_sets("Lamp", "title")
    return second


def untouched(store):
    store.refresh_from_db()
    writes = Job.objects.filter(channel=store.channel_id, handler=CONVERGE)
    return store.mode != Mode.LIVE and not writes.exists()


def unapproved(store):
    plan = make_plan(store, by="ada")
    opt_in(plan.pk, plan.hash)


def by_another_hash(store):
    opt_in(checked_plan(store).pk, "f00d")


def by_a_replaced_plan(store):
    plan = make_plan(store, by="ada")
    make_plan(store, by="ada")
    approve(plan.pk, plan.hash, by="ada")


def half_checked(store):
    plan = checked_plan(store)
    Plan.objects.filter(pk=plan.pk).update(cursor=0)
    opt_in(plan.pk, plan.hash)


def while_paused(store):
    plan = checked_plan(store)
    pause(store.pk, by="ada")
    opt_in(plan.pk, plan.hash)


def resumed(store):
    pause(store.pk, by="ada")
    service.resume(store, by="ada")


WAYS = {
    unapproved: StalePlanError,
    by_another_hash: StalePlanError,
    by_a_replaced_plan: StalePlanError,
    half_checked: StalePlanError,
    while_paused: ModeRefusedError,
    lambda store: go_live(store.pk, by="ada", plan=""): ModeRefusedError,
    lambda store: set_mode(store.pk, Mode.LIVE, by="ada"): ModeRefusedError,
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_goes_live_and_nothing_is_queued_without_an_approved_plan(reviewed, way):
    with pytest.raises(WAYS[way]):
        way(reviewed)
    assert untouched(reviewed)


def test_a_pause_is_no_way_round_the_review(reviewed):
    resumed(reviewed)
    assert untouched(reviewed)
    assert reviewed.mode == Mode.REVIEW


def test_the_store_remembers_by_which_plan_its_owner_opted_in(reviewed):
    plan = bring_live(reviewed, by="bob")
    store = Store.objects.get(pk=reviewed.pk)
    assert (store.mode, store.opted_in_by, store.opted_in_plan) == (Mode.LIVE, "bob", plan.hash)
    assert plan.state == PlanState.APPLIED
    assert Job.objects.get(channel=store.channel_id).cause_id == plan.cause_id
    with pytest.raises(StalePlanError):
        opt_in(plan.pk, plan.hash)


def test_who_makes_stores_live_is_known_by_name():
    called = {
        (name, node.func.id)
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert {name for name, called_name in called if called_name == "go_live"} == {
        "catalogue/services/opt_in.py"
    }
    assert {name for name, called_name in called if called_name == "opt_in"} == {
        "catalogue/services/opt_in_plans.py"
    }
