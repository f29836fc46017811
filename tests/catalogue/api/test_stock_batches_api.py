"""Many counts of stock by a program: one batch, judged, carried out once, followed."""

import pytest

from catalogue.models import HeldBatch, StockErrand, StockPool
from catalogue.services.stock.carrying import run_stock
from stores.enums import Scope
from tests.catalogue.api.conftest import client_of
from tests.catalogue.api.test_tokens import problem
from tests.catalogue.stocking import follow_all, many_shops, share_all

URL = "/api/v1/stock-batches/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def pools():
    shops = many_shops(11)
    for shop in shops:
        follow_all(shop, 50)
    return share_all(*shops)


@pytest.fixture
def erp(pools):
    return client_of(pools[0].workspace)


def post(api, body, key="k1", url=URL):
    return api.post(url, body, headers={"Idempotency-Key": key})


def counts(pools, **more):
    return {"counts": [{"stock": pool.pk, **more} for pool in pools]}


def quantities():
    rows = StockPool.objects.filter(place="Central").order_by("variant__sku")
    return list(rows.values_list("quantity", flat=True))


def test_a_batch_of_counts_is_carried_out_once_and_told_how_far(erp, pools):
    first = post(erp, counts(pools, seen=50, counted=48))
    assert (first.status_code, first.json()["total"]) == (202, 11)
    assert post(erp, counts(pools, seen=50, counted=48)).json() == first.json()
    run_stock()
    state = erp.get(f"{URL}{first.json()['id']}/").json()
    assert (state["state"], state["changed"], quantities()) == ("done", 11, [48] * 11)
    post(erp, counts(pools, delta=-3), key="k2")
    run_stock()
    assert quantities() == [45] * 11


def test_a_batch_of_zeros_waits_and_so_do_many_single_ones(erp, pools):
    told = post(erp, counts(pools, quantity=0)).json()
    batch = HeldBatch.objects.get()
    assert (told["state"], told["held"]) == ("held", batch.pk)
    batch.delete()
    StockErrand.objects.all().delete()
    answers = [
        post(erp, {"quantity": 0}, f"s{pool.pk}", f"/api/v1/stock/{pool.pk}/set/") for pool in pools
    ]
    assert [answer.status_code for answer in answers] == [200] * 9 + [202] * 2
    assert answers[-1].json()["held"] == HeldBatch.objects.get().pk
    assert quantities() == [0] * 9 + [50] * 2


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"quantity": -1},
        {"quantity": 1, "delta": 1},
        {"seen": 1},
        {"counted": 1},
        {"delta": 10**12},
        {"seen": 10**12, "counted": 1},
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_stored(erp, pools, line):
    problem(post(erp, {"counts": [{"stock": pools[0].pk, **line}]}), 400)
    problem(post(erp, counts([pools[0], pools[0]], delta=1)), 400)
    problem(post(erp, {"counts": []}), 400)
    assert quantities() == [50] * 11


def test_a_token_needs_the_scope_of_stock(pools):
    reader = client_of(pools[0].workspace, Scope.READ_STOCK)
    problem(post(reader, counts(pools, delta=1)), 403)
    assert reader.get(URL).status_code == 200
