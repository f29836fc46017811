"""Modes: what may follow what, what a move leaves behind, and who gets leave to write."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.models import OrmQ

from stores.domain.modes import NEXT, may_follow
from stores.enums import Mode
from stores.errors import ModeRefusedError, NotLiveError
from stores.models import Store
from stores.services.modes import go_live, pause, resume, set_mode, write_grant
from syncqueue.models import Channel
from tests.stores.make import make_store

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MOVES = [(now, wanted) for now in Mode for wanted in set(Mode) - {Mode.LIVE} if now != wanted]


def store_in(mode):
    return make_store(mode=mode, opted_in_at=NOW)


def facts(store):
    store.refresh_from_db()
    channel = Channel.objects.get(pk=store.channel_id)
    return store.mode, store.mode_epoch, channel.epoch, channel.paused


def test_every_mode_has_its_followers_and_nobody_goes_live_but_from_review_or_a_pause():
    assert set(NEXT) == set(Mode)
    assert {now for now in Mode if may_follow(now, Mode.LIVE)} == {Mode.REVIEW, Mode.PAUSED}
    assert NEXT[Mode.UNINSTALLED] == {Mode.CONNECTED}


@pytest.mark.parametrize(("now", "wanted"), MOVES, ids=[f"{a}-{b}" for a, b in MOVES])
def test_a_store_moves_only_where_its_mode_allows(now, wanted):
    store = store_in(now)
    if may_follow(now, wanted):
        set_mode(store.pk, wanted, by="ada", reason="Because.")
        assert facts(store) == (wanted, 1, 1, wanted == Mode.PAUSED)
        assert store.mode_reason == "Because."
    else:
        with pytest.raises(ModeRefusedError, match=f"that is {now} can't become {wanted}"):
            set_mode(store.pk, wanted, by="ada")
        assert facts(store) == (now, 0, 0, False)


def test_the_mode_that_a_store_has_already_changes_nothing():
    store = store_in(Mode.REVIEW)
    set_mode(store.pk, Mode.REVIEW, by="ada")
    assert facts(store) == (Mode.REVIEW, 0, 0, False)


@pytest.mark.parametrize("mode", [Mode.CONNECTED, Mode.IMPORTING, Mode.REVIEW, Mode.LIVE])
def test_a_pause_stops_both_directions_and_ends_where_it_began(mode):
    store = store_in(mode)
    pause(store.pk, by="ada")
    assert facts(store) == (Mode.PAUSED, 1, 1, True)
    assert store.mode_reason == "Paused by ada."
    resume(store.pk, by="ben")
    assert facts(store) == (mode, 2, 2, False)
    assert store.mode_reason == "Resumed by ben."


def test_a_second_pause_does_not_forget_where_the_first_began():
    store = store_in(Mode.LIVE)
    pause(store.pk, by="ada")
    pause(store.pk, by="ben")
    resume(store.pk, by="ada")
    assert facts(store)[0] == Mode.LIVE


def test_only_a_paused_store_resumes():
    store = store_in(Mode.REVIEW)
    with pytest.raises(ModeRefusedError, match="is not paused"):
        resume(store.pk, by="ada")


@pytest.mark.django_db(transaction=True)
def test_resuming_wakes_the_channel_and_pausing_does_not():
    store = store_in(Mode.LIVE)
    Channel.objects.filter(pk=store.channel_id).update(woken_at=NOW)
    pause(store.pk, by="ada")
    assert OrmQ.objects.count() == 0
    resume(store.pk, by="ada")
    assert OrmQ.objects.count() == 1


def test_going_live_records_who_opted_in():
    store = make_store(mode=Mode.REVIEW)
    go_live(store.pk, by="ada", plan="f00d")
    assert facts(store) == (Mode.LIVE, 1, 1, False)
    assert (store.is_live, store.opted_in_by) == (True, "ada")
    assert store.opted_in_at


@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.REVIEW}))
def test_only_a_store_in_review_goes_live(mode):
    store = store_in(mode)
    with pytest.raises(ModeRefusedError, match="Only a store in review"):
        go_live(store.pk, by="ada", plan="f00d")
    assert facts(store) == (mode, 0, 0, False)
    assert store.opted_in_by == ""


@pytest.mark.parametrize(("hours", "covered"), [(23, True), (25, False)])
def test_only_a_short_pause_leaves_nothing_unseen(hours, covered):
    store = store_in(Mode.LIVE)
    before = Store.objects.get(pk=store.pk).covered_since
    pause(store.pk, by="ada")
    began = timezone.now() - timedelta(hours=hours)
    Store.objects.filter(pk=store.pk).update(mode_since=began)
    resume(store.pk, by="ada")
    assert (Store.objects.get(pk=store.pk).covered_since == before) == covered
    assert Store.objects.get(pk=store.pk).mode == (Mode.LIVE if covered else Mode.REVIEW)


def test_the_database_refuses_a_live_store_without_opt_in():
    store = make_store(mode=Mode.REVIEW)
    with pytest.raises(IntegrityError, match="store_live_has_opted_in"), transaction.atomic():
        Store.objects.filter(pk=store.pk).update(mode=Mode.LIVE)
    assert facts(store)[0] == Mode.REVIEW


def test_a_live_store_grants_writing_for_as_long_as_a_lease(settings):
    life = timedelta(seconds=settings.SYNCQUEUE["LEASE_SECONDS"])
    store = store_in(Mode.LIVE)
    grant = write_grant(store, now=NOW)
    assert (grant.store_id, grant.epoch) == (store.pk, 0)
    assert grant.valid(NOW)
    assert grant.valid(NOW + life - timedelta(microseconds=1))
    assert not grant.valid(NOW + life)


@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.LIVE}))
def test_no_other_mode_grants_anything(mode):
    with pytest.raises(NotLiveError, match="nothing is written"):
        write_grant(store_in(mode), now=NOW)


def test_a_grant_carries_the_epoch_of_its_mode():
    store = store_in(Mode.LIVE)
    pause(store.pk, by="ada")
    resume(store.pk, by="ada")
    store.refresh_from_db()
    assert write_grant(store, now=NOW).epoch == 2
