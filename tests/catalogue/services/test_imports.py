"""Imports of files: previewed, carried out in chunks, whoever dies; each row with its result."""

import io
from itertools import count

import pytest
from openpyxl import Workbook

from catalogue.domain.feeds import BadFeedError
from catalogue.enums import ChangeFate, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, ChangeDelivery, HeldBatch, ImportRun, Product, Variant
from catalogue.selectors.changes import Choice
from catalogue.services import imports, sheets
from catalogue.services.edit import SetValue, edit
from catalogue.services.feeds import read_file
from catalogue.services.imports import cancel_import, run_imports, start_import, take_step
from catalogue.services.releases import discard, release
from catalogue.services.rollback import roll_back
from syncqueue.models import Job
from tests.catalogue import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    owner = make.workspace()
    first = make.store(owner)
    names = count(1)
    make.take_in(
        first,
        *(
            make.product(n, title=f"Lamp {n}", variants=[make.variant(n * 10, sku=f"L-{n}")])
            for n in (next(names) for _ in range(6))
        ),
    )
    return first


def read(shop, *rows, name="spring.csv"):
    text = "\n".join(";".join(row) for row in rows)
    return read_file(shop.workspace_id, name, text.encode(), by="ada")


def prices(*pairs):
    return [("SKU", "Price"), *pairs]


def carry_out(run):
    start_import(run.pk, by="ada")
    run_imports()
    run.refresh_from_db()
    return run


def price(sku):
    return Variant.objects.get(sku=sku).value("price")


def results(run):
    return {row.number: (row.state, row.reason) for row in run.rows.all()}


def test_a_preview_says_what_would_be_set_and_changes_nothing(shop):
    run = read(shop, ("SKU", "Price", "Title", "Colour"), ("L-1", "21", "Tall lamp", "red"))
    assert (run.rows_read, run.values_wanted, run.ignored) == (1, 2, ["Colour"])
    (row,) = run.rows.all()
    assert {one["attribute"]: (one["stands"], one["value"]) for one in row.wishes} == {
        "price": ("20.00", "21.00"),
        "title": ("Lamp 1", "Tall lamp"),
    }
    run_imports()
    assert not Change.objects.exists()


def test_c3_every_row_has_its_result_in_words(shop):
    run = carry_out(
        read(
            shop,
            ("SKU", "Price", "Vendor"),
            ("L-1", "21", ""),
            ("L-2", "20.00", "Lumen"),
            ("L-3", "cheap", "Other"),
            ("L-9", "21", ""),
            ("L-1", "22", ""),
            ("", "21", ""),
        )
    )
    found = results(run)
    assert found[2] == ("applied", "")
    assert found[3] == ("same", "Everything in it stands already.")
    assert found[4][0] == "applied"
    assert found[4][1].startswith("Price: ")
    assert found[5] == ("bad", "No variant here has the SKU “L-9”.")
    assert found[6] == ("bad", "Row 2 is about the same SKU.")
    assert found[7] == ("bad", "It has no SKU.")
    assert (run.state, run.reason) == ("done", "2 values of 6 rows were set.")


def test_source_and_cause_reach_every_change_and_job_in_the_lower_class(shop):
    run = carry_out(read(shop, *prices(("L-1", "21"), ("L-2", "22"))))
    changes = Change.objects.order_by("id")
    assert {(c.source, c.actor, c.cause_id) for c in changes} == {
        (Source.IMPORT, "ada", run.cause_id)
    }
    assert {(job.cause_id, job.priority) for job in Job.objects.all()} == {(run.cause_id, 0)}
    assert ChangeDelivery.objects.filter(job__isnull=False).count() == 2


def test_everything_of_one_import_goes_back_together(shop):
    run = carry_out(read(shop, *prices(("L-1", "21"), ("L-2", "22"), ("L-3", "23"))))
    rolled = roll_back(shop.workspace_id, Choice(cause_id=run.cause_id), by="ben")
    assert (rolled.restored, rolled.skipped) == (3, 0)
    assert {price(f"L-{n}") for n in (1, 2, 3)} == {"20.00"}


def test_a_workbook_says_the_same_as_a_csv(shop):
    book = Workbook()
    for row in [("SKU", "Price", "Barcode", "Taxable"), ("L-1", 21.5, 4006381333931, False)]:
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    run = carry_out(read_file(shop.workspace_id, "spring.xlsx", packed.getvalue(), by="ada"))
    variant = Variant.objects.get(sku="L-1")
    assert (price("L-1"), variant.value("barcode"), variant.value("taxable")) == (
        *("21.50", "4006381333931"),
        False,
    )
    assert run.values_set == 2  # the barcode stood already


