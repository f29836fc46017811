"""What would empty many stocks at a stroke waits for a person, whichever way it comes in."""

from dataclasses import replace

import pytest

from catalogue.domain.gates import STOCK, Objection, stock_move
from catalogue.enums import (
    ErrandState,
    HeldAct,
    HeldState,
    JoinChoice,
    MovementKind,
    Source,
    StockMode,
    StockVerb,
)
from catalogue.models import HeldBatch, StockErrand, StockMember, StockMovement, StockPool
from catalogue.selectors.stock import wrong_books
from catalogue.services import errands
from catalogue.services.gates import judge
from catalogue.services.releases import discard, release
from catalogue.services.stock import (
    Doer,
    acts,
    adjust,
    answer,
    cancel_stock,
    carrying,
    hand_over,
    join_place,
    keep_back,
    set_quantity,
    set_to,
    start_counts,
    start_founding,
)
from catalogue.services.stock.carrying import run_stock
from stores.models import Location
from tests.catalogue.stocking import (
    LATER,
    doer,
    empty,
    follow_all,
    items_of,
    many_shops,
    share_all,
    tell,
)

pytestmark = pytest.mark.django_db
MANY = 12


@pytest.fixture
def shops():
    found = many_shops(MANY)
    yield found
    for workspace in {shop.workspace_id for shop in found}:
        assert wrong_books(workspace) == []


@pytest.fixture
def pools(shops):
    for shop in shops:
        follow_all(shop, 50)
    return share_all(*shops)


def program(shop, name="ERP"):
    return Doer(workspace_id=shop.workspace_id, source=Source.API, actor=name)


def quantities():
    rows = StockPool.objects.filter(place="Central").order_by("variant__sku")
    return list(rows.values_list("quantity", flat=True))


def to(pools, number):
    return {pool.pk: set_to(number) for pool in pools}


def flood(shop, count=MANY, *, left=0, at=LATER):
    for item in items_of(shop)[:count]:
        empty(shop, item, left=left, at=at)


def test_the_check_counts_what_is_sold_out_and_can_be_replaced(settings):
    falls = [stock_move(f"Lamp {n}", 5, 0) for n in range(10)]
    assert [one.reason for one in judge(falls)] == ["The stock of 10 variants would be set to 0."]
    assert judge(falls[:9]) == []
    assert judge([stock_move("Lamp", 0, 0)] * 10 + [stock_move("Lamp", 0, 7)] * 10) == []
    settings.GATES = ["tests.catalogue.services.test_stock_gates.nothing_below_three"]
    assert judge(falls[:1])[0].reason == "Below three."


def nothing_below_three(batch):
    low = [move for move in batch.moves if move.attribute == STOCK and int(move.after) < 3]
    return [Objection("Below three.")] if low else []


def test_a_batch_that_empties_many_stocks_waits_and_is_released(shops, pools):
    errand = start_counts(program(shops[0]), to(pools, 0))
    assert (errand.state, quantities()) == (ErrandState.HELD, [50] * MANY)
    run_stock()
    assert quantities() == [50] * MANY
    batch = HeldBatch.objects.get()
    assert batch.words == "The stock of 12 variants would be set to 0."
    assert (batch.size, batch.samples[0]["attribute"]) == (MANY, "Stock")
    release(batch.pk, by="ada", reason="The season is over.")
    run_stock()
    assert quantities() == [0] * MANY
    errand.refresh_from_db()
    assert (errand.state, errand.changed) == (ErrandState.DONE, MANY)


def test_what_people_have_set_since_a_batch_was_held_stays(shops, pools):
    errand = start_counts(program(shops[0]), to(pools, 0))
    set_quantity(doer(shops[0]), pools[0].pk, 7)
    tell(shops[0], 48, item=items_of(shops[0])[1])
    release(HeldBatch.objects.get().pk, by="ada", reason="Yes.")
    run_stock()
    errand.refresh_from_db()
    assert errand.left_out == {"Somebody has set it since.": 1}
    assert quantities() == [7] + [0] * (MANY - 1)


def test_a_discarded_batch_never_happens(shops, pools):
    start_counts(program(shops[0]), to(pools, 0))
    discard(HeldBatch.objects.get().pk, by="ada", reason="A wrong file.")
    run_stock()
    assert quantities() == [50] * MANY
    assert StockErrand.objects.latest("pk").state == ErrandState.CANCELLED


