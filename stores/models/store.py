"""Stores with their grants and modes, their subscriptions, and the inbox."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from stores.enums import Mode, SubscriptionState
from stores.fields import EncryptedTextField
from stores.managers import WorkspaceScoped
from stores.models.workspace import Organization, Workspace
from syncqueue.models import Channel, Job


class Store(models.Model):
    """One Shopify shop with its grant, mode and queue; `pull_*`: how far a pull has come."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stores")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="stores"
    )
    channel = models.OneToOneField(Channel, on_delete=models.PROTECT, related_name="store")
    domain = models.CharField(max_length=255, unique=True)
    shop_gid = models.CharField(max_length=255, blank=True, default="")
    name = models.CharField(max_length=255, blank=True, default="")
    currency = models.CharField(max_length=3, blank=True, default="")
    plan = models.CharField(max_length=100, blank=True, default="")
    timezone = models.CharField(
        "time zone", max_length=64, blank=True, default="", db_default="", help_text="By IANA."
    )
    mode = models.CharField(
        max_length=16,
        choices=[(mode.value, mode.value.title()) for mode in Mode],
        default=Mode.DISCOVERED,
    )
    mode_reason = models.TextField(blank=True, default="", db_default="")
    mode_before_pause = models.CharField(max_length=16, blank=True, default="", db_default="")
    mode_epoch = models.BigIntegerField(
        default=0, db_default=0, help_text="Grows with every change of mode; grants carry it."
    )
    access_token = EncryptedTextField(blank=True, default="")
    refresh_token = EncryptedTextField(blank=True, default="")
    token_expires_at = models.DateTimeField(null=True, blank=True)
    scopes = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    installed_at = models.DateTimeField(null=True, blank=True)
    mode_since = models.DateTimeField(db_default=Now())
    covered_since = models.DateTimeField(
        db_default=Now(),
        help_text="Since when nothing that the store told can have been missed.",
    )
    opted_in_at = models.DateTimeField(null=True, blank=True)
    opted_in_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    opted_in_plan = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="The hash of the plan."
    )
    pull_cursor = models.TextField(blank=True, default="", db_default="")
    pull_done = models.PositiveIntegerField(default=0, db_default=0)
    pull_total = models.PositiveIntegerField(null=True, blank=True)
    pull_started_at = models.DateTimeField(null=True, blank=True)
    pull_finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "id"], name="store_in_workspace"),
            models.CheckConstraint(
                name="store_live_has_opted_in",
                condition=~Q(mode=Mode.LIVE) | Q(opted_in_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.domain

    @property
    def is_live(self) -> bool:
        return self.mode == Mode.LIVE


class Location(models.Model):
    """One place where a store keeps stock."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="locations")
    gid = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True, default="")
    active = models.BooleanField(default=True, db_default=True)

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["store_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "gid"], name="location_is_one_per_gid"),
            models.UniqueConstraint(fields=["store", "id"], name="location_in_store"),
        ]

    def __str__(self) -> str:
        return self.name or f"location {self.gid.rpartition('/')[2]}"


class OAuthState(models.Model):
    """One installation under way; its nonce is kept as a hash and can be used once."""

    nonce_hash = models.CharField(max_length=64, unique=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    domain = models.CharField(max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"installation of {self.domain}"


class WebhookSubscription(models.Model):
    """One declared topic as it stands at a store."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="subscriptions")
    topic = models.CharField(max_length=100)
    gid = models.CharField(max_length=255, blank=True, default="")
    uri = models.CharField(max_length=500, blank=True, default="")
    state = models.CharField(
        max_length=16, choices=[(state.value, state.value.title()) for state in SubscriptionState]
    )
    checked_at = models.DateTimeField()

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["store_id", "topic"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "topic"], name="subscription_is_one_per_topic"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} of {self.store}"


class Delivery(models.Model):
    """One received webhook, verbatim: the inbox."""

    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    webhook_id = models.CharField(max_length=100)
    topic = models.CharField(max_length=100)
    event_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    api_version = models.CharField(max_length=20, blank=True, default="", db_default="")
    triggered_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(db_default=Now())
    body = models.BinaryField()
    # The job is stored by the same statement, after this row.
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    enqueued_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.TextField(blank=True, default="", db_default="")

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "webhook_id"], name="delivery_is_stored_once"),
        ]
        indexes = [
            models.Index(
                "id",
                name="delivery_stranded",
                condition=Q(enqueued_at__isnull=True, closed_at__isnull=True),
            ),
            models.Index(fields=["store", "-received_at"], name="delivery_store_received"),
            models.Index("closed_at", name="delivery_closed", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.webhook_id}"