def test_a_word_clears_and_an_empty_cell_leaves_alone(shop):
    carry_out(read(shop, ("SKU", "Barcode", "Price"), ("L-1", "(clear)", "")))
    assert Variant.objects.get(sku="L-1").value("barcode") is None
    assert price("L-1") == "20.00"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"Title,Price\nx,1", "There is no column"),
        ("SKU;Title\nL-1;Lämp".encode("latin-1"), "is no UTF-8"),
        (b'SKU,Title\nL-1,"open', "is no CSV"),
        (b"PK\x03\x04nonsense", "no workbook that can be read"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(shop, content, said):
    with pytest.raises(BadFeedError, match=said):
        read_file(shop.workspace_id, "bad", content, by="ada")
    assert not ImportRun.objects.exists()


def test_a_file_without_end_is_refused(shop, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(BadFeedError, match="more than 3 rows"):
        read(shop, *prices(*((f"L-{n}", "21") for n in range(9))))
    assert not ImportRun.objects.exists()


def test_another_workspaces_products_are_not_found(shop):
    stranger = make.store(make.workspace("other"))
    run = read(stranger, *prices(("L-1", "21")))
    assert results(run)[2] == ("bad", "No variant here has the SKU “L-1”.")


def test_what_moved_since_the_preview_is_left_alone_and_listed(shop):
    run = read(shop, *prices(("L-1", "21"), ("L-2", "22")))
    first = Variant.objects.get(sku="L-1")
    wish = SetValue(product_id=first.product_id, variant_id=first.pk, attribute="price", value="25")
    edit(workspace_id=shop.workspace_id, wishes=[wish], source=Source.MANUAL, actor="ben")
    carry_out(run)
    assert (price("L-1"), price("L-2")) == ("25.00", "22.00")
    state, reason = results(run)[2]
    assert (state, "since the preview" in reason) == ("dropped", True)


# Whoever dies in the middle: it goes on where it stood, and nothing is set twice.


class Killed(BaseException):
    """As a worker dies: nobody catches it."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_import_that_is_killed_goes_on_without_doubling(shop, monkeypatch, after):
    monkeypatch.setattr(imports, "CHUNK", 2)
    run = read(shop, *prices(*((f"L-{n}", f"2{n}") for n in range(1, 7))))
    start_import(run.pk, by="ada")
    save, saved = imports._save, count()

    def die(rows):
        save(rows)
        if next(saved) == after:
            raise Killed

    monkeypatch.setattr(imports, "_save", die)
    with pytest.raises(Killed):
        run_imports()
    run.refresh_from_db()
    assert (run.cursor, Change.objects.count()) == ([0, 3, 5][after], after * 2)
    run_imports()
    run.refresh_from_db()
    assert (run.state, run.values_set) == ("done", 6)
    won = Change.objects.filter(fate=ChangeFate.WON)
    assert won.count() == won.values("variant").distinct().count() == 6
    assert [price(f"L-{n}") for n in range(1, 7)] == [f"2{n}.00" for n in range(1, 7)]


@pytest.mark.django_db(transaction=True)
def test_what_kills_its_worker_thrice_ends_in_a_named_state(shop, monkeypatch):
    def die(rows):
        raise Killed

    monkeypatch.setattr(imports, "_save", die)
    run = read(shop, *prices(("L-1", "21")))
    start_import(run.pk, by="ada")
    for _ in range(3):
        with pytest.raises(Killed):
            run_imports()
    run_imports()
    run.refresh_from_db()
    assert (run.state, run.values_set) == ("failed", 0)
    assert "ended 3 times without a word, behind 0" in run.reason


def test_a_cancelled_import_stops_between_its_chunks(shop, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 2)
    run = read(shop, *prices(*((f"L-{n}", f"2{n}") for n in range(1, 7))))
    start_import(run.pk, by="ada")
    assert take_step(run.pk)
    cancel_import(run.pk, by="ben")
    assert not take_step(run.pk)
    assert (Change.objects.count(), price("L-3")) == (2, "20.00")
    with pytest.raises(NotAllowedNowError):
        start_import(run.pk, by="ada")


# The gates see the whole of an import before its first chunk.


def test_a_bad_row_at_the_end_holds_everything_before_it(shop, monkeypatch):
    """C12: a wrong price list is held before it changes anything, and can be undone after."""
    monkeypatch.setattr(imports, "CHUNK", 2)
    pairs = [(f"L-{n}", f"2{n}") for n in range(1, 6)]
    run = read(shop, *prices(*pairs, ("L-6", "0.20")))
    assert run.objections == ["A price moves by more than 60 % once."]
    carry_out(run)
    assert (run.state, Change.objects.count(), Job.objects.count()) == ("held", 0, 0)
    batch = HeldBatch.objects.get()
    assert (batch.act, batch.size, batch.cause_id) == ("import", 6, run.cause_id)
    release(batch.pk, by="ben", reason="Clearance.")
    run_imports()
    run.refresh_from_db()
    assert (run.state, run.values_set, price("L-6")) == ("done", 6, "0.20")


def test_a_slipped_decimal_point_is_seen_over_all_chunks(shop, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 2)
    run = read(shop, *prices(*((f"L-{n}", "2000") for n in range(1, 7))))
    assert any("a decimal point has slipped" in said for said in run.objections)
    carry_out(run)
    discard(run.held_id, by="ben", reason="Cents for euros.")
    run.refresh_from_db()
    assert (run.state, price("L-1")) == ("cancelled", "20.00")


@pytest.mark.parametrize("size", [0, 2])
def test_c3_an_empty_or_half_size_feed_is_held(shop, size):
    """C3: a run that read nothing does not “succeed with zero records”."""
    carry_out(read(shop, *prices(*((f"L-{n}", "21") for n in range(1, 7)))))
    run = carry_out(read(shop, *prices(*((f"L-{n}", "22") for n in range(1, size + 1)))))
    assert run.state == "held"
    assert "The feed" in run.reason
    assert price("L-1") == "21.00"


def test_a_sku_column_among_the_prices_holds_the_import(shop):
    run = read(shop, ("SKU", "Price", "Title"), *((f"L-{n}", f"L-{n}", "A") for n in (1, 2, 3)))
    carry_out(run)
    assert (run.state, Product.objects.filter(title="A").exists()) == ("held", False)
    assert "3 rows have a price that is none: a wrong column." in run.reason