def test_a_batch_of_plain_counts_runs_at_once_and_tells_what_it_left(shops, pools):
    stranger = many_shops(1, names=("other",))[0]
    follow_all(stranger, 3)
    foreign = StockPool.objects.get(workspace=stranger.workspace_id)
    errand = start_counts(program(shops[0]), {**to(pools, 40), foreign.pk: set_to(1)})
    run_stock()
    errand.refresh_from_db()
    assert (errand.state, errand.total, errand.changed) == (ErrandState.DONE, MANY, MANY)
    assert errand.left_out == {"This stock does not exist in this workspace.": 1}
    assert quantities() == [40] * MANY
    foreign.refresh_from_db()
    assert foreign.quantity == 3


def test_one_number_by_a_person_is_never_held(shops, pools):
    for pool in pools:
        assert isinstance(set_quantity(doer(shops[0]), pool.pk, 0), StockMovement)
    assert quantities() == [0] * MANY
    assert not HeldBatch.objects.exists()


def test_a_program_can_not_empty_many_one_by_one(shops, pools):
    for pool in pools:
        set_quantity(program(shops[0]), pool.pk, 0)
    assert quantities() == [0] * 9 + [50] * 3
    batch = HeldBatch.objects.get()
    assert (batch.act, batch.size, batch.actor) == (HeldAct.STOCK, 3, "ERP")
    assert "ERP has emptied so many stocks within minutes." in batch.words
    adjust(program(shops[0]), pools[-1].pk, -50)
    set_quantity(program(shops[0], "POS"), pools[-2].pk, 44)
    release(batch.pk, by="ada", reason="It may.")
    run_stock()
    assert quantities()[-3:] == [0, 44, -50]
    set_quantity(program(shops[0]), pools[-2].pk, 0)
    assert quantities()[-2] == 0


def test_a_till_that_sells_the_last_pieces_is_no_flood(shops, pools):
    for pool in pools:
        set_quantity(doer(shops[0]), pool.pk, 2)
        adjust(program(shops[0], "POS"), pool.pk, -2)
    assert quantities() == [0] * MANY
    assert not HeldBatch.objects.exists()


def test_a_store_that_empties_many_stocks_tells_nobody_before_a_person_has_looked(shops, pools):
    flood(shops[0])
    assert quantities() == [0] * MANY
    batch = HeldBatch.objects.get()
    assert (batch.act, batch.store, batch.size) == (HeldAct.SOLD_OUT, shops[0], MANY)
    assert batch.words.startswith(f"{shops[0]} has emptied so many stocks within 10 minutes")
    held = StockPool.objects.filter(held=batch)
    assert [pool.disputed for pool in held] == [-50] * 3
    assert all("is this one really empty?" in pool.question for pool in held)


def test_released_the_other_stores_are_told_and_the_store_is_believed_for_an_hour(shops, pools):
    flood(shops[0], 11)
    batch = HeldBatch.objects.get()
    release(batch.pk, by="ada", reason="A clearance.")
    run_stock()
    assert not StockPool.objects.exclude(question="").exists()
    assert quantities() == [0] * 11 + [50]
    empty(shops[0], items_of(shops[0])[11])
    assert HeldBatch.objects.count() == 1
    assert not StockPool.objects.exclude(question="").exists()


def test_discarded_all_of_it_is_put_back_also_what_was_told_before(shops, pools):
    flood(shops[0])
    tell(shops[1], 48, item=items_of(shops[1])[0])
    set_quantity(doer(shops[0]), pools[1].pk, 5)
    set_quantity(doer(shops[0]), pools[11].pk, 6)
    discard(HeldBatch.objects.get().pk, by="ada", reason="The feed was empty.")
    run_stock()
    assert quantities() == [48, 5, *[50] * 9, 6]
    assert not StockPool.objects.exclude(question="", held=None).exists()
    last = StockMovement.objects.filter(kind=MovementKind.ADJUSTED).latest("id")
    assert (last.actor, last.reason) == ("ada", f"{shops[0]} had emptied it by mistake.")


def test_one_stock_of_a_flood_is_answered_by_itself(shops, pools):
    flood(shops[0])
    for pool, said in ((pools[10], "once"), (pools[11], "both")):
        answer(doer(shops[0]), pool.pk, said)
    discard(HeldBatch.objects.get().pk, by="ada", reason="No.")
    run_stock()
    assert quantities() == [*[50] * 11, 0]


