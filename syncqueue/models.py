"""The engine's tables: one channel a store, its lanes, their jobs, attempts and calls."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from syncqueue.enums import (
    FINISHED_STATES,
    OPEN_STATES,
    AttemptOutcome,
    CallState,
    Health,
    Kind,
    Outcome,
    Policy,
    Priority,
    State,
)


class Channel(models.Model):
    """One store's queue: its health, its pace, its pump's slot."""

    name = models.CharField(max_length=255, unique=True)
    health = models.CharField(max_length=16, choices=Health, default=Health.HEALTHY)
    health_reason = models.TextField(blank=True)
    health_by = models.CharField(
        max_length=150, blank=True, help_text="Who set it; empty for automation."
    )
    health_at = models.DateTimeField(null=True)
    next_trial_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    paused = models.BooleanField(default=False, help_text="Stops deciding and calling.")
    epoch = models.PositiveIntegerField(
        default=0,
        help_text="Moved by every change of the owner; older planned calls stop.",
    )
    woken_at = models.DateTimeField(null=True)
    slot_token = models.UUIDField(null=True)
    slot_until = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True, help_text="Never later than its first due lane.")
    points_available = models.FloatField(null=True)
    points_maximum = models.FloatField(null=True)
    points_restore = models.FloatField(null=True, help_text="Points a second.")
    points_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_due_at"],
                name="channel_due",
                condition=Q(next_due_at__isnull=False, paused=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """The jobs of one resource and one kind, strictly one at a time, oldest first.

    The leased columns stand in no index, so that claiming is a heap-only update.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="lanes")
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=255)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.INTERACTIVE)
    due_at = models.DateTimeField(null=True, help_text="Empty while there is nothing to do.")
    lease_until = models.DateTimeField(null=True)
    token = models.UUIDField(null=True)
    pending = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "kind", "key"], name="lane_once"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at"], name="lane_due", condition=Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


class Job(models.Model):
    """One unit of work; it always ends in a named state with a reason."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="jobs")
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="jobs")
    handler = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    reason = models.TextField(blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Spent, not made.")
    policy = models.CharField(max_length=16, choices=Policy, default=Policy.OUTBOUND)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.INTERACTIVE)
    dedupe_key = models.CharField(max_length=255, null=True)
    cause_id = models.UUIDField()
    solo = models.BooleanField(default=False, help_text="Refused in company; carries itself only.")
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FINISHED_STATES, finished_at__isnull=False)
                | Q(state__in=OPEN_STATES, finished_at__isnull=True),
                name="job_finished_has_its_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["lane", "id"], name="job_open", condition=Q(state__in=OPEN_STATES)
            ),
            models.Index(fields=["channel", "state"], name="job_channel_state"),
            models.Index(fields=["state", "-created_at"], name="job_state_created"),
        ]

    def __str__(self) -> str:
        return f"{self.handler} #{self.pk}"


class Call(models.Model):
    """Exactly what is sent, stored before it is sent; later the raw answer. Never a secret."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="calls")
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="calls")
    job = models.ForeignKey(Job, models.PROTECT, related_name="calls")
    passengers = ArrayField(models.BigIntegerField(), default=list)
    request = models.JSONField()
    idempotency_key = models.UUIDField(unique=True)
    token = models.UUIDField()
    guard = models.CharField(max_length=8, default="none")
    state = models.CharField(max_length=16, choices=CallState, default=CallState.PLANNED)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["lane"],
                name="call_unsettled",
                condition=~Q(state=CallState.SETTLED),
            )
        ]

    def __str__(self) -> str:
        return f"Call #{self.pk}"


class Attempt(models.Model):
    """One try of a job: written when its plan commits, finished when its answer is settled."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="trail")
    number = models.PositiveIntegerField()
    call = models.ForeignKey(Call, models.PROTECT, null=True, related_name="attempts")
    token = models.UUIDField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=AttemptOutcome, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)
    guard = models.CharField(max_length=8, default="none")
    http_status = models.PositiveSmallIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    cost = models.FloatField(null=True, help_text="Points that Shopify charged.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="attempt_once"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="attempt_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number} of job {self.job_id}"
