"""What operators decide in the admin: conflicts and tugs of war, one by one and many at once."""

import pytest
from django.urls import reverse

from catalogue.enums import ConflictState, IssueKind, IssueState, OverrideKind
from catalogue.models import Conflict, Issue, Override, Product, Variant
from catalogue.services.issues import Subject, raise_issue
from stores.enums import Role
from tests.activity.people import person
from tests.catalogue.clashes import clash, hub_sets, two_shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


def do(client, row, verb):
    name = f"admin:catalogue_{row._meta.model_name}_do"
    return client.post(reverse(name, args=[row.pk, verb]), follow=True)


def test_a_conflict_shows_both_sides_the_ancestor_and_the_money(operator, shops):
    conflict = clash(shops)
    page = operator.get(reverse("admin:catalogue_conflict_change", args=[conflict.pk])).text
    for words in ("25.00", "31.00", "20.00", "ada", "alpine", "+6.00 USD a unit", "Revert to what"):
        assert words in page, words
    listed = operator.get(reverse("admin:catalogue_conflict_changelist")).text
    assert "+6.00 USD a unit" in listed


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        ("keep", ConflictState.KEPT),
        ("revert", ConflictState.REVERTED),
        ("override", ConflictState.OVERRIDDEN),
    ],
)
def test_a_conflict_is_decided_by_one_button(operator, shops, verb, state):
    conflict = clash(shops)
    assert "The conflict is " in do(operator, conflict, verb).text
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decided_by) == (state, "operator")
    assert "decided already" in do(operator, conflict, verb).text


def test_many_are_decided_by_one_action(operator, shops):
    conflict = clash(shops)
    form = {"action": "revert_them", "_selected_action": [conflict.pk]}
    page = operator.post(reverse("admin:catalogue_conflict_changelist"), form, follow=True)
    assert "1 conflicts were reverted; 0 were left." in page.text
    assert Variant.objects.get().value("price") == "31.00"


def test_a_viewer_and_a_stranger_decide_nothing(client, shops):
    conflict = clash(shops)
    viewer = person(client, Role.VIEWER, shops[0].workspace)
    assert do(viewer, conflict, "revert").status_code == 403
    page = viewer.get(reverse("admin:catalogue_conflict_change", args=[conflict.pk]))
    assert "Revert to what lost" not in page.text
    form = {"action": "revert_them", "_selected_action": [conflict.pk]}
    viewer.post(reverse("admin:catalogue_conflict_changelist"), form)
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OPEN


def test_a_stranger_sees_no_conflict_of_ours(stranger, shops):
    conflict = clash(shops)
    assert do(stranger, conflict, "keep").status_code == 404


def test_the_ledger_links_a_change_to_what_it_replaced_and_what_replaced_it(operator, shops):
    hub_sets("25.00")
    first = hub_sets("26.00").changes[0]
    hub_sets("27.00")
    page = operator.get(reverse("admin:catalogue_change_change", args=[first.pk])).text
    assert "25.00 (ada)" in page
    assert "27.00 (ada)" in page


def held(shops):
    """A title that a tug of war holds in the second store, and the issue of it."""
    own = hub_sets("Their lamp", "title", store_id=shops[1].pk).changes[0]
    row = Override.objects.get()
    timeline = row.read_timeline().to_json()
    timeline[0]["kind"] = OverrideKind.HELD.value
    Override.objects.update(timeline=timeline, kind=OverrideKind.HELD)
    subject = Subject.of_leaf(own.product_id, None, "title")
    issue_id = raise_issue(own.workspace_id, IssueKind.TUG_OF_WAR, subject, "5 times in 3 minutes.")
    return Issue.objects.get(pk=issue_id)


@pytest.mark.parametrize(("verb", "stands"), [("hub", False), ("own", True)])
def test_an_operator_ends_a_tug_of_war(operator, shops, verb, stands):
    issue = held(shops)
    page = operator.get(reverse("admin:catalogue_issue_change", args=[issue.pk])).text
    assert "5 times in 3 minutes." in page
    do(operator, issue, verb)
    issue.refresh_from_db()
    assert (issue.state, issue.closed_by) == (IssueState.CLOSED, "operator")
    assert Override.objects.get().stands == stands
    assert "Nothing of it is held any more." in do(operator, issue, verb).text


def test_the_home_page_counts_what_waits_and_links_to_it(operator, shops):
    clash(shops)
    page = operator.get(reverse("admin:index"))
    counts = {one.words: one.count for one in page.context["waiting"]}
    assert (counts["conflicts"], counts["issues"]) == (1, 0)
    for one in page.context["waiting"]:
        listed = operator.get(one.address)
        assert listed.context["cl"].result_count == one.count
    assert Product.objects.exists()
    assert Conflict.objects.exists()
