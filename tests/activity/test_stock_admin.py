"""Stock in the admin: pools and their ledger, verbs as buttons, sharing after a look."""

import pytest
from django.urls import reverse

from catalogue.enums import MemberState, MovementKind, StockMode
from catalogue.models import Issue, Product, StockErrand, StockMember, StockMovement, StockPool
from catalogue.selectors.stock import wrong_books
from catalogue.services.stock.carrying import run_stock
from stores.models import Location
from tests.catalogue.stocking import follow, share, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(shops):
    for shop in shops:
        follow(shop, 50)
    yield share(*shops)
    assert wrong_books(shops[0].workspace_id) == []


def do(client, pool, verb, **given):
    return client.post(reverse("admin:catalogue_stockpool_do", args=[pool.pk, verb]), given)


def page(client, pool):
    return client.get(reverse("admin:catalogue_stockpool_change", args=[pool.pk]))


def quantity(pool):
    pool.refresh_from_db()
    return pool.quantity


def test_a_products_page_shows_its_stock_beside_every_store(operator, shops, pool):
    tell(shops[0], 48)
    text = operator.get(reverse("admin:catalogue_product_change", args=[Product.objects.get().pk]))
    assert "Stock of" in text.text
    assert "in “Central”" in text.text
    assert "on its way: 48" in text.text
    assert "-2 → 48" in text.text


def test_a_pools_page_shows_levels_ledger_and_buttons_to_those_who_may(operator, shops, pool):
    tell(shops[0], 48)
    text = page(operator, pool).text
    assert "on its way: 48" in text
    assert "Recount" in text
    row = StockMovement.objects.get(kind=MovementKind.COUNTED)
    ledger = operator.get(reverse("admin:catalogue_stockmovement_change", args=[row.pk]))
    assert ledger.status_code == 200
    assert 'name="quantity"' not in ledger.text


def sequence(pool):
    pool.refresh_from_db()
    return pool.sequence


def test_of_two_who_saw_one_number_the_second_sees_both_and_sets_nothing(operator, shops, pool):
    seen = sequence(pool)
    do(operator, pool, "set", number="30", seen=seen)
    late = do(operator, pool, "set", number="7", seen=seen)
    assert late.status_code == 409
    assert "operator has moved this stock from 50 to 30 since you saw it; your number was 7" in (
        late.text
    )
    assert 'value="7" autofocus' in late.text
    assert do(operator, pool, "set", number="7").status_code == 409  # a form without a version
    assert quantity(pool) == 30
    do(operator, pool, "set", number="7", seen=sequence(pool))
    assert quantity(pool) == 7


def test_a_sale_since_refuses_a_number_but_a_push_does_not(operator, shops, pool):
    seen = sequence(pool)
    tell(shops[0], 48)
    late = do(operator, pool, "set", number="60", seen=seen)
    assert "north has moved this stock from 50 to 48" in late.text
    seen = sequence(pool)
    do(operator, pool, "keep-back", store=shops[0].pk, seen="0", number="5")
    assert sequence(pool) > seen
    do(operator, pool, "set", number="60", seen=seen)
    assert quantity(pool) == 60


def test_a_viewer_sees_no_buttons_and_moves_nothing(viewer, pool):
    assert "Recount" not in page(viewer, pool).text
    assert do(viewer, pool, "set", number="7").status_code == 403
    assert viewer.get(reverse("admin:catalogue_stockpool_share")).status_code == 403
    assert quantity(pool) == 50


def test_another_workspace_finds_nothing_to_move(stranger, pool):
    assert do(stranger, pool, "set", number="7").status_code == 404
    assert page(stranger, pool).status_code in (302, 404)
    location = Location.objects.filter(store__workspace=pool.workspace).first()
    given = {"place": "Mine", "location": location.pk, "choice": "found", "agree": "1"}
    answer = stranger.post(reverse("admin:catalogue_stockpool_share"), given)
    assert "valid choice" in answer.text
    assert quantity(pool) == 50


