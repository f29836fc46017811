"""Two parties that keep rewriting one value: held after a few writes, and one issue."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from catalogue.domain.breaker import StoreEdit, judge
from catalogue.enums import (
    ChangeFate,
    ChangeScope,
    DeliveryFate,
    IssueKind,
    IssueState,
    OverrideKind,
    Source,
)
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, ChangeDelivery, Issue, Override, Product
from catalogue.services.decisions import follow_hub, keep_own
from catalogue.services.edit import SetValue, edit
from catalogue.services.issues import Subject, close_issue, raise_issue
from tests.catalogue import make
from tests.catalogue.clashes import hub_sets


@pytest.fixture
def shops(db):
    owner = make.workspace()
    first, second = make.store(owner, "north"), make.store(owner, "alpine")
    make.take_in(first, make.product())
    make.take_in(second, make.product(7))
    return first, second


def war(shops, rounds=11, *, title="Lamp", since=0):
    """An app in each store adds its suffix to whatever the other one made of the title."""
    for number in range(1, rounds + 1):
        party, product, suffix = (shops[0], 1, "US") if number % 2 else (shops[1], 7, "UK")
        title += f" {suffix}"
        at = timezone.now() + timedelta(minutes=since + number)
        make.decide(party, make.edited(product, title=title, at=at), received=at)


def test_they_are_held_apart_and_it_is_one_issue_naming_the_rate(shops):
    war(shops)
    won = Change.objects.filter(fate=ChangeFate.WON, scope=ChangeScope.CANONICAL)
    assert won.count() == 5
    held = Override.objects.filter(attribute="title", kind=OverrideKind.HELD, stands=True)
    assert held.count() == 2
    assert Change.objects.filter(fate=ChangeFate.HELD).count() == 6
    assert Product.objects.get().title == "Lamp US UK US UK US"
    issue = Issue.objects.get()
    assert (issue.kind, issue.state, issue.times) == (IssueKind.TUG_OF_WAR, IssueState.OPEN, 1)
    assert issue.reason.startswith("2 stores set this value 5 times in ")
    assert issue.reason.endswith("Each keeps its own value until a person decides: north, alpine.")


def test_what_is_set_of_other_values_adds_up_to_no_war_and_is_not_held_with_it(shops):
    """Four edits each of a title, of a vendor, of another product and of each of its prices."""
    bystander = make.store(shops[0].workspace, "harbour")
    make.take_in(bystander, make.product(9))
    for shop, product in zip(shops, (2, 8), strict=True):
        make.take_in(shop, make.product(product, variants=pots(product, "20.00")))
    begun = timezone.now()
    for number in range(1, 5):
        for product in (1, 2) if number % 2 else (7, 8):
            shown = {"title": f"T {number}", "vendor": f"V {number}"}
            if product in (2, 8):
                shown["variants"] = pots(product, f"2{number}.00")
            at = begun + timedelta(minutes=number)
            make.decide(shops[1 - number % 2], make.edited(product, at=at, **shown), received=at)
    won = Change.objects.filter(fate=ChangeFate.WON)
    assert Counter(won.values_list("attribute", flat=True)) == {"title": 8, "vendor": 8, "price": 8}
    assert not Issue.objects.filter(kind=IssueKind.TUG_OF_WAR).exists()

    at = begun + timedelta(minutes=5)
    make.decide(shops[0], make.edited(1, at=at, title="T 5", vendor="V 3"), received=at)
    held = Override.objects.filter(kind=OverrideKind.HELD, stands=True)
    lamp = Product.objects.get(title="T 5")
    places = {(own.product, own.attribute, own.store) for own in held}
    assert places == {(lamp, "title", shop) for shop in shops}
    told = Change.objects.filter(new_kind=OverrideKind.HELD)
    assert {row.store for row in told} == set(shops)
    assert all(row.reason.endswith("It is held for a person's decision.") for row in told)


@pytest.mark.parametrize(("after", "held"), [(2, True), (-2, False)])
def test_an_app_that_answers_our_writes_is_held_but_not_one_that_was_heard_before_them(
    shops, after, held
):
    """An app's value is heard so many seconds after a write of ours was accepted, twice."""
    for number, ago in enumerate((50, 20)):
        done, now = hub_sets(f"Hub {number}", "title"), timezone.now()
        accepted = now - timedelta(seconds=ago)
        told = ChangeDelivery.objects.filter(change__in=done.changes, store=shops[1])
        assert told.update(accepted_at=accepted) == 1
        body = make.edited(7, title=f"App {number}", at=now + timedelta(seconds=2 * number))
        make.decide(shops[1], body, received=accepted + timedelta(seconds=after))
    answered = Issue.objects.filter(kind=IssueKind.TUG_OF_WAR)
    assert answered.exists() is held
    assert Override.objects.filter(kind=OverrideKind.HELD, stands=True).exists() is held


def pots(product, price):
    return [
        make.variant(10 * product + number, sku=f"POT-{number}", price=price) for number in (0, 1)
    ]


def test_the_hubs_value_ends_it_everywhere(shops):
    war(shops)
    done = follow_hub(Issue.objects.get().pk, by="ada")
    assert not Override.objects.filter(stands=True).exists()
    told = ChangeDelivery.objects.filter(change__in=done.changes)
    assert {row.fate for row in told} == {DeliveryFate.PENDING}
    issue = Issue.objects.get()
    assert (issue.state, issue.closed_by) == (IssueState.CLOSED, "ada")
    with pytest.raises(NotAllowedNowError, match="Nothing of it is held"):
        follow_hub(issue.pk, by="ada")


