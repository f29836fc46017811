"""Channels, one a store, and their lanes."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from syncqueue.enums import Health, Kind
from syncqueue.models.choices import PRIORITIES, choices


class Channel(models.Model):
    """One store's queue. Health stops its calls; `paused` stops both kinds of lanes."""

    name = models.CharField(max_length=255, unique=True)
    health = models.CharField(
        max_length=16, choices=choices(Health), default=Health.HEALTHY, db_default=Health.HEALTHY
    )
    health_reason = models.TextField(blank=True, default="", db_default="")
    health_by = models.CharField(
        max_length=150, blank=True, default="", db_default="", help_text="Empty: the engine itself."
    )
    health_at = models.DateTimeField(db_default=Now())
    next_trial_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    climb = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Calls that may be in flight after an outage; else all."
    )
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
    costs = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="By handler: the points that a call asks for, and those that it uses.",
    )
    turns = models.BigIntegerField(
        default=0, db_default=0, help_text="How often calls were started."
    )
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
    kind = models.CharField(max_length=4, choices=choices(Kind))
    key = models.CharField(max_length=255)
    priority = models.SmallIntegerField(choices=PRIORITIES, default=0, db_default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    # These stand in no index, so that a claim stays a cheap in-page update.
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True)
    pending = models.IntegerField(default=0, db_default=0)
    received = models.BigIntegerField(
        default=0, db_default=0, help_text="Jobs ever stored, counted by the statement that did."
    )
    done_id = models.BigIntegerField(
        default=0, db_default=0, help_text="The newest job that succeeded."
    )

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