def test_buttons_move_the_pool_in_the_name_of_the_person(operator, shops, pool):
    do(operator, pool, "set", number="30", seen=sequence(pool))
    do(operator, pool, "adjust", number="-4", reason="Broken")
    tell(shops[0], 49)
    do(operator, pool, "recount", seen="26", number="28")
    assert quantity(pool) == 27
    rows = StockMovement.objects.filter(member=None).order_by("id")
    assert [(row.actor, row.source) for row in rows] == [("operator", "manual")] * 3
    assert rows[1].reason == "Broken"
    assert do(operator, pool, "set", number="many").status_code == 302
    assert "Type a whole number." in page(operator, pool).text
    assert do(operator, pool, "burn").status_code == 404


def test_a_store_is_kept_short_taken_out_or_made_to_count(operator, shops, pool):
    do(operator, pool, "keep-back", store=shops[0].pk, seen="0", number="5")
    assert StockMember.objects.get(store=shops[0]).buffer == 5
    do(operator, pool, "keep-back", store=shops[0].pk, seen="0", number="7")
    assert "5 are kept back by now, not 0; your number was 7." in page(operator, pool).text
    assert StockMember.objects.get(store=shops[0]).buffer == 5
    do(operator, pool, "hand-over", store=shops[1].pk)
    assert "counted by alpine" in page(operator, pool).text
    do(operator, pool, "hand-over")
    place = StockMember.objects.get(store=shops[0]).location_id
    do(operator, pool, "leave", location=place)
    assert StockMember.objects.get(store=shops[0]).pool.mode == StockMode.OWN


def test_a_question_is_answered_on_the_pools_page_only(operator, shops, pool):
    tell(shops[0], 53)
    StockPool.objects.filter(pk=pool.pk).update(question="One or two?", disputed=3)
    assert "One: take 3 back" in page(operator, pool).text
    before = quantity(pool)
    do(operator, pool, "answer", said="once")
    assert quantity(pool) == before - 3
    issue = Issue.objects.create(
        workspace=pool.workspace,
        kind="stock",
        subject="stock 1",
        reason="One or two?",
        variant=pool.variant,
    )
    operator.post(reverse("admin:catalogue_issue_do", args=[issue.pk, "close"]))
    assert Issue.objects.get(pk=issue.pk).state == "open"


def test_locations_share_after_a_look_at_what_would_be_written(operator, shops):
    for shop, stock in zip(shops, (50, 20), strict=True):
        follow(shop, stock)
    first, second = [Location.objects.get(store=shop).pk for shop in shops]
    address = reverse("admin:catalogue_stockpool_share")
    found = {"place": "Central", "location": first, "choice": "found"}
    assert "Nothing is written" in operator.post(address, found).text
    assert not StockPool.objects.filter(mode=StockMode.SHARED).exists()
    followed = operator.post(address, {**found, "agree": "1"}, follow=True)
    assert "0 of 1 variants" in followed.text
    assert followed["Refresh"] == "3"
    assert not StockPool.objects.filter(mode=StockMode.SHARED).exists()
    run_stock()
    joins = {"place": "Central", "location": second, "choice": "add"}
    looked = operator.post(address, joins)
    (row,) = looked.context["rows"]
    assert (row.would_show, row.would_have) == (70, 70)
    assert StockMember.objects.get(store=shops[1]).state == MemberState.MEMBER
    operator.post(address, {**joins, "agree": "1"})
    run_stock()
    errand = StockErrand.objects.latest("pk")
    page = operator.get(reverse("admin:catalogue_stockerrand_change", args=[errand.pk]))
    assert (errand.state, "1 level of this location is on its way" in page.text) == ("done", True)
    assert page["Refresh"] == "3"
    assert StockMember.objects.get(store=shops[1]).state == MemberState.JOINING
    assert "Central" in operator.get(address).text
    assert operator.post(address, {"place": "", "location": "x"}).status_code == 200
    operator.post(address, {**found, "place": "own:1", "agree": "1"})
    assert "needs a name" in operator.get(address).text
