"""P9, P12, P19 of the sync rules: one bad settle, a cancel at any moment, a crowd of channels."""

import random
from concurrent.futures import wait
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from syncqueue.enums import Health, JobState, Kind, Outcome
from syncqueue.models import Attempt, Channel, Job, Lane
from syncqueue.services import replay as replay_module
from syncqueue.services.outgoing import Outgoing
from syncqueue.services.pump import drain, run_pump
from syncqueue.services.replay import cancel
from syncqueue.services.settle import settle_batch
from syncqueue.services.sweep import sweep
from tests.properties.interleave import every_way
from tests.syncqueue.deaths import die_holding, take
from tests.syncqueue.queueing import make_all_due, queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_raising_settle_in_a_batch_of_fifty_hurts_no_other(channel):
    """P9: forty-nine settle once, each with one attempt; the fiftieth fails for itself."""
    jobs = [queue(channel, ["ok"], key=f"product:{n}")[0] for n in range(49)]
    (bad,) = queue(channel, ["settle-bug"], key="product:bad")
    lanes = Lane.objects.count()
    token = uuid4()
    out = Outgoing(channel.pk, token, 60)
    claimed = take(channel, token, lanes=lanes)
    prepared, left = out._plan(claimed, 60.0)
    assert (len(prepared), left) == (50, [])
    out.air._start(prepared)
    wait(out.air.flying)
    settle_batch(channel.pk, out.air.save(out.air.landed(0.0), timezone.now()), token=token)
    assert {state_of(job) for job in jobs} == {(JobState.SUCCEEDED, Outcome.WRITTEN)}
    assert sorted(job for job, _ in scripted.settled) == sorted([*jobs, bad])
    assert Job.objects.get(pk=bad).error_code == "bug"
    assert Attempt.objects.count() == 50


def test_what_kills_its_planner_is_a_dead_letter_after_three_deaths_and_no_other_is(channel):
    """P9: the third crash, each of them while the job was tried alone."""
    killer, follower = queue(channel, ["ok"], ["ok"])
    (bystander,) = queue(channel, ["ok"], key="product:2")
    for _ in range(3):
        make_all_due()
        with pytest.raises(KeyboardInterrupt):
            run_pump_that_dies_of(killer, channel)
        die_holding(token__isnull=False)
        Channel.objects.update(slot_token=None, slot_until=None)
    drain()
    assert (state_of(killer)[0], Job.objects.get(pk=killer).error_code) == (
        JobState.DEAD_LETTERED,
        "poison",
    )
    assert state_of(follower)[0] == state_of(bystander)[0] == JobState.SUCCEEDED


def run_pump_that_dies_of(job_id, channel):
    """A plan that ends its process: what is raised here no handler's failure can be."""
    plan = scripted.plan

    def deadly(job, *args, **more):
        if job.id == job_id:
            raise KeyboardInterrupt
        return plan(job, *args, **more)

    scripted.plan = deadly
    try:
        run_pump(channel.pk)
    finally:
        del scripted.plan


def test_what_a_cancel_says_it_has_ended_is_never_sent_afterwards(channel, monkeypatch):
    """P12: cancel ∥ call, one inside the other at every statement."""
    monkeypatch.setattr(replay_module, "CANCEL_SECONDS", 0.0)
    current = {}

    def cancel_it():
        ended = cancel([current["job"]], by="ada")
        return ended, scripted.sent.count(current["job"])

    def pump_it():
        return run_pump(channel.pk)

    rounds = rows = 0
    (current["job"],) = queue(channel, ["ok"])
    for (ended, sent), _ in every_way(cancel_it, pump_it):
        rounds += 1
        drain()
        state = state_of(current["job"])[0]
        assert state in (JobState.CANCELLED, JobState.SUCCEEDED)
        if ended:
            assert state == JobState.CANCELLED
            assert scripted.sent.count(current["job"]) == sent
        if state == JobState.SUCCEEDED:
            assert scripted.sent.count(current["job"]) == 1
        rows += Lane.objects.exclude(pending=0).count()
        (current["job"],) = queue(channel, ["ok"])
    assert rounds > 20
    assert rows == 0


def test_in_a_crowd_of_channels_whatever_is_due_is_woken_although_wake_ups_are_lost(channel):
    """P19: wake-ups deleted at random, a held channel with a crowd of due lanes, a busy broker."""
    rng, now = random.Random(1), timezone.now()
    channel.delete()
    crowd = Channel.objects.bulk_create(Channel(name=f"c{n}") for n in range(500))
    held = Channel.objects.create(name="held", health=Health.HELD)
    Lane.objects.bulk_create(
        Lane(channel=held, kind=Kind.CALL, key=f"p:{n}", due_at=now, pending=1) for n in range(5000)
    )
    due = rng.sample(crowd, 60)
    for one in due:
        queue(one, ["ok"])
    lost = set(rng.sample([row.pk for row in OrmQ.objects.all()], 30))
    OrmQ.objects.filter(pk__in=lost).delete()
    missed = {one.pk for one in due} - woken()
    assert missed
    for channel_id in woken():
        run_pump(channel_id)
    OrmQ.objects.all().delete()
    a_moment_passes()
    queue(rng.choice([one for one in crowd if one not in due]), ["ok"])  # the broker is never idle
    assert set(sweep(every=0)) == missed
    assert woken() >= missed
    for channel_id in missed:
        run_pump(channel_id)
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == len(due)
    assert not Lane.objects.filter(channel=held, token__isnull=False).exists()


def woken():
    """The channels for which a wake-up waits at the broker."""
    tasks = (row.task for row in OrmQ.objects.all())
    return {task["args"][0] for task in tasks if task["func"] == "syncqueue.tasks.pump"}


def a_moment_passes():
    """Everything happened two seconds earlier."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_q_ormq SET lock = lock - interval '2 s'")
        cursor.execute(
            "UPDATE syncqueue_channel SET woken_at = woken_at - interval '2 s'"
            " WHERE woken_at IS NOT NULL"
        )
