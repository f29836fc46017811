"""The engine's tables: channels, their lanes, the jobs, the attempts and the stored calls."""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from syncqueue.enums import (
    OPEN_CALL_STATES,
    OPEN_STATES,
    AttemptOutcome,
    CallState,
    Health,
    JobState,
    Kind,
    Outcome,
    Policy,
    Priority,
)


def _choices(words: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in words]


KINDS = _choices(Kind)
PRIORITIES = [(priority.value, priority.name.capitalize()) for priority in Priority]


class Channel(models.Model):
    """One store's queue. Health stops its calls; `paused` stops both kinds of lanes."""

    name = models.CharField(max_length=255, unique=True)
    health = models.CharField(
        max_length=16, choices=_choices(Health), default=Health.HEALTHY, db_default=Health.HEALTHY
    )
    health_reason = models.TextField(blank=True, default="", db_default="")
    health_by = models.CharField(
        max_length=150, blank=True, default="", db_default="", help_text="Empty: the engine itself."
    )
    health_at = models.DateTimeField(db_default=Now())
    next_trial_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    paused = models.BooleanField(default=False, db_default=False)
    epoch = models.BigIntegerField(
        default=0, db_default=0, help_text="Raised by the owner whenever planned calls are void."
    )
    woken_at = models.DateTimeField(null=True, blank=True)
    slot_token = models.UUIDField(null=True, blank=True)
    slot_until = models.DateTimeField(null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    points_available = models.FloatField(null=True, blank=True)
    points_maximum = models.FloatField(null=True, blank=True)
    points_restore = models.FloatField(null=True, blank=True)
    points_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index("next_due_at", name="channel_due", condition=Q(next_due_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="channel_slot_is_whole",
                condition=Q(slot_token__isnull=True, slot_until__isnull=True)
                | Q(slot_token__isnull=False, slot_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """The jobs of one resource and kind, strictly one at a time; idle when `due_at` is empty."""

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="lanes", db_index=False
    )
    kind = models.CharField(max_length=4, choices=KINDS)
    key = models.CharField(max_length=255)
    priority = models.SmallIntegerField(choices=PRIORITIES, default=0, db_default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    # These four stand in no index, so that a claim stays a cheap in-page update.
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True)
    pending = models.IntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                "channel",
                "kind",
                "priority",
                "due_at",
                name="lane_due",
                condition=Q(due_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint("channel", "kind", "key", name="lane_is_unique"),
            models.CheckConstraint(name="lane_pending_counts", condition=Q(pending__gte=0)),
            models.CheckConstraint(
                name="lane_is_due_while_pending",
                condition=Q(pending=0, due_at__isnull=True)
                | Q(pending__gt=0, due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


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
        choices=_choices(JobState),
        default=JobState.QUEUED,
        db_default=JobState.QUEUED,
    )
    outcome = models.CharField(
        max_length=16, choices=_choices(Outcome), blank=True, default="", db_default=""
    )
    reason = models.TextField(blank=True, default="", db_default="")
    error_code = models.CharField(max_length=100, blank=True, default="", db_default="")
    attempts = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Attempts spent; waiting spends none."
    )
    tries = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Rows of its trail, spent or not."
    )
    crashes = models.PositiveSmallIntegerField(default=0, db_default=0)
    policy = models.CharField(
        max_length=16, choices=_choices(Policy), default=Policy.OUTBOUND, db_default=Policy.OUTBOUND
    )
    priority = models.SmallIntegerField(choices=PRIORITIES, default=1, db_default=1)
    dedupe_key = models.CharField(max_length=255, blank=True, default="", db_default="")
    cause_id = models.UUIDField()
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


class Call(models.Model):
    """Exactly what is about to be sent, stored before it is; later the raw answer."""

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="calls", db_index=False
    )
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="calls", db_index=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="calls")
    passengers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    request = models.JSONField()
    idempotency_key = models.UUIDField(unique=True)
    token = models.UUIDField()
    guard = models.CharField(max_length=16, default="none", db_default="none")
    state = models.CharField(
        max_length=16,
        choices=_choices(CallState),
        default=CallState.PLANNED,
        db_default=CallState.PLANNED,
    )
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("lane", name="call_open", condition=Q(state__in=OPEN_CALL_STATES)),
        ]
        constraints = [
            models.CheckConstraint(
                name="call_answered_has_an_answer",
                condition=~Q(state=CallState.ANSWERED) | Q(answer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class Attempt(models.Model):
    """One try of a job: written when its plan commits, finished when it is settled."""

    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="attempt_set", db_index=False
    )
    number = models.PositiveIntegerField()
    call = models.ForeignKey(
        Call, null=True, blank=True, on_delete=models.SET_NULL, related_name="attempts"
    )
    token = models.UUIDField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=16, choices=_choices(AttemptOutcome), blank=True, default="", db_default=""
    )
    error_code = models.CharField(max_length=100, blank=True, default="", db_default="")
    message = models.TextField(blank=True, default="", db_default="")
    guard = models.CharField(max_length=16, blank=True, default="", db_default="")
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    request_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    cost = models.IntegerField(null=True, blank=True)

    class Meta:
        ordering = ["job_id", "number"]
        constraints = [
            models.UniqueConstraint("job", "number", name="attempt_is_numbered"),
            models.UniqueConstraint(
                F("job"), name="attempt_one_open", condition=Q(finished_at__isnull=True)
            ),
            models.CheckConstraint(
                name="attempt_finished_with_an_outcome",
                condition=Q(finished_at__isnull=True, outcome="")
                | (Q(finished_at__isnull=False) & ~Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}"


class Chore(models.Model):
    """When a periodic chore last ran on any node; the row is its lock and its clock."""

    name = models.CharField(max_length=100, primary_key=True)
    ran_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