def test_sales_of_the_last_pieces_go_on(shops, pools):
    for pool in pools[:-1]:
        set_quantity(doer(shops[0]), pool.pk, 2)
    rows = StockMember.objects.filter(store=shops[0]).order_by("pool__variant__sku")
    assert [row.level for row in rows] == [50] * MANY
    for item in items_of(shops[0])[:5]:
        tell(shops[0], 48, item=item)
    assert quantities()[:5] == [0] * 5
    assert not HeldBatch.objects.exists()


def test_a_store_of_few_pieces_that_loses_half_of_its_stocks_is_asked_too(shops):
    for shop in shops:
        follow_all(shop, 2)
    share_all(*shops)
    flood(shops[0])
    assert HeldBatch.objects.get().size == MANY


def test_stock_that_is_the_stores_own_is_its_own_affair(shops):
    for shop in shops:
        follow_all(shop, 50)
    flood(shops[0])
    assert not HeldBatch.objects.exists()
    assert set(StockPool.objects.values_list("quantity", flat=True)) == {0, 50}


def test_an_owner_that_sends_zeros_is_no_longer_believed_where_they_are_put_back(shops, pools):
    hand_over(doer(shops[0]), place="Central", store_id=shops[0].pk)
    flood(shops[0])
    assert quantities() == [0] * MANY
    discard(HeldBatch.objects.get().pk, by="ada", reason="The ERP was down.")
    run_stock()
    assert quantities() == [50] * MANY
    modes = set(StockPool.objects.filter(place="Central").values_list("mode", flat=True))
    assert modes == {StockMode.SHARED}


def test_joining_keeping_back_and_handing_over_pass_the_same_gate(shops):
    follow_all(shops[0], 50)
    follow_all(shops[1], 0)
    first, second = [Location.objects.get(store=shop) for shop in shops]
    start_founding(doer(shops[0]), place="Central", location_id=first.pk)
    run_stock()
    given = {"place": "Central", "location_id": second.pk}
    held = join_place(doer(shops[0]), **given, choice=JoinChoice.TAKE_STORE)
    assert (held.state, held.looked_at) == (ErrandState.HELD, 0)
    assert keep_back(doer(shops[0]), store_id=shops[0].pk, buffer=50).state == ErrandState.HELD
    assert not StockMember.objects.exclude(buffer=0).exists()
    assert not StockMember.objects.filter(state="joining").exists()
    release(held.held_id, by="ada", reason="It is sold out.")
    run_stock()
    assert StockMember.objects.filter(state="joining").count() == MANY


def test_an_errand_that_is_killed_in_the_middle_goes_on_where_it_stood(shops, monkeypatch):
    follow_all(shops[0], 50)
    place = Location.objects.get(store=shops[0])
    errand = start_founding(doer(shops[0]), place="Central", location_id=place.pk)

    def dies_at_the_fourth(row, pk):
        if row.looked_at == 3:
            acts.found(row, pk)
            raise SystemExit
        return acts.found(row, pk)

    dying = replace(carrying._ACTS[StockVerb.FOUND], act=dies_at_the_fourth)
    monkeypatch.setitem(carrying._ACTS, StockVerb.FOUND, dying)
    with pytest.raises(SystemExit):
        run_stock()
    errand.refresh_from_db()
    assert (errand.looked_at, len(quantities())) == (3, 3)
    monkeypatch.undo()
    run_stock()
    errand.refresh_from_db()
    assert (errand.state, errand.changed, len(quantities())) == (ErrandState.DONE, MANY, MANY)


def test_a_cancelled_errand_leaves_the_rest(shops):
    follow_all(shops[0], 50)
    place = Location.objects.get(store=shops[0])
    errand = start_founding(doer(shops[0]), place="Central", location_id=place.pk)
    errands.take_step(StockErrand, errand.pk, carrying._step)
    cancel_stock(errand.pk, by="ada")
    run_stock()
    errand.refresh_from_db()
    assert (errand.state, len(quantities())) == (ErrandState.CANCELLED, 1)


def test_another_workspace_is_not_asked_about_our_flood(shops, pools):
    others = many_shops(MANY, names=("elsewhere", "beyond"))
    for shop in others:
        follow_all(shop, 50)
    share_all(*others)
    flood(shops[0], 5)
    flood(others[0], 6)
    assert not HeldBatch.objects.exists()
    flood(shops[0])
    assert HeldBatch.objects.get().workspace == shops[0].workspace
    assert HeldBatch.objects.get().state == HeldState.HELD