def test_each_may_keep_what_it_shows_now(shops):
    war(shops)
    keep_own(Issue.objects.get().pk, by="ada")
    own = Override.objects.filter(stands=True).order_by("store_id")
    suffixes = [(row.kind, row.value.rpartition(" ")[2]) for row in own]
    assert suffixes == [(OverrideKind.PINNED, "US"), (OverrideKind.PINNED, "UK")]
    assert [len(row.value.split()) for row in own] == [12, 11]
    assert Issue.objects.get().state == IssueState.CLOSED


def test_what_a_person_has_ended_begins_anew(shops):
    war(shops)
    follow_hub(Issue.objects.get().pk, by="ada")
    war(shops, rounds=4, title="Other", since=20)
    assert not Override.objects.filter(stands=True).exists()
    war(shops, rounds=2, title="Third", since=30)
    assert Issue.objects.filter(state=IssueState.OPEN).count() == 1


def test_a_value_set_by_hand_in_one_store_leaves_the_issue_to_the_other(shops):
    war(shops)
    issue = Issue.objects.get()
    for number, shop in enumerate(shops):
        own = Override.objects.get(store=shop)
        wish = SetValue(product_id=own.product_id, attribute="title", store_id=shop.pk, value="Own")
        edit(workspace_id=shop.workspace_id, wishes=[wish], source=Source.MANUAL, actor="ada")
        issue.refresh_from_db()
        assert issue.state == (IssueState.CLOSED if number else IssueState.OPEN)


def test_an_issue_is_open_once_for_its_subject_and_counts(shops):
    owner, subject = shops[0].workspace_id, Subject.of_leaf(Product.objects.get().pk, None, "title")
    first = raise_issue(owner, IssueKind.TUG_OF_WAR, subject, "Once.")
    assert raise_issue(owner, IssueKind.TUG_OF_WAR, subject, "Twice.") == first
    issue = Issue.objects.get()
    assert (issue.times, issue.reason) == (2, "Twice.")
    close_issue(first, by="ada", reason="Done.")
    with pytest.raises(NotAllowedNowError):
        close_issue(first, by="bob", reason="Too.")
    assert raise_issue(owner, IssueKind.TUG_OF_WAR, subject, "Again.") != first


def edit_at(minute, *, store=1, write=None, won=True):
    written = make.START + timedelta(minutes=write) if write is not None else None
    return StoreEdit(store, make.START + timedelta(minutes=minute), written, won)


def test_the_breaker_counts_wins_of_several_stores_and_answers_to_our_writes():
    now = make.START + timedelta(minutes=9)
    assert not judge([edit_at(n, store=1) for n in range(6)], now=now).held
    assert not judge([edit_at(n, store=n % 2) for n in range(4)], now=now).held
    found = judge([edit_at(n, store=n % 2) for n in range(5)], now=now)
    assert (found.stores, found.reason) == ({0, 1}, "2 stores set this value 5 times in 4 minutes.")
    later = now + timedelta(minutes=20)
    assert not judge([edit_at(n, store=n % 2) for n in range(5)], now=later).held


def test_answers_to_our_writes_count_whether_they_win_or_are_written_over():
    now = make.START + timedelta(minutes=9)
    twice = [edit_at(1, write=0.5, won=False), edit_at(2, write=1.5, won=False)]
    assert "replaced our write within a minute, 2 times" in judge(twice, now=now).reason
    late = [edit_at(1, write=0.5), edit_at(4, write=1.5)]
    assert not judge(late, now=now).held
    one_write = [edit_at(1, write=0.5), edit_at(1.2, write=0.5), edit_at(1.4, write=0.5)]
    assert not judge(one_write, now=now).held


def test_what_has_lost_is_no_win():
    now = make.START + timedelta(minutes=9)
    lost = [edit_at(n, store=n % 2, won=n < 4) for n in range(8)]
    assert not judge(lost, now=now).held


def test_an_edit_counts_for_ten_minutes_and_an_answer_within_sixty_seconds():
    wins = [edit_at(n / 60, store=n % 2) for n in range(5)]
    for seconds, held in ((600, True), (601, False)):
        assert judge(wins, now=make.START + timedelta(seconds=seconds)).held is held
    for seconds, held in ((60, True), (61, False)):
        answers = [edit_at(5 + seconds / 60, write=5), edit_at(7 + seconds / 60, write=7)]
        assert judge(answers, now=make.START + timedelta(minutes=9)).held is held
    assert judge(wins, now=wins[-1].at).held, "Of this very instant, too."
    assert not judge(wins, now=make.START).held, "What is yet to come is not counted."


def test_the_stores_that_rewrite_us_are_held_and_their_rate_is_named():
    now = make.START + timedelta(minutes=9)
    stubborn = [edit_at(1, write=0.5, store=1), edit_at(2, write=1.5, store=1)]
    found = judge([*stubborn, edit_at(8, write=7.5, store=2)], now=now)
    reason = "The store replaced our write within a minute, 2 times in 60 seconds."
    assert (found.held, found.stores, found.reason) == (True, {1}, reason)
    longer = judge([stubborn[0], edit_at(2.5, write=2, store=1)], now=now)
    assert longer.reason.endswith("2 times in 2 minutes.")
