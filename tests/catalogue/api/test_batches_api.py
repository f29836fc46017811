"""Batches, stock, conflicts: what many edits do, once; and what another workspace sees: nothing."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from apimio_sync.api import router
from catalogue.models import (
    Change,
    Conflict,
    HeldBatch,
    Override,
    Product,
    StockErrand,
    StockMovement,
    StockPool,
    Variant,
)
from stores.models import ApiAnswer
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.api.conftest import client_of
from tests.catalogue.api.test_tokens import problem
from tests.catalogue.clashes import clash, hub_sets, two_shops
from tests.catalogue.stocking import follow

BATCHES = "/api/v1/batches/"
pytestmark = pytest.mark.django_db


def edits(title="Lamp", **more):
    return {"edits": [{"product": Product.objects.get().pk, "attribute": "title", "value": title}],
            **more}  # fmt: skip


def post(api, body, key="k1", url=BATCHES):
    return api.post(url, body, headers={"Idempotency-Key": key})


def test_a_dry_run_tells_everything_and_does_nothing(api, shops):
    told = post(api, edits(dry_run=True)).json()
    assert (told["changes"], told["dry_run"]) == (1, True)
    assert told["stores"] == {str(shop.pk): {"update": 1} for shop in shops}
    assert not Change.objects.exists()
    assert not Job.objects.exists()
    assert Product.objects.get().title == "Desk lamp"


def test_a_batch_is_approved_by_the_mark_of_its_dry_run(api, shops):
    """C12: what is done is what was looked at."""
    seen = post(api, edits(dry_run=True)).json()["mark"]
    hub_sets("Lamp of Ada", "title")
    left = post(api, {"approved": seen}, key="k2").json()
    assert (left["state"], left["changes"], left["dropped_total"]) == ("applied", 0, 1)
    assert left["dropped"][0]["attribute"] == "title"
    assert "Somebody has set it" in left["dropped"][0]["reason"]
    assert Product.objects.get().title == "Lamp of Ada"
    seen = post(api, edits(dry_run=True), key="k3").json()["mark"]
    done = post(api, {"approved": seen}, key="k4").json()
    assert (done["changes"], done["mark"], done["dropped"]) == (1, seen, [])
    assert done["stores"] == {str(shop.pk): {"pending": 1} for shop in shops}
    assert Product.objects.get().title == "Lamp"
    problem(post(api, edits(approved=seen), key="k5"), 400)
    problem(post(api, {"approved": "f00d"}, key="k6"), 404)


def test_the_same_request_is_answered_the_same_and_done_once(api):
    first = post(api, edits())
    again = post(api, edits())
    assert (first.status_code, first.json()) == (200, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Change.objects.count() == 1
    refused = problem(post(api, edits("Other")), 422)
    assert refused["code"] == "key_reused"
    assert Change.objects.count() == 1
    problem(api.post(BATCHES, edits()), 400)


def test_a_key_is_free_again_after_a_refusal(api):
    assert problem(post(api, edits("")), 400)["detail"].startswith("Title")
    assert not ApiAnswer.objects.exists()
    assert post(api, edits("Lamp")).status_code == 200


def test_a_batch_is_all_or_nothing_and_says_how_far_it_is(api):
    wrong = edits()
    wrong["edits"].append({"product": 0, "attribute": "title", "value": "X"})
    problem(post(api, wrong), 404)
    assert not Change.objects.exists()
    done = post(api, edits(), key="k2").json()
    state = api.get(f"{BATCHES}{done['id']}/").json()
    assert (state["changes"], state["jobs"]) == ({"won": 1}, {"queued": 2})
    problem(api.get(f"{BATCHES}{uuid4()}/"), 404)
    again = post(api, edits(), key="k3").json()
    assert (again["changes"], again["unchanged"]) == (0, 1)


def test_a_line_is_a_value_or_a_clear(api, shops):
    line = {"product": Product.objects.get().pk, "attribute": "title", "store": shops[0].pk}
    problem(post(api, {"edits": [line]}), 400)
    assert post(api, {"edits": [{**line, "value": "Mine"}]}).status_code == 200
    assert post(api, {"edits": [{**line, "clear": True}]}, key="k2").status_code == 200
    assert not Override.objects.get().stands
    stale = {"edits": [{**line, "value": "Old", "version": 1}]}
    assert problem(post(api, stale, key="k3"), 412)["values"][0]["yours"] == "Old"


def test_what_the_gates_hold_is_said_and_not_done(api):
    """C12: a shifted decimal does not reach any store."""
    variant = Variant.objects.get()
    line = {"product": variant.product_id, "variant": variant.pk, "attribute": "price"}
    answer = post(api, {"edits": [{**line, "value": "0.20"}]})
    assert answer.status_code == 202
    assert answer.json()["held"] == HeldBatch.objects.get().pk
    assert answer.json()["reasons"]
    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_do_it_once(shops):
    api = client_of(shops[0].workspace)
    body, statuses, gate = edits(), [], threading.Barrier(2)

    def send():
        gate.wait()
        statuses.append(post(api, body).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert 200 in statuses
    assert set(statuses) <= {200, 409}
    assert Change.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('k2', %s))",
                       [shops[0].workspace_id])  # fmt: skip
    refused = []
    other = threading.Thread(
        target=lambda: (refused.append(post(api, edits("X"), key="k2")), connection.close())
    )
    other.start()
    other.join()
    assert problem(refused[0], 409)["code"] == "key_in_use"
    connection.close()


def test_stock_moves_once_for_a_key(api, shops):
    follow(shops[0], 12)
    pool = StockPool.objects.get()
    url = f"/api/v1/stock/{pool.pk}/"
    for _ in range(2):
        assert post(api, {"delta": -2}, url=f"{url}adjust/").json()["quantity"] == 10
    assert post(api, {"quantity": 7}, "k2", f"{url}set/").json()["quantity"] == 7
    counted = post(api, {"seen": 7, "counted": 9}, "k3", f"{url}recount/").json()
    assert counted["quantity"] == 9
    assert counted["levels"][0]["store"] == shops[0].pk
    problem(post(api, {"quantity": -1}, "k4", f"{url}set/"), 400)
    assert len(api.get("/api/v1/stock/").json()["results"]) == 1


def test_a_stock_is_set_in_sight_of_its_number(api, shops):
    follow(shops[0], 50)
    url = f"/api/v1/stock/{StockPool.objects.get().pk}/"
    tag = api.get(url)["ETag"]

    def put(key, quantity, seen):
        headers = {"Idempotency-Key": key, "If-Match": seen}
        return api.post(f"{url}set/", {"quantity": quantity}, headers=headers)

    assert put("k1", 30, tag).json()["quantity"] == 30
    late = problem(put("k2", 7, tag), 412)
    (value,) = late["values"]
    assert (late["code"], value["yours"], value["current"]) == ("stale_edit", 7, 30)
    assert value["changed_by"] == StockMovement.objects.first().actor
    assert put("k2", 7, api.get(url)["ETag"]).json()["quantity"] == 7
    assert put("k1", 30, tag).headers["Idempotency-Replayed"] == "true"
    assert put("k3", 9, "*").json()["quantity"] == 9


def test_a_conflict_is_decided_once():
    shops = two_shops()
    conflict = clash(shops)
    api = client_of(shops[0].workspace)
    (shown,) = api.get("/api/v1/conflicts/", {"state": "open"}).json()["results"]
    assert (shown["winner"], shown["loser"]) == ("25.00", "31.00")
    url = f"/api/v1/conflicts/{conflict.pk}/resolve/"
    assert api.post(url, {"decision": "revert"}).json()["state"] == "reverted"
    assert Variant.objects.get().value("price") == "31.00"
    assert problem(api.post(url, {"decision": "keep"}), 409)["code"] == "not_allowed_now"


def test_another_workspace_finds_nothing_anywhere(stranger, shops):
    follow(shops[0], 12)
    hub_sets("Lamp", "title")
    mine = client_of(shops[0].workspace)
    body = {"store": shops[0].pk, "product": Product.objects.get().pk, "attribute": "title",
            "value": "X"}  # fmt: skip
    assert mine.post("/api/v1/overrides/", body).status_code == 200
    pool = StockPool.objects.get()
    count = {"counts": [{"stock": pool.pk, "quantity": 11}]}
    assert post(mine, count, "c1", "/api/v1/stock-batches/").status_code == 202
    foreign = post(stranger, count, "c1", "/api/v1/stock-batches/").json()
    assert foreign["left_out"] == {"This stock does not exist in this workspace.": 1}
    StockErrand.objects.filter(pk=foreign["id"]).delete()
    names = ["stores", "products", "variants", "listings", "overrides", "stock", "stock-batches",
             "changes", "jobs"]  # fmt: skip
    others = {"batches", "conflicts", "plans", "plan-lines", "plan-edits"}  # below, and elsewhere
    assert {prefix for prefix, *_ in router.registry} == {*names, *others}
    for name in names:
        url = f"/api/v1/{name}/"
        rows = mine.get(url).json()["results"]
        assert rows, name
        assert stranger.get(url).json()["results"] == []
        assert mine.get(f"{url}{rows[0]['id']}/").status_code == 200
        problem(stranger.get(f"{url}{rows[0]['id']}/"), 404)
    product, variant = Product.objects.get(), Variant.objects.get()
    refused = [
        stranger.patch(f"/api/v1/products/{product.pk}/", {}, headers={"If-Match": "*"}),
        stranger.patch(f"/api/v1/variants/{variant.pk}/", {}, headers={"If-Match": "*"}),
        stranger.get(f"/api/v1/products/{product.pk}/explain/?attribute=title&store={shops[0].pk}"),
        stranger.post("/api/v1/overrides/", body),
        stranger.delete(f"/api/v1/overrides/{Override.objects.get().pk}/"),
        post(stranger, edits()),
        stranger.get(f"{BATCHES}{Change.objects.first().cause_id}/"),
        *[post(stranger, {"quantity": 1}, url=f"/api/v1/stock/{StockPool.objects.get().pk}/set/")],
    ]
    for answer in refused:
        problem(answer, 404)
    # nor may a store of another workspace be named beside a product of one's own
    lone = make.store(make.workspace("third"), "far")
    problem(mine.post("/api/v1/overrides/", {**body, "store": lone.pk}), 404)


def test_another_workspaces_conflict_is_not_there():
    conflict = clash(two_shops())
    stranger = client_of(make.workspace("other"))
    url = f"/api/v1/conflicts/{conflict.pk}/"
    problem(stranger.get(url), 404)
    problem(stranger.post(f"{url}resolve/", {"decision": "keep"}), 404)
    assert Conflict.objects.get().state == "open"
