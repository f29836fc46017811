"""Imports in the admin and from the command line: previewed, started, followed, undone."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalogue.models import ImportRun, Override, Product, Variant
from catalogue.services.imports import run_imports
from stores.models import Workspace
from tests.catalogue import make
from tests.catalogue.clashes import two_shops
from tests.catalogue.stocking import follow

pytestmark = pytest.mark.django_db
SHEET = "SKU,Price,Colour\nLAMP-1,{},red\nNOBODY,5,blue\n"


@pytest.fixture
def shops():
    return two_shops()


def upload(client, shops, text):
    form = {
        "workspace": shops[0].workspace_id,
        "file": SimpleUploadedFile("spring.csv", text.encode()),
    }
    return client.post(reverse("admin:catalogue_import_upload"), form, follow=True)


def do(client, verb):
    address = reverse("admin:catalogue_importrun_do", args=[ImportRun.objects.get().pk, verb])
    return client.post(address, follow=True)


def price():
    return Variant.objects.get().value("price")


def test_a_file_is_previewed_then_imported_and_followed(operator, shops):
    page = upload(operator, shops, SHEET.format("21")).text
    for words in (
        *("2 rows would set 1 value.", "Columns that mean nothing here: Colour."),
        *("20.00", "21.00", "No variant here has the SKU “NOBODY”.", "Import it"),
    ):
        assert words in page
    assert price() == "20.00"
    running = do(operator, "start")
    assert "The import is under way." in running.text
    assert running.headers["Refresh"] == "3"
    run_imports()
    run = ImportRun.objects.get()
    done = operator.get(reverse("admin:catalogue_importrun_change", args=[run.pk])).text
    assert "1 values of 2 rows were set." in done
    assert f"?cause_id={run.cause_id}" in done
    assert price() == "21.00"
    undo = operator.get(reverse("admin:catalogue_change_rollback"), {"cause_id": run.cause_id})
    assert str(run.cause_id) in undo.text
    rows = operator.get(reverse("admin:catalogue_importrow_changelist"), {"run": run.pk})
    assert "NOBODY" in rows.text


def test_counts_of_stock_are_previewed_with_their_place_and_lead_to_their_movements(
    operator, shops
):
    follow(shops[0], 50)
    sheet = "SKU,Stock,Variant Inventory Qty\nLAMP-1,0,3\n"
    page = upload(operator, shops, sheet).text
    for words in ("Stock", f"{shops[0]}, location 70", ">50<", ">0<", "No stock is taken from"):
        assert words in page
    do(operator, "start")
    run_imports()
    run = ImportRun.objects.get()
    done = operator.get(reverse("admin:catalogue_importrun_change", args=[run.pk]))
    assert "which a rollback leaves as they are" in done.text
    movements = operator.get(done.context["movements"])
    assert "spring.csv, row 2: 0 where the books said 50." in movements.text


def for_one_store(client, shops, store):
    form = {
        "workspace": shops[0].workspace_id,
        "store": store.pk,
        "file": SimpleUploadedFile("spring.csv", SHEET.format("21").encode()),
    }
    return client.post(reverse("admin:catalogue_import_upload"), form, follow=True).text


def test_a_file_for_one_store_sets_its_own_values(operator, shops):
    assert f'<td class="p-2">{shops[1]}</td>' in for_one_store(operator, shops, shops[1])
    do(operator, "start")
    run_imports()
    own = Override.objects.get(store=shops[1])
    assert (price(), own.value, own.stands) == ("20.00", "21.00", True)


def test_a_store_of_another_workspace_is_no_choice(operator, shops):
    far = make.store(make.workspace("far"), "far")
    assert "Select a valid choice" in for_one_store(operator, shops, far)
    assert not ImportRun.objects.exists()


def test_what_the_gates_object_to_is_told_before_and_held_after(operator, shops):
    assert "The gates will hold it: A price below" in upload(operator, shops, SHEET.format(0)).text
    page = do(operator, "start").text
    assert "Held at the gates, nothing was changed" in page
    assert "Release or discard it" in page
    assert price() == "20.00"


def test_a_file_that_is_none_is_refused_on_the_form(operator, shops):
    assert "There is no column" in upload(operator, shops, "Title\nLamp").text
    assert not ImportRun.objects.exists()


def test_too_large_a_file_is_refused_before_it_is_read(operator, shops, monkeypatch):
    monkeypatch.setattr("activity.admin.imports.MOST_BYTES", 10)
    assert "It is larger than" in upload(operator, shops, SHEET.format("21")).text
    assert not ImportRun.objects.exists()


def test_a_viewer_imports_nothing_nor_into_another_workspace(viewer, shops):
    assert upload(viewer, shops, SHEET.format("21")).status_code == 403
    assert not ImportRun.objects.exists()


def test_a_stranger_imports_into_their_own_workspace_only(stranger, shops):
    upload(stranger, shops, SHEET.format("21"))
    assert not ImportRun.objects.exists()


def test_a_command_previews_and_applies(shops, tmp_path):
    sheet = tmp_path / "spring.csv"
    sheet.write_text(SHEET.format("21"))
    slug = Workspace.objects.get(pk=shops[0].workspace_id).slug

    def run(*more):
        said = StringIO()
        call_command(
            "import_products", str(sheet), "--workspace", slug, "--by", "cron", *more, stdout=said
        )
        return said.getvalue()

    assert "2 rows would set 1 values." in run()
    assert price() == "20.00"
    assert "is done. 1 values of 2 rows were set." in run("--apply")
    assert (price(), Product.objects.get().edit_version) == ("21.00", 2)
    sheet.write_text(SHEET.format("0"))
    with pytest.raises(CommandError, match="Held at the gates"):
        run("--apply")
    assert price() == "21.00"
