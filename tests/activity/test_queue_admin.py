"""What operators see of the queue, and do about it."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from syncqueue.domain.choice import ReplayChoice
from syncqueue.enums import JobState, Kind, ReplayState
from syncqueue.models import Job, Lane, Replay
from syncqueue.services.channel import hold
from syncqueue.services.check import check_queue
from syncqueue.services.pump import drain
from syncqueue.services.replays import step
from tests.syncqueue.queueing import queue
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db


def test_the_home_page_shows_the_books_and_what_is_wrong(operator, shops):
    page = operator.get(reverse("admin:index")).text
    assert "not checked yet" in page
    check_queue()
    page = operator.get(reverse("admin:index")).text
    assert "not checked yet" not in page
    assert "Lanes count their open jobs wrongly" not in page
    Lane.objects.filter(channel=shops[0].channel, pending__gt=0).update(pending=7)
    check_queue()
    assert "Lanes count their open jobs wrongly" in operator.get(reverse("admin:index")).text


def test_another_workspace_sees_no_findings_of_ours(stranger, shops):
    Lane.objects.filter(pending__gt=0).update(pending=7)
    check_queue()
    page = stranger.get(reverse("admin:syncqueue_finding_changelist"))
    assert page.context["cl"].result_count == 0
    assert "count their open jobs" not in stranger.get(reverse("admin:index")).text


@pytest.fixture
def dead(shops):
    """Three dead letters of the first shop, of one kind and error."""
    scripted.forget()
    jobs = [
        queue(shops[0].channel, ["plan-refused", "done"], key=f"x:{n}", kind=Kind.IN)[0]
        for n in range(3)
    ]
    drain([shops[0].channel_id])
    return jobs


def dead_left():
    return Job.objects.filter(state=JobState.DEAD_LETTERED).count()


def test_dead_letters_are_grouped_by_what_they_died_of(operator, dead):
    page = operator.get(reverse("admin:syncqueue_dead_letters"))
    (group,) = page.context["groups"]
    assert (group.jobs, group.choice.error_code, group.reason) == (3, "no", "never")
    link = re.search(r'href="([^"]*state__exact=dead_lettered[^"]*)"', page.text)[1]
    listed = operator.get(html.unescape(link))
    assert listed.context["cl"].result_count == 3


def test_a_replay_is_previewed_started_followed(operator, shops, dead):
    address = reverse("admin:syncqueue_replay_preview")
    query = {"channel": shops[0].channel_id, "code": "no", "handler": "scripted"}
    page = operator.get(address, query)
    assert "<strong>3 jobs</strong>" in page.text
    assert dead_left() == 3
    (shown,) = page.context["previews"]
    answer = operator.post(reverse("admin:syncqueue_replay_start"), {"choice": shown["form"]})
    row = Replay.objects.get()
    assert (row.by, row.matched, dead_left()) == ("operator", 3, 0)
    assert answer.url == reverse("admin:syncqueue_replay_change", args=[row.pk])
    page = operator.get(answer.url)
    assert "3 of 3 are queued again" in page.text
    assert "3 open</a>" in page.text
    assert page["Refresh"] == "3"
    drain([shops[0].channel_id])
    step(row.pk)
    page = operator.get(answer.url)
    assert "3 succeeded</a>" in page.text
    assert "Refresh" not in page


def test_a_selection_is_previewed_before_it_is_replayed(operator, dead):
    form = {"action": "replay_jobs", "_selected_action": dead[:2]}
    page = operator.post(reverse("admin:syncqueue_job_changelist"), form)
    assert "2 chosen jobs" in page.text
    assert dead_left() == 3
    (shown,) = page.context["previews"]
    operator.post(reverse("admin:syncqueue_replay_start"), {"choice": shown["form"]})
    assert dead_left() == 1


def test_what_died_since_an_instant_is_replayed_for_a_store(operator, shops, dead):
    then = timezone.now() - timedelta(hours=3)
    Job.objects.filter(pk=dead[0]).update(created_at=then)
    query = {"channel": shops[0].channel_id, "since": f"{then + timedelta(hours=1):%Y-%m-%dT%H:%M}"}
    page = operator.get(reverse("admin:syncqueue_replay_preview"), query)
    assert "<strong>2 jobs</strong>" in page.text
    query["channel"] = "x"
    assert operator.get(reverse("admin:syncqueue_replay_preview"), query).status_code == 400


def test_a_running_replay_is_cancelled_by_an_operator_only(operator, viewer, shops, dead):
    row = Replay.objects.create(
        channel=shops[0].channel, by="ada", matched=3, upto=max(dead), job_ids=dead
    )
    address = reverse("admin:syncqueue_replay_cancel", args=[row.pk])
    assert viewer.post(address).status_code == 403
    operator.force_login(get_user_model().objects.get(username="operator"))
    operator.post(address)
    row.refresh_from_db()
    assert (row.state, row.reason) == (ReplayState.CANCELLED, "Cancelled by operator.")


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_only_operators_of_the_workspace_replay(who, request, shops, dead):
    client = request.getfixturevalue(who)
    query = {"channel": shops[0].channel_id}
    assert client.get(reverse("admin:syncqueue_replay_preview"), query).status_code == 403
    form = {"choice": json.dumps(ReplayChoice(shops[0].channel_id).to_json())}
    assert client.post(reverse("admin:syncqueue_replay_start"), form).status_code == 403
    page = client.get(reverse("admin:syncqueue_dead_letters"))
    assert len(page.context["groups"]) == (who == "viewer")
    assert dead_left() == 3


def test_a_broken_form_starts_nothing(operator, dead):
    for form in ("{", "[]", '{"channel_id": 1}'):
        answer = operator.post(reverse("admin:syncqueue_replay_start"), {"choice": form})
        assert answer.status_code == 400
    assert not Replay.objects.exists()


def test_blocked_lanes_are_listed_with_reason_followers_and_next_try(operator, shops):
    first, second = shops
    scripted.forget()
    head, _ = queue(first.channel, ["plan-retry"], ["done"], key="x:1", kind=Kind.IN)
    (parked,) = queue(first.channel, ["park"], key="x:2", kind=Kind.IN)
    drain([first.channel_id])
    Lane.objects.filter(key="x:1").update(due_at=timezone.now() + timedelta(minutes=10))
    hold(second.channel_id, reason="Stocktaking.", by="ada")
    (held,) = queue(second.channel, ["ok"], key="y:1")
    page = operator.get(reverse("admin:syncqueue_blocked"))
    lanes = {lane.head_id: lane for lane in page.context["lanes"]}
    assert (lanes[head].followers, lanes[head].state) == (1, "retrying")
    assert lanes[head].reason == "not now Attempts left: 4; what is behind it waits."
    assert lanes[parked].reason == "waits for something"
    assert (lanes[held].reason, lanes[held].next_at) == ("Stocktaking.", None)
    assert "in 9\xa0minutes" in page.text
    link = re.search(r'href="([^"]*q=x%3A1[^"]*)"', page.text)[1]
    assert operator.get(html.unescape(link)).context["cl"].result_count == 2


def test_another_workspace_sees_no_blocked_lanes_of_ours(stranger, shops):
    scripted.forget()
    queue(shops[0].channel, ["park"], key="x:2", kind=Kind.IN)
    drain([shops[0].channel_id])
    assert stranger.get(reverse("admin:syncqueue_blocked")).context["lanes"] == []
