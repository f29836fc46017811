"""The stored calls: what is sent, before it is, and what came back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from syncqueue.enums import OPEN_CALL_STATES, CallState
from syncqueue.models.channel import Channel, Lane
from syncqueue.models.choices import choices
from syncqueue.models.job import Job


class Call(models.Model):
    """Exactly what is about to be sent, stored before it is; later the raw answer.

    Where the calls of several lanes go as one, each lane has a row; the first is the carrier of the
    others: `merged` is what it sends, under its own key, and the answer stands on it.
    """

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="calls", db_index=False
    )
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="calls", db_index=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="calls")
    passengers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    request = models.JSONField()
    merged = models.JSONField(null=True, blank=True)
    carrier = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="members",
        db_index=False,
    )
    position = models.PositiveSmallIntegerField(default=0, db_default=0)
    idempotency_key = models.UUIDField(unique=True)
    token = models.UUIDField()
    guard = models.CharField(max_length=16, default="none", db_default="none")
    state = models.CharField(
        max_length=16,
        choices=choices(CallState),
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
            models.Index("lane", name="call_unheard", condition=Q(state=CallState.UNKNOWN)),
            models.Index("carrier", name="call_carrier", condition=Q(carrier__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="call_answered_has_an_answer",
                condition=~Q(state=CallState.ANSWERED)
                | Q(answer__isnull=False)
                | Q(position__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"
