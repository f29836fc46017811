"""How long a backlog will take, told by its size, what its calls use, and the store's points."""

from datetime import timedelta

import pytest
from django.utils import timezone

from syncqueue.domain.pace import duration
from syncqueue.enums import Kind
from syncqueue.models import Channel, Lane
from syncqueue.selectors.forecast import forecasts
from tests.syncqueue.queueing import queue

pytestmark = pytest.mark.django_db


def ahead(channel):
    return forecasts([channel.pk])[channel.pk]


def test_a_backlog_takes_as_long_as_its_points_take_to_flow_back(channel):
    for number in range(30):
        queue(channel, ["ok"], ["ok"], key=f"product:{number}")
    queue(channel, ["done"], kind=Kind.IN)
    assert (ahead(channel).calls, ahead(channel).seconds, ahead(channel).words) == (30, None, "")
    Channel.objects.update(
        costs={"scripted": [300, 20]},
        points_available=100, points_maximum=2000, points_restore=5, points_at=timezone.now(),
    )  # fmt: skip
    assert ahead(channel).points == 600
    assert ahead(channel).seconds == pytest.approx(100, abs=1)
    assert ahead(channel).words == "30 calls are due: about 2 minutes at 5 points a second"


def test_what_waits_for_its_next_try_is_no_backlog(channel):
    queue(channel, ["ok"])
    Lane.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    assert ahead(channel).calls == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "about 1 second"),
        (42.4, "about 42 seconds"),
        (95, "about 2 minutes"),
        (3 * 3600, "about 3 hours"),
        (3 * 86400, "about 3 days"),
    ],
)
def test_durations_are_told_in_words(seconds, words):
    assert duration(seconds) == words
