"""Plans through the API: made, looked at, approved by their hash, and followed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Override, Plan, Product
from stores.enums import Mode, Scope
from stores.models import Store
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.api.conftest import client_of
from tests.catalogue.api.test_tokens import problem
from tests.catalogue.clashes import hub_sets

PLANS = "/api/v1/plans/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewed(shops):
    """A store that shows what it did before the hub's edit."""
    store = make.store(shops[0].workspace, "east", mode=Mode.REVIEW)
    make.take_in(store, make.product(9))
    Override.objects.filter(store=store).delete()
    hub_sets("Lamp", "title")
    return store


def batch(*values):
    product = Product.objects.get().pk
    names = ("title", "vendor", "product_type")
    pairs = zip(names, values, strict=False)
    return {"edits": [{"product": product, "attribute": n, "value": v} for n, v in pairs]}


def approve(api, plan, mark=None):
    return api.post(f"{PLANS}{plan['id']}/approve/", {"hash": mark or plan["hash"]})


def test_an_opt_in_is_planned_looked_at_and_approved(api, reviewed):
    plan = api.post(PLANS, {"store": reviewed.pk}).json()
    assert (plan["act"], plan["state"], plan["done"]) == ("opt_in", "ready", plan["size"])
    (told,) = plan["stores"]
    assert (told["store"], told["counts"]) == (reviewed.pk, {"update": 1})
    (sample,) = told["samples"]
    assert (sample["attribute"], sample["shown"], sample["wanted"]) == (
        "title", "Desk lamp", "Lamp",
    )  # fmt: skip
    problem(approve(api, plan, "f00d"), 409)
    assert Store.objects.get(pk=reviewed.pk).mode == Mode.REVIEW
    done = approve(api, plan)
    assert (done.status_code, done.json()["state"]) == (200, "applied")
    store = Store.objects.get(pk=reviewed.pk)
    assert (store.mode, store.opted_in_by, store.opted_in_plan) == (
        Mode.LIVE, "API: ERP", plan["hash"],
    )  # fmt: skip
    assert Job.objects.filter(cause_id=plan["cause_id"]).count() == done.json()["compared"] == 1
    assert problem(api.post(PLANS, {"store": reviewed.pk}), 409)["code"] == "not_allowed_now"


def test_a_plan_that_is_not_what_would_happen_is_refused_and_the_new_one_is_there(api, reviewed):
    plan = api.post(PLANS, {"store": reviewed.pk}).json()
    hub_sets("Light", "title")
    refused = problem(approve(api, plan), 409)
    newer = api.get(PLANS, {"state": "ready"}).json()["results"][0]
    assert f"Plan {newer['id']} stands in its place" in refused["detail"]
    assert approve(api, newer).json()["state"] == "applied"


def test_a_batch_is_planned_and_what_had_moved_is_listed(api, shops):
    plan = api.post(PLANS, batch("Lamp", "Lux", "Light")).json()
    assert (plan["act"], plan["state"], plan["counts"]) == ("batch", "ready", {"update": 6})
    assert [one["store"] for one in plan["stores"]] == [shop.pk for shop in shops]
    hub_sets("Lamp of Ada", "title")
    done = approve(api, plan).json()
    assert (done["state"], done["applied"], done["dropped"]) == ("applied", 2, 1)
    asked = {"plan": plan["id"], "dropped": True}
    (row,) = api.get("/api/v1/plan-edits/", asked).json()["results"]
    assert (row["attribute"], row["stands"]) == ("title", "Desk lamp")
    assert row["dropped"].startswith("Somebody has set it")
    dropped = api.get("/api/v1/plan-lines/", asked).json()["results"]
    assert {line["store"] for line in dropped} == {shop.pk for shop in shops}
    own = {"plan": plan["id"], "store": shops[0].pk, "kind": "update"}
    assert len(api.get("/api/v1/plan-lines/", own).json()["results"]) == 3
    state = api.get(f"/api/v1/batches/{plan['cause_id']}/").json()
    assert state["changes"] == {"won": 2}


def test_what_is_planned_needs_the_scope_of_what_it_would_do(shops, reviewed):
    owner = shops[0].workspace
    reader = client_of(owner, Scope.READ_CATALOGUE)
    editor = client_of(owner, Scope.READ_CATALOGUE, Scope.WRITE_CATALOGUE)
    opener = client_of(owner, Scope.READ_CATALOGUE, Scope.OPT_IN)
    for token in (reader, editor):
        assert "opt_in" in problem(token.post(PLANS, {"store": reviewed.pk}), 403)["detail"]
    for token in (reader, opener):
        assert "write_catalogue" in problem(token.post(PLANS, batch("X")), 403)["detail"]
    plan = opener.post(PLANS, {"store": reviewed.pk}).json()
    problem(approve(editor, plan), 403)
    assert Store.objects.get(pk=reviewed.pk).mode == Mode.REVIEW
    made = editor.post(PLANS, batch("X")).json()
    problem(approve(opener, made), 403)
    assert Product.objects.get().title == "Lamp"


def test_a_plan_is_nobody_elses(stranger, api, reviewed):
    plan = api.post(PLANS, {"store": reviewed.pk}).json()
    api.post(PLANS, batch("X"))
    problem(stranger.post(PLANS, {"store": reviewed.pk}), 404)
    problem(stranger.post(PLANS, batch("X")), 404)
    problem(stranger.get(f"{PLANS}{plan['id']}/"), 404)
    problem(approve(stranger, plan), 404)
    for name in ("plans", "plan-lines", "plan-edits"):
        rows = api.get(f"/api/v1/{name}/").json()["results"]
        assert rows
        assert stranger.get(f"/api/v1/{name}/").json()["results"] == []
        problem(stranger.get(f"/api/v1/{name}/{rows[0]['id']}/"), 404)
    batch_hash = Plan.objects.get(act="batch").hash
    body = {"approved": batch_hash}
    keyed = {"Idempotency-Key": "k"}
    problem(stranger.post("/api/v1/batches/", body, headers=keyed), 404)


@pytest.mark.parametrize("body", [{}, {"store": 1, "edits": []}, {"edits": []}, [], {"store": "x"}])
def test_a_plan_of_nothing_is_refused(api, body):
    assert "id" not in problem(api.post(PLANS, body), 400)  # refused, no mistake of ours
    assert not Plan.objects.exists()


def test_looking_at_a_plan_of_three_stores_asks_no_more_than_one_of_one(shops):
    counts = []
    for many in (1, 3):
        owner = make.workspace()
        for number in range(many):
            make.take_in(make.store(owner, f"n{number}"), make.product(number + 1))
        api, product = client_of(owner), Product.objects.get(workspace=owner)
        edits = [{"product": product.pk, "attribute": "title", "value": "X"}]
        plan = api.post(PLANS, {"edits": edits}).json()
        with CaptureQueriesContext(connection) as asked:
            shown = api.get(f"{PLANS}{plan['id']}/").json()
        assert len(shown["stores"]) == many
        counts.append(len(asked))
    assert counts[0] == counts[1]
