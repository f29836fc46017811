"""Jobs: one unit of work each, with the state it is in."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from syncqueue.enums import OPEN_STATES, JobState, Outcome, Policy
from syncqueue.models.channel import Channel, Lane
from syncqueue.models.choices import PRIORITIES, choices
from syncqueue.models.replay import Replay


class Job(models.Model):
    """One unit of work, kept for ever with its payload, its state and the reason of it."""

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="jobs", db_index=False)
    handler = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    state = models.CharField(
        max_length=16,
        choices=choices(JobState),
        default=JobState.QUEUED,
        db_default=JobState.QUEUED,
    )
    outcome = models.CharField(
        max_length=16, choices=choices(Outcome), blank=True, default="", db_default=""
    )
    reason = models.TextField(blank=True, default="", db_default="")
    error_code = models.CharField(max_length=100, blank=True, default="", db_default="")
    attempts = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Attempts spent; waiting spends none."
    )
    tries = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Rows of its trail, spent or not."
    )
    crashes = models.SmallIntegerField(
        default=0,
        db_default=0,
        help_text="Workers that ended on it and that it has not survived since; -1 is a credit.",
    )
    policy = models.CharField(
        max_length=16, choices=choices(Policy), default=Policy.OUTBOUND, db_default=Policy.OUTBOUND
    )
    priority = models.SmallIntegerField(choices=PRIORITIES, default=1, db_default=1)
    dedupe_key = models.CharField(max_length=255, blank=True, default="", db_default="")
    cause_id = models.UUIDField()
    replay = models.ForeignKey(
        Replay,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
        db_index=False,
        help_text="The replay that queued it again last.",
    )
    cancel_by = models.CharField(
        max_length=150,
        blank=True,
        default="",
        db_default="",
        help_text="Who wants it to end before it is planned again.",
    )
    solo = models.BooleanField(default=False, db_default=False)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("lane", "id", name="job_open", condition=Q(state__in=OPEN_STATES)),
            models.Index(
                "lane",
                "dedupe_key",
                name="job_dedupe",
                condition=Q(state__in=OPEN_STATES) & ~Q(dedupe_key=""),
            ),
            models.Index("state", "created_at", name="job_state_created"),
            models.Index("channel", "state", name="job_channel_state"),
            models.Index("cause_id", name="job_cause"),
            models.Index("replay", "state", name="job_replay", condition=Q(replay__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="job_open_or_finished",
                condition=Q(state__in=OPEN_STATES, finished_at__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="job_succeeds_with_an_outcome",
                condition=~Q(state=JobState.SUCCEEDED) | ~Q(outcome=""),
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"
