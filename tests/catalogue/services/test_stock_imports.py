"""Stock in imported files: whose it is must be said, and what is sold meanwhile stays sold."""

import pytest

from catalogue.domain.feeds import BadFeedError
from catalogue.enums import MovementKind, Source
from catalogue.models import HeldBatch, ImportRun, StockMovement, StockPool, Variant
from catalogue.selectors.stock import wrong_books
from catalogue.services.feeds import read_file
from catalogue.services.imports import run_imports, start_import, take_step
from catalogue.services.releases import release
from catalogue.services.stock import set_quantity
from catalogue.services.stock.sharing import hand_over
from stores.models import Location
from tests.catalogue import make
from tests.catalogue.stocking import doer, follow, follow_all, many_shops, share, share_all, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    owner = make.workspace()
    stores = make.store(owner, "north"), make.store(owner, "alpine")
    for number, store in enumerate(stores):
        make.take_in(store, make.product(number + 1))
        follow(store, 50)
    yield stores
    assert wrong_books(owner.pk) == []


def read(shop, header, *cells, **more):
    sku = Variant.objects.get().sku
    text = f"SKU,{header}\n{sku},{','.join(cells)}"
    return read_file(shop.workspace_id, "count.csv", text.encode(), by="ada", **more)


def row_of(run):
    row = run.rows.get()
    return row.state, row.reason


def carry_out(run):
    start_import(run.pk, by="ada")
    run_imports()
    run.refresh_from_db()
    return run


def quantities():
    return dict(StockPool.objects.filter(members__isnull=False).values_list("place", "quantity"))


def test_a_place_is_counted_by_its_name_with_the_file_and_row_in_the_ledger(shops):
    pool = share(*shops)
    run = read(shops[0], "Stock@central,Title", "40", "Tall")
    assert (run.values_wanted, row_of(run)[0], pool.quantity) == (2, "ready", 50)
    tell(shops[0], 48)  # sold between preview and import
    assert carry_out(run).values_set == 2
    pool.refresh_from_db()
    assert (pool.quantity, row_of(run)) == (38, ("applied", ""))
    row = StockMovement.objects.get(kind=MovementKind.RECOUNTED)
    assert (row.source, row.actor, row.cause_id) == (Source.IMPORT, "ada", run.cause_id)
    assert row.reason == "count.csv, row 2: 40 where the books said 50."


@pytest.mark.parametrize("header", ["Stock@north", "quantity @ North: location 70"])
def test_a_store_names_its_own_stock_by_its_location(shops, header):
    carry_out(read(shops[0], header, "41"))
    assert sorted(quantities().values()) == [41, 50]


def test_in_a_file_for_one_store_the_plain_column_is_its_own(shops):
    carry_out(read(shops[0], "Stock", "41", store_id=shops[1].pk))
    assert Location.objects.get(store=shops[1]).stock_members.get().pool.quantity == 41


def test_a_plain_column_counts_the_only_stock_and_no_other(shops):
    state, said = row_of(read(shops[0], "Stock", "41"))
    assert (state, said) == ("bad", "It has 2 stocks: name the place, as in “Stock@Central”.")
    pool = share(*shops)
    carry_out(read(shops[0], "Stock", "41"))
    pool.refresh_from_db()
    assert pool.quantity == 41


def test_a_location_that_shares_is_not_counted_as_its_own(shops):
    share(*shops)
    state, said = row_of(read(shops[0], "Stock@north", "41"))
    assert state == "bad"
    assert "count it as “Stock@Central”" in said


@pytest.mark.parametrize("header", ["Stock@nowhere", "Stock@location 70"])
def test_a_name_of_no_place_or_of_two_is_refused(shops, header):
    with pytest.raises(BadFeedError, match="does not say which stock it counts"):
        read(shops[0], header, "41")
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("cell", ["-1", "1.5", "many", "(clear)", "(follow)", "1000000001"])
def test_what_is_no_count_is_refused(shops, cell):
    state, said = row_of(read(shops[0], "Stock@north", cell))
    assert (state, said.split(":")[0]) == ("bad", "Stock")


def test_two_columns_of_one_stock_are_refused(shops):
    with pytest.raises(BadFeedError, match="stands twice"):
        read(shops[0], "Stock@north,Quantity@North", "41", "42")
    run = read(shops[0], "Stock@north,Stock@north: location 70", "41", "42")
    assert "Two columns count the same stock" in row_of(run)[1]


@pytest.mark.parametrize("title", ["Variant Inventory Qty", "Inventory quantity", "Available"])
def test_what_a_store_showed_when_it_was_exported_is_never_a_count(shops, title):
    share(*shops)
    run = read(shops[0], title, "3")
    assert (run.ignored, run.values_wanted) == ([title], 0)


def test_who_counted_since_the_preview_is_not_counted_over(shops):
    pool = share(*shops)
    run = read(shops[0], "Stock,Title", "41", "Tall")
    set_quantity(doer(shops[0]), pool.pk, 45)
    assert carry_out(run).values_set == 1
    state, said = row_of(run)
    assert (state, quantities()) == ("applied", {"Central": 45})
    assert said == "Somebody has counted its stock since the preview: left alone."


def test_the_stock_of_a_stores_own_system_is_left_to_it(shops):
    share(*shops)
    run = read(shops[0], "Stock", "41")
    hand_over(doer(shops[0]), place="Central", store_id=shops[0].pk)
    assert "Its stock is counted by north, not here." in row_of(read(shops[0], "Stock", "41"))[1]
    carry_out(run)
    assert row_of(run) == ("dropped", "This stock is counted by north, not here.")


def test_a_file_that_empties_many_stocks_waits_and_is_released_by_a_person():
    shops = many_shops(11)
    for shop in shops:
        follow_all(shop, 50)
    pools = share_all(*shops)
    lines = "".join(f"{pool.variant.sku},0\n" for pool in pools)
    run = read_file(shops[0].workspace_id, "zero.csv", f"SKU,Stock\n{lines}".encode(), by="ada")
    assert run.objections
    assert carry_out(run).state == "held"
    assert set(quantities().values()) == {50}
    release(HeldBatch.objects.get().pk, by="bert", reason="Closing down.")
    run_imports()
    assert set(quantities().values()) == {0}
    assert wrong_books(shops[0].workspace_id) == []


def test_whoever_dies_between_two_chunks_nothing_is_counted_twice(monkeypatch):
    shops = many_shops(3)
    for shop in shops:
        follow_all(shop, 50)
    pools = share_all(*shops)
    lines = "".join(f"{pool.variant.sku},{40 + n}\n" for n, pool in enumerate(pools))
    run = read_file(shops[0].workspace_id, "c.csv", f"SKU,Stock\n{lines}".encode(), by="ada")
    monkeypatch.setattr("catalogue.services.imports.COUNTED", 1)
    start_import(run.pk, by="ada")
    with monkeypatch.context() as dying:
        dying.setattr("catalogue.services.imports._save", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take_step(run.pk)
    assert set(quantities().values()) == {50}
    assert take_step(run.pk)
    run_imports()
    found = StockPool.objects.filter(place="Central").order_by("variant__sku")
    assert list(found.values_list("quantity", flat=True)) == [40, 41, 42]
    assert StockMovement.objects.filter(kind=MovementKind.RECOUNTED).count() == 3
