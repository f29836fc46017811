"""Imports of stores' own values: a column, or a whole file, names a store."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.domain.feeds import BadFeedError
from catalogue.enums import ChangeScope, OverrideKind, Ownership, Source
from catalogue.models import Change, HeldBatch, Override, Variant
from catalogue.selectors.changes import Choice
from catalogue.services.edit import SetValue, edit
from catalogue.services.feeds import read_file
from catalogue.services.imports import run_imports, start_import
from catalogue.services.releases import release
from catalogue.services.rollback import roll_back
from catalogue.services.terms import set_policy
from syncqueue.models import Job
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    """Two stores with one lamp."""
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "south")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


def read(shops, *rows, **more):
    text = "\n".join(";".join(row) for row in rows)
    return read_file(shops[0].workspace_id, "spring.csv", text.encode(), by="ada", **more)


def carry_out(run):
    start_import(run.pk, by="ada")
    run_imports()
    run.refresh_from_db()
    return run


def own(shop, name="price"):
    return Override.objects.filter(store=shop, attribute=name, stands=True).first()


def price():
    return Variant.objects.get().value("price")


def set_own(shop, value):
    variant = Variant.objects.get()
    wish = SetValue(
        product_id=variant.product_id,
        variant_id=variant.pk,
        attribute="price",
        value=value,
        store_id=shop.pk,
    )
    edit(workspace_id=shop.workspace_id, wishes=[wish], source=Source.MANUAL, actor="eve")


def test_a_column_sets_one_stores_own_value_and_no_other(shops):
    run = read(shops, ("SKU", "Price", "Price@south"), ("LAMP-1", "21", "25"))
    (row,) = run.rows.all()
    assert [(one["store"], one["stands"], one["value"]) for one in row.wishes] == [
        (None, "20.00", "21.00"),
        (shops[1].pk, "20.00", "25.00"),
    ]
    assert (run.values_wanted, Change.objects.count()) == (2, 0)
    done = carry_out(run)
    assert (done.state, done.values_set, done.rows.get().state) == ("done", 2, "applied")
    assert (price(), own(shops[0])) == ("21.00", None)
    assert (own(shops[1]).value, own(shops[1]).kind) == ("25.00", OverrideKind.PINNED)
    change = Change.objects.get(scope=ChangeScope.OVERRIDE)
    assert (change.source, change.store_id) == (Source.IMPORT, shops[1].pk)
    assert change.cause_id == run.cause_id
    assert Job.objects.filter(cause_id=run.cause_id).count() == 2


def test_a_whole_file_is_about_one_store(shops):
    run = carry_out(read(shops, ("SKU", "Price"), ("LAMP-1", "25"), store_id=shops[0].pk))
    assert (run.store, price(), own(shops[0]).value) == (shops[0], "20.00", "25.00")
    assert own(shops[1]) is None
    again = read(shops, ("SKU", "Price"), ("LAMP-1", "25"), store_id=shops[0].pk)
    assert (again.rows.get().state, again.values_wanted) == ("same", 0)


def test_a_word_gives_an_own_value_up_and_another_shows_nothing(shops):
    set_own(shops[1], "25")
    run = carry_out(
        read(shops, ("SKU", "Price@south", "Barcode@south"), ("LAMP-1", "(follow)", "(clear)"))
    )
    assert (run.values_set, own(shops[1])) == (2, None)
    assert own(shops[1], "barcode").value is None
    again = read(shops, ("SKU", "Price@south"), ("LAMP-1", "(follow)"))
    assert again.rows.get().state == "same"


def test_what_somebody_has_set_there_since_is_left_and_listed(shops):
    run = read(shops, ("SKU", "Price", "Price@south"), ("LAMP-1", "21", "25"))
    set_own(shops[1], "26")
    done = carry_out(run)
    assert (price(), own(shops[1]).value, done.values_set) == ("21.00", "26.00", 1)
    assert "in south since the preview: left alone." in run.rows.get().reason


def test_what_a_store_does_not_take_from_here_is_told_at_once_or_left(shops):
    rows = [("SKU", "Vendor@south", "Price@south"), ("LAMP-1", "Lux", "25")]
    run = read(shops, *rows)
    set_policy(shops[0].workspace_id, "vendor", Ownership.STORE, by="ada", store_id=shops[1].pk)
    with pytest.raises(BadFeedError, match="its policy there is"):
        read(shops, *rows)
    done = carry_out(run)
    assert (done.values_set, own(shops[1]).value, own(shops[1], "vendor")) == (1, "25.00", None)
    assert "its policy there is" in run.rows.get().reason


def test_the_gates_judge_a_stores_own_prices_too(shops):
    run = read(shops, ("SKU", "Price@south"), ("LAMP-1", "0.25"))
    assert run.objections
    start_import(run.pk, by="ada")
    held = HeldBatch.objects.get()
    assert "in south" in held.samples[0]["what"]
    assert own(shops[1]) is None
    release(held.pk, by="ada", reason="A sale.")
    run_imports()
    assert own(shops[1]).value == "0.25"


def test_two_rows_of_one_product_must_agree_about_each_store(shops):
    pair = [make.variant(21, sku="P-1"), make.variant(22, sku="P-2", position=2)]
    make.take_in(shops[0], make.product(2, title="Pair", variants=pair))
    run = read(shops, ("SKU", "Title@north", "Title@south"), ("P-1", "A", "B"), ("P-2", "A", "C"))
    assert "row 2 says otherwise" in run.rows.get(number=3).reason
    assert run.values_wanted == 2


def test_everything_of_one_import_goes_back_together(shops):
    run = carry_out(read(shops, ("SKU", "Price", "Price@south"), ("LAMP-1", "21", "25")))
    rolled = roll_back(shops[0].workspace_id, Choice(cause_id=run.cause_id), by="ben")
    assert (rolled.restored, price(), own(shops[1])) == (2, "20.00", None)


def test_a_store_of_another_workspace_is_no_store(shops):
    other = make.store(make.workspace("other"), "far")
    with pytest.raises(BadFeedError, match="none of this workspace"):
        read(shops, ("SKU", "Price@far"), ("LAMP-1", "21"))
    with pytest.raises(BadFeedError, match="does not exist"):
        read(shops, ("SKU", "Price"), ("LAMP-1", "21"), store_id=other.pk)


def test_reading_asks_no_more_for_three_rows_than_for_one(shops):
    hub_sets("Lamp", "title")
    nodes = [make.product(n, variants=[make.variant(n * 10, sku=f"L-{n}")]) for n in (3, 4)]
    make.take_in(shops[0], *nodes)
    rows = [("SKU", "Price@south"), ("LAMP-1", "25"), ("L-3", "25"), ("L-4", "25")]
    counts = []
    for many in (2, 4):
        with CaptureQueriesContext(connection) as asked:
            read(shops, *rows[:many])
        counts.append(len(asked))
    assert counts[0] == counts[1]
