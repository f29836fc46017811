"""Replays: dead letters on their way back into the queue, as a job of its own."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from syncqueue.enums import ReplayState
from syncqueue.models.channel import Channel
from syncqueue.models.choices import choices


class Replay(models.Model):
    """What somebody chose to replay in one channel, and how far it has come.

    Jobs up to `upto` are taken by id; `cursor` is the last one that was looked at.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="replays")
    job_ids = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Empty: all that match."
    )
    error_code = models.CharField(max_length=100, blank=True, default="")
    handler = models.CharField(max_length=100, blank=True, default="")
    since = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=150)
    state = models.CharField(
        max_length=16, choices=choices(ReplayState), default=ReplayState.RUNNING
    )
    reason = models.TextField(blank=True, default="")
    matched = models.PositiveIntegerField()
    replayed = models.PositiveIntegerField(default=0)
    upto = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("id", name="replay_running", condition=Q(state=ReplayState.RUNNING)),
        ]
        constraints = [
            models.CheckConstraint(
                name="replay_running_or_finished",
                condition=Q(state=ReplayState.RUNNING, finished_at__isnull=True)
                | (~Q(state=ReplayState.RUNNING) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"replay {self.pk}"
