"""Calls of several lanes as one: sent together, settled lane by lane, split, repeated, rescued."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from syncqueue.domain.handling import Parked, Points
from syncqueue.enums import AttemptOutcome, CallState, JobState, Outcome
from syncqueue.models import Attempt, Call, Channel, Job, Lane
from syncqueue.services.channel import pause, resume
from syncqueue.services.check import check_queue
from syncqueue.services.prune import prune_old
from syncqueue.services.pump import drain, run_pump
from syncqueue.services.replay import cancel
from tests.syncqueue.queueing import make_all_due, queue
from tests.syncqueue.shelf import DOWN, LOST, NEVER, SLOW, shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_shelf():
    shelf.forget()


@pytest.fixture(autouse=True)
def nothing_is_left_askew(db):
    yield
    assert check_queue().found == []
    assert shelf.mismatches == 0


def put(channel, *items, **more):
    return [queue(channel, ["x"], key=item, handler="shelf", **more)[0] for item in items]


def sent():
    return [items for _, items in shelf.requests]


def keys():
    return [key for key, _ in shelf.requests]


def states():
    return list(Job.objects.order_by("pk").values_list("state", flat=True))


def work():
    """Whatever is due, and then what waits for its next try."""
    drain()
    make_all_due()
    drain()


def test_calls_of_several_lanes_go_as_one_in_their_order_up_to_the_most(channel):
    put(channel, *"abcdef")
    drain()
    assert sorted(sent()) == [list("abcd"), list("ef")]
    assert states() == [JobState.SUCCEEDED] * 6
    first, *others = Call.objects.filter(job__lane__key__in="abcd").order_by("pk")
    assert first.merged == {"items": list("abcd")}
    assert first.answer is not None
    assert [(call.carrier, call.position, call.answer) for call in others] == [
        (first, 1, None),
        (first, 2, None),
        (first, 3, None),
    ]
    assert [call.request["item"] for call in (first, *others)] == list("abcd")
    assert Attempt.objects.filter(outcome=AttemptOutcome.SUCCEEDED).count() == 6
    assert [a.cost for a in Attempt.objects.order_by("job_id")[:4]] == [4, None, None, None]


def test_a_single_one_goes_by_itself(channel):
    put(channel, "a")
    drain()
    assert sent() == [["a"]]
    assert Call.objects.get().merged is None


def test_each_lane_keeps_its_order(channel):
    put(channel, "a", "b", "a", "b")
    drain()
    assert sent() == [["a", "b"], ["a", "b"]]
    trail = Attempt.objects.order_by("pk").values_list("job_id", flat=True)
    assert list(trail) == list(Job.objects.order_by("pk").values_list("pk", flat=True))


def test_other_kinds_of_calls_are_left_alone(channel):
    queue(channel, ["ok"], key="x")
    put(channel, "a", "b")
    drain()
    assert sent() == [["a", "b"]]
    assert states() == [JobState.SUCCEEDED] * 3


def test_the_refused_one_alone_decides_and_the_others_go_again_as_a_new_call(channel):
    shelf.bad = {"b"}
    _, bad, _ = put(channel, *"abc")
    drain()
    assert sent() == [list("abc"), ["a", "c"]]
    assert len(set(keys())) == 2
    assert shelf.levels == {"a": 1, "c": 1}
    assert Job.objects.get(pk=bad).state == JobState.DEAD_LETTERED
    spared = Job.objects.exclude(pk=bad)
    assert {(job.state, job.outcome, job.attempts) for job in spared} == {
        (JobState.SUCCEEDED, Outcome.WRITTEN, 0)
    }
    trail = Attempt.objects.filter(job__in=spared, outcome=AttemptOutcome.REFUSED)
    assert trail.count() == 2


def test_where_nobody_is_named_each_goes_alone(channel):
    shelf.faults = [NEVER]
    put(channel, *"abc")
    drain()
    assert sorted(sent()) == [["a"], list("abc"), ["b"], ["c"]]
    assert states() == [JobState.SUCCEEDED] * 3
    assert set(Job.objects.values_list("attempts", flat=True)) == {0}


def test_a_call_nobody_heard_of_goes_again_as_it_was_before_anything_else(channel):
    shelf.faults = [LOST]
    first, second = put(channel, "a", "b")
    drain()
    assert shelf.levels == {"a": 1, "b": 1}
    assert set(Call.objects.values_list("state", flat=True)) == {CallState.REPEATING}
    assert states() == [JobState.QUEUED] * 2
    put(channel, "a", "c")
    drain()
    (before, after), (key, again) = sent()[:2], keys()[:2]
    assert (before, key) == (after, again)
    assert sent()[2:] in ([["c"], ["a"]], [["c", "a"]], [["a", "c"]], [["a"], ["c"]])
    assert shelf.levels == {"a": 2, "b": 1, "c": 1}
    jobs = Job.objects.filter(pk__in=[first, second])
    assert {(job.state, job.attempts, job.tries) for job in jobs} == {(JobState.SUCCEEDED, 0, 2)}
    assert shelf.heard[:2] == [("a", None), ("b", None)]


def test_what_answers_a_repeat_but_a_result_leaves_it_to_be_repeated(channel):
    shelf.faults = [LOST, SLOW, DOWN, LOST]
    put(channel, "a", "b")
    drain()
    for _ in range(6):
        make_all_due()
        Channel.objects.filter(next_trial_at__isnull=False).update(next_trial_at=timezone.now())
        drain()
    assert len(set(keys())) == 1
    assert len(keys()) == 5
    assert shelf.levels == {"a": 1, "b": 1}
    assert states() == [JobState.SUCCEEDED] * 2
    assert set(Job.objects.values_list("attempts", flat=True)) == {0}


def test_a_paused_channel_repeats_nothing_and_forgets_nothing(channel, monkeypatch):
    shelf.faults = [LOST]
    put(channel, "a", "b")
    drain()

    def pause_meanwhile(_job, *, now):
        pause(channel.pk)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(shelf, "context", pause_meanwhile, raising=False)
        make_all_due()
        drain()
    assert len(keys()) == 1
    assert set(Call.objects.values_list("state", flat=True)) == {CallState.REPEATING}
    resume(channel.pk)
    work()
    assert len(set(keys())) == 1
    assert shelf.levels == {"a": 1, "b": 1}
    assert states() == [JobState.SUCCEEDED] * 2


def test_a_repeat_waits_where_its_context_is_not_to_be_had(channel, monkeypatch):
    shelf.faults = [LOST]
    put(channel, "a", "b")
    drain()
    waits = Parked("The token is being renewed.", 60)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(shelf, "context", lambda _job, *, now: waits, raising=False)  # noqa: ARG005
        make_all_due()
        drain()
    assert {job.reason for job in Job.objects.all()} == {"The token is being renewed."}
    assert Lane.objects.filter(due_at__gt=timezone.now()).count() == 2
    work()
    assert states() == [JobState.SUCCEEDED] * 2


def test_after_a_day_the_handler_decides(channel):
    shelf.faults = [LOST]
    put(channel, "a", "b")
    drain()
    Call.objects.update(created_at=timezone.now() - timedelta(hours=23))
    work()
    assert shelf.heard[:2] == [("a", "expired"), ("b", "expired")]
    assert len(set(keys())) == 2  # planned anew: the test's handler reads nothing
    assert states() == [JobState.SUCCEEDED] * 2


def test_a_job_whose_outcome_is_open_is_not_cancelled(channel):
    shelf.faults = [LOST]
    jobs = put(channel, "a", "b")
    drain()
    follower = put(channel, "a")
    Lane.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert cancel([*jobs, *follower], by="ada") == 1
    work()
    assert states() == [JobState.SUCCEEDED] * 2 + [JobState.CANCELLED]
    assert shelf.levels == {"a": 1, "b": 1}


def die_with_the_call_out(state=CallState.SENT, **call):
    """As if the pump had been killed after it sent, and its leases had ended."""
    past, token = timezone.now() - timedelta(seconds=1), uuid4()
    Lane.objects.update(token=token, lease_until=past, claimed_at=past, due_at=past)
    Call.objects.update(state=state, token=token, **call)
    Job.objects.update(state=JobState.RUNNING)
    for job in Job.objects.all():
        Attempt.objects.create(
            job=job, number=job.tries + 1, token=token, call=job.calls.order_by("pk").last()
        )
    Job.objects.update(tries=2)


def test_the_call_of_a_dead_pump_is_taken_over_for_all_its_lanes(channel):
    shelf.faults = [LOST]
    put(channel, *"abc")
    drain()
    die_with_the_call_out()
    work()
    assert len(set(keys())) == 1
    assert shelf.levels == {"a": 1, "b": 1, "c": 1}
    assert states() == [JobState.SUCCEEDED] * 3
    assert Attempt.objects.filter(outcome=AttemptOutcome.CRASHED).count() == 3
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def test_it_is_taken_over_though_not_all_its_lanes_fit_in_one_claim(channel, settings):
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "THREADS": 1}
    test_the_call_of_a_dead_pump_is_taken_over_for_all_its_lanes(channel)


def test_it_waits_until_all_its_leases_have_ended(channel):
    shelf.faults = [LOST]
    put(channel, *"ab")
    drain()
    die_with_the_call_out()
    last = Lane.objects.filter(key="b")
    last.update(lease_until=timezone.now() + timedelta(seconds=60))
    run_pump(channel.pk)
    assert len(keys()) == 1
    assert Job.objects.filter(crashes=0).count() == 2
    Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    work()
    assert len(set(keys())) == 1
    assert states() == [JobState.SUCCEEDED] * 2


def test_an_answer_that_a_dead_pump_saved_is_settled_for_all_its_lanes(channel):
    put(channel, *"abc")
    drain()
    answer = Call.objects.exclude(answer=None).get().answer
    Job.objects.update(state=JobState.RUNNING, finished_at=None, outcome="")
    Lane.objects.update(pending=1, due_at=timezone.now())
    die_with_the_call_out(CallState.ANSWERED)
    assert answer
    work()
    assert len(keys()) == 1
    assert states() == [JobState.SUCCEEDED] * 3


def test_after_a_second_death_each_goes_alone(channel):
    shelf.faults = [LOST]
    put(channel, *"ab")
    drain()
    die_with_the_call_out()
    Job.objects.update(crashes=1)
    work()
    assert shelf.heard[:2] == [("a", "crashed"), ("b", "crashed")]
    assert sorted(sent()[1:]) == [["a"], ["b"]]
    assert states() == [JobState.SUCCEEDED] * 2


def test_a_broken_merge_is_its_jobs_failure(channel):
    put(channel, "a", "bug")
    drain()
    assert {(job.state, job.error_code) for job in Job.objects.all()} == {
        (JobState.RETRYING, "bug")
    }
    assert sent() == []


def test_a_merged_call_is_paid_for_once(channel):
    Channel.objects.update(
        points_available=35, points_maximum=1000, points_restore=0.001,
        points_at=timezone.now(), costs={"shelf": [30, 4]},
    )  # fmt: skip
    shelf.points = Points(5, 1000, 0.001)
    put(channel, *"abcdef")
    run_pump(channel.pk)
    assert sent() == [list("abcd")]
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 4


def test_the_carrier_of_a_dead_letter_is_kept_with_it(channel):
    shelf.bad = {"b"}
    put(channel, *"ab")
    drain()
    long_ago = timezone.now() - timedelta(days=400)
    Job.objects.update(created_at=long_ago, finished_at=long_ago)
    prune_old()
    dead = Job.objects.get(state=JobState.DEAD_LETTERED)
    assert dead.calls.get().carrier.merged == {"items": ["a", "b"]}
