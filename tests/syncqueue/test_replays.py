"""Replays of many: previewed, carried out step by step, resumed after a death, cancelled."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from syncqueue.domain.choice import ReplayChoice
from syncqueue.domain.pace import Costs
from syncqueue.enums import OPEN_STATES, JobState, Kind, Priority, ReplayState
from syncqueue.models import Channel, Job, Lane, Replay
from syncqueue.selectors.replays import preview
from syncqueue.services import replays
from syncqueue.services.check import check_queue
from syncqueue.services.pump import drain
from syncqueue.services.replays import cancel_replay, run_replays, start_replay, step
from tests.syncqueue.processes import eventually, killed
from tests.syncqueue.queueing import queue
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db
ids = st.integers(1, 2**40)


def dead(channel, count, *, key="product", script=("refused", "ok"), **more):
    jobs = [queue(channel, script, key=f"{key}:{n}", **more)[0] for n in range(count)]
    drain()
    return jobs


def small_steps(monkeypatch, size, most_open=1000):
    monkeypatch.setattr(replays, "STEP", size)
    monkeypatch.setattr(replays, "MOST_OPEN", most_open)


def test_a_replay_goes_step_by_step_oldest_first_until_all_are_queued(channel, monkeypatch):
    small_steps(monkeypatch, 2)
    jobs = dead(channel, 5)
    row = start_replay(ReplayChoice(channel.pk), by="ada")
    assert (row.matched, row.replayed, row.cursor) == (5, 2, jobs[1])
    assert [run_replays() for _ in range(4)] == [2, 1, 0, 0]
    row.refresh_from_db()
    assert (row.state, row.replayed, row.cursor) == (ReplayState.DONE, 5, jobs[-1])
    assert Job.objects.first().reason == f"Queued again by replay {row.pk} of ada."
    drain()
    assert row.jobs.filter(state=JobState.SUCCEEDED).count() == 5
    assert check_queue().found == []


def test_what_dies_again_is_not_taken_twice(channel, monkeypatch):
    small_steps(monkeypatch, 1)
    dead(channel, 2, script=("refused",))
    row = start_replay(ReplayChoice(channel.pk), by="ada")
    for _ in range(4):
        drain()
        step(row.pk)
    row.refresh_from_db()
    assert (row.state, row.replayed) == (ReplayState.DONE, 2)
    assert Job.objects.filter(state=JobState.DEAD_LETTERED).count() == 2


def test_no_more_are_open_at_once_than_the_store_may_bear(channel, monkeypatch):
    small_steps(monkeypatch, 10, most_open=3)
    dead(channel, 5)
    row = start_replay(ReplayChoice(channel.pk), by="ada")
    assert run_replays() == 0
    assert row.jobs.filter(state__in=OPEN_STATES).count() == 3
    drain()
    assert run_replays() == 2


def test_replayed_jobs_go_behind_what_is_alive(channel, settings):
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "THREADS": 1}
    old = dead(channel, 3)
    start_replay(ReplayChoice(channel.pk), by="ada")
    assert set(Lane.objects.values_list("priority", flat=True)) == {Priority.BULK}
    (new,) = queue(channel, ["ok"], key="product:new")
    scripted.sent.clear()
    drain()
    assert scripted.sent == [new, *old]


def test_only_what_matches_is_taken(channel):
    other = Channel.objects.create(name="alpine")
    dead(other, 1)
    first, second = dead(channel, 2)
    (planned,) = dead(channel, 1, key="x", script=("plan-refused", "ok"))
    Job.objects.filter(pk=first).update(created_at=timezone.now() - timedelta(days=2))

    def chosen(**more):
        return preview(ReplayChoice(channel.pk, **more)).jobs

    assert chosen() == 3
    assert chosen(error_code="no") == 1
    assert chosen(since=timezone.now() - timedelta(days=1)) == 2
    assert chosen(handler="nobody") == 0
    assert chosen(job_ids=(second, planned)) == 2
    start_replay(ReplayChoice(channel.pk, error_code="no"), by="ada")
    assert list(Job.objects.filter(state=JobState.QUEUED).values_list("pk", flat=True)) == [planned]


def test_the_preview_says_what_is_superseded_and_what_it_will_cost(channel):
    dead(channel, 4)
    queue(channel, ["ok"], key="product:0")
    dead(channel, 2, key="delivery", script=("plan-refused",), kind=Kind.IN)
    drain()
    Channel.objects.update(
        costs={"scripted": [60, 20]},
        points_available=0, points_maximum=1000, points_restore=1, points_at=timezone.now(),
    )  # fmt: skip
    seen = preview(ReplayChoice(channel.pk))
    assert (seen.jobs, seen.superseded) == (6, 1)
    assert seen.points == 3 * Costs({"scripted": (60, 20)}).used("scripted")
    assert seen.seconds == pytest.approx(60, abs=2)
    assert seen.oldest < seen.newest
    assert Job.objects.filter(state=JobState.DEAD_LETTERED).count() == 6


def test_a_cancelled_replay_leaves_the_rest_dead(channel, monkeypatch):
    small_steps(monkeypatch, 2)
    dead(channel, 5)
    row = start_replay(ReplayChoice(channel.pk), by="ada")
    assert cancel_replay(row.pk, by="ben")
    assert not cancel_replay(row.pk, by="ben")
    assert run_replays() == 0
    row.refresh_from_db()
    assert (row.state, row.reason, row.replayed) == (ReplayState.CANCELLED, "Cancelled by ben.", 2)
    assert Job.objects.filter(state=JobState.DEAD_LETTERED).count() == 3


def test_a_step_that_breaks_leaves_no_trace_and_is_taken_again(channel, monkeypatch):
    small_steps(monkeypatch, 2)
    jobs = dead(channel, 4)
    row = start_replay(ReplayChoice(channel.pk), by="ada")

    def die(*_, **__):
        raise RuntimeError("died after the jobs were moved")

    with monkeypatch.context() as broken:
        broken.setattr(Replay, "save", die)
        with pytest.raises(RuntimeError):
            step(row.pk)
    row.refresh_from_db()
    assert (row.replayed, row.cursor) == (2, jobs[1])
    assert Job.objects.filter(state=JobState.QUEUED).count() == 2
    assert run_replays() == 2
    assert check_queue().found == []


SLOWLY = """
import time, django; django.setup()
from syncqueue.services import replays
replays.STEP = 1
while replays.run_replays():
    time.sleep(0.05)
"""


@pytest.mark.django_db(transaction=True)
def test_a_replay_survives_sigkill_of_whoever_carries_it_out(channel):
    dead(channel, 12)
    Replay.objects.create(channel=channel, by="ada", matched=12, upto=Job.objects.latest("id").pk)
    for _ in range(2):
        before = Replay.objects.get().replayed
        with killed(SLOWLY):
            eventually(lambda before=before: Replay.objects.get().replayed >= before + 2)
    row = Replay.objects.get()
    assert row.replayed == row.jobs.filter(state=JobState.QUEUED).count() < 12
    while run_replays():
        pass
    drain()
    assert row.jobs.filter(state=JobState.SUCCEEDED).count() == 12
    assert check_queue().found == []


@given(
    st.builds(
        ReplayChoice,
        ids,
        st.lists(ids).map(tuple),
        st.text(),
        st.text(),
        st.none() | st.datetimes(timezones=st.just(timezone.get_default_timezone())),
    )
)
def test_a_choice_survives_a_form(choice):
    assert ReplayChoice.from_json(choice.to_json()) == choice
    assert choice.words
