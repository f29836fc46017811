"""Rollback and the past in the admin: previewed first, done by one button, for operators only."""

from uuid import uuid4

import pytest
from django.urls import reverse

from catalogue.enums import ChangeFate, Source
from catalogue.models import Change, Product, Rollback
from catalogue.services.rollback import run_rollbacks
from stores.enums import Role
from tests.activity.people import person
from tests.catalogue.clashes import hub_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


@pytest.fixture
def changed(shops):
    return hub_sets("Tall lamp", "title").changes[0]


def preview(client, change, **more):
    address = reverse("admin:catalogue_change_rollback_preview")
    return client.get(address, {"change": change.pk, **more})


def apply(client, page):
    """Start what was previewed, let the workers do it, and look at how it ended."""
    address = reverse("admin:catalogue_change_rollback_apply")
    started = client.post(address, {"asked": page.context["asked"]}, follow=True)
    run_rollbacks()
    run = Rollback.objects.first()
    if started.status_code != 200 or run is None:
        return started
    assert "Cancel the rest" in started.text
    return client.get(reverse("admin:catalogue_rollback_change", args=[run.pk]))


def test_a_change_is_previewed_and_rolled_back(operator, changed):
    shown = operator.get(reverse("admin:catalogue_change_change", args=[changed.pk]))
    assert f"?change={changed.pk}" in shown.text
    page = preview(operator, changed)
    assert "1 values would go back" in page.text
    assert Product.objects.get().title == "Tall lamp"
    done = apply(operator, page)
    assert "1 values went back; 0 were skipped." in done.text
    assert Change.objects.filter(cause_id=Rollback.objects.get().cause_id).count() == 1
    assert Product.objects.get().title == "Desk lamp"
    assert Change.objects.latest("id").source == Source.ROLLBACK


def test_what_has_moved_since_the_preview_is_skipped_and_listed(operator, changed):
    page = preview(operator, changed, cause="1")
    hub_sets("Third lamp", "title")
    assert "0 values went back; 1 were skipped." in apply(operator, page).text
    assert Product.objects.get().title == "Third lamp"
    assert Change.objects.get(fate=ChangeFate.REJECTED).actor == "operator"
    assert "It has moved since" in preview(operator, changed).text


def test_changes_are_chosen_by_hand_or_by_person_and_time(operator, changed):
    form = {"action": "roll_back_them", "_selected_action": [changed.pk]}
    page = operator.post(reverse("admin:catalogue_change_changelist"), form)
    assert "1 values would go back" in page.text
    address = reverse("admin:catalogue_change_rollback")
    asked = {"workspace": changed.workspace_id, "actor": "ada", "since": "2026-01-01 00:00"}
    assert "1 values would go back" in operator.post(address, asked).text
    nothing = operator.post(address, {"workspace": changed.workspace_id})
    assert "Say what to take back" in nothing.text
    stray = operator.post(address, {**asked, "actor": "", "since": "", "cause_id": uuid4()})
    assert "0 values would go back" in stray.text


def test_a_viewer_and_a_stranger_roll_nothing_back(client, shops, changed):
    operator = person(client, Role.OPERATOR, shops[0].workspace)
    page = preview(operator, changed)
    viewer = person(client, Role.VIEWER, shops[0].workspace)
    assert preview(viewer, changed).status_code == 403
    assert apply(viewer, page).status_code == 403
    assert Product.objects.get().title == "Tall lamp"


def test_a_stranger_finds_no_change_of_ours(stranger, changed):
    assert preview(stranger, changed).status_code == 404


@pytest.mark.parametrize("asked", ["", "{}", '{"workspace": 1, "choice": {}}'])
def test_a_broken_choice_is_refused(operator, asked):
    address = reverse("admin:catalogue_change_rollback_apply")
    assert operator.post(address, {"asked": asked}).status_code == 400


def test_a_product_is_shown_as_it_stood(operator, changed):
    address = reverse("admin:catalogue_product_change", args=[changed.product_id])
    past = operator.get(address, {"at": "2026-01-01T00:00"})
    assert "as it stood at 2026-01-01 00:00:00 UTC" in past.text
    title = next(row for row in past.context["then"].rows if row.label == "Title")
    assert (title.canonical, title.cells[0][0]) == ("Desk lamp", "Desk lamp")
    for at in ("yesterday", "2026-13-40T00:00"):
        assert "Say when" in operator.get(address, {"at": at}, follow=True).text
