"""What people decide about stock in the admin: collisions, floods, and errands that they follow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.enums import Source
from catalogue.models import Conflict, HeldBatch, StockErrand, StockPool
from catalogue.services.stock import Doer, recount, set_to, start_counts
from catalogue.services.stock.carrying import run_stock
from stores.enums import Role
from tests.activity.people import person
from tests.catalogue.stocking import (
    doer,
    empty,
    follow_all,
    items_of,
    many_shops,
    share_all,
    tell,
)

pytestmark = pytest.mark.django_db
MANY = 11


@pytest.fixture
def shops():
    found = many_shops(MANY)
    for shop in found:
        follow_all(shop, 50)
    return found


@pytest.fixture
def pools(shops):
    return share_all(*shops)


def do(client, row, verb, **given):
    name = f"admin:catalogue_{row._meta.model_name}_do"
    return client.post(reverse(name, args=[row.pk, verb]), given, follow=True)


def page(client, row):
    name = f"admin:catalogue_{row._meta.model_name}_change"
    return client.get(reverse(name, args=[row.pk]))


def clash(shops, pools, places=(0,)):
    for place in places:
        recount(doer(shops[0]), pools[place].pk, seen=50, counted=45)
        tell(shops[1], 53, item=items_of(shops[1])[place])
    return list(Conflict.objects.order_by("id"))


def test_a_collision_over_stock_is_shown_and_decided_like_one_over_a_price(operator, shops, pools):
    (conflict,) = clash(shops, pools)
    shown = page(operator, conflict).text
    for words in ("Stock", "45", "53", "50", "ada", "alpine", "-3 pieces, -60.00 USD",
                  "the stock has 48", "Let the location be a stock of its own"):  # fmt: skip
        assert words in shown, words
    assert "-3 pieces" in operator.get(reverse("admin:catalogue_conflict_changelist")).text
    assert "is reverted" in do(operator, conflict, "revert").text
    pools[0].refresh_from_db()
    assert pools[0].quantity == 45


def test_many_collisions_are_decided_at_once(operator, shops, pools):
    conflicts = clash(shops, pools, places=(0, 1, 2))
    address = reverse("admin:catalogue_conflict_changelist")
    chosen = {"action": "override_them", "_selected_action": [one.pk for one in conflicts]}
    assert "3 conflicts were made overrides" in operator.post(address, chosen, follow=True).text
    assert StockPool.objects.filter(mode="own", quantity=53).count() == 3


def test_the_list_of_conflicts_asks_the_same_for_one_and_for_three(operator, shops, pools):
    address = reverse("admin:catalogue_conflict_changelist")
    clash(shops, pools)
    operator.get(address)
    with CaptureQueriesContext(connection) as one:
        operator.get(address)
    clash(shops, pools, places=(1, 2))
    with CaptureQueriesContext(connection) as three:
        assert "-3 pieces" in operator.get(address).text
    assert len(three) == len(one)


def test_a_flood_is_looked_at_and_released_with_its_reason(operator, shops, pools):
    for item in items_of(shops[0]):
        empty(shops[0], item)
    batch = HeldBatch.objects.get()
    shown = page(operator, batch).text
    for words in ("has emptied so many stocks", "no other store is told", "Stock", "50"):
        assert words in shown, words
    held = StockPool.objects.filter(held=batch).first()
    assert "No: put the pieces back" in page(operator, held).text
    assert f"held__id__exact={batch.pk}" in shown
    listed = operator.get(
        reverse("admin:catalogue_stockpool_changelist"), {"held__id__exact": batch.pk}
    )
    assert listed.status_code == 200
    assert len(listed.context["cl"].result_list) == 2
    do(operator, batch, "discard", reason="The feed was empty.")
    run_stock()
    held.refresh_from_db()
    assert (held.quantity, held.question) == (50, "")


def test_a_batch_of_counts_is_followed_and_cancelled(operator, shops, pools):
    ada = Doer(workspace_id=shops[0].workspace_id, source=Source.API, actor="ERP")
    errand = start_counts(ada, {pool.pk: set_to(40) for pool in pools})
    shown = page(operator, errand)
    assert "0 of 11 variants" in shown.text
    assert shown["Refresh"] == "3"
    assert "Cancelled: what was done before stands" in do(operator, errand, "cancel").text
    run_stock()
    assert not StockPool.objects.filter(quantity=40).exists()
    assert "Refresh" not in page(operator, errand)
    assert operator.get(reverse("admin:catalogue_stockerrand_changelist")).status_code == 200
    held = start_counts(ada, {pool.pk: set_to(0) for pool in pools})
    assert "Release or discard it" in page(operator, held).text


def test_what_many_errands_list_asks_the_same_for_one_and_for_three(operator, shops, pools):
    ada = doer(shops[0])
    address = reverse("admin:catalogue_stockerrand_changelist")
    StockErrand.objects.exclude(pk=StockErrand.objects.first().pk).delete()
    operator.get(address)
    with CaptureQueriesContext(connection) as one:
        operator.get(address)
    for number in (40, 41):
        start_counts(
            Doer(workspace_id=ada.workspace_id, source=Source.MANUAL), {pools[0].pk: set_to(number)}
        )
    with CaptureQueriesContext(connection) as three:
        operator.get(address)
    assert len(three) == len(one)


def test_a_viewer_and_a_stranger_do_nothing(client, shops, pools):
    (conflict,) = clash(shops, pools)
    errand = start_counts(doer(shops[0]), {pools[1].pk: set_to(1)})
    viewer = person(client, Role.VIEWER, shops[0].workspace)
    assert do(viewer, conflict, "revert").status_code == 403
    assert do(viewer, errand, "cancel").status_code == 403
    client.logout()
    (elsewhere,) = many_shops(1, names=("elsewhere",))
    stranger = person(client, Role.OPERATOR, elsewhere.workspace)
    assert do(stranger, conflict, "revert").status_code == 404
    assert do(stranger, errand, "cancel").status_code == 404
