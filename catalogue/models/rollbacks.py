"""Rollbacks: which changes are taken back, and how far that has come."""

from django.db import models

from catalogue.models.errands import Errand


class Rollback(Errand):
    """Product by product in the order of their ids; `upto` is the last change that can be meant."""

    choice = models.JSONField()
    upto = models.PositiveBigIntegerField(default=0)
    last = models.PositiveBigIntegerField(default=0, help_text="The last product that is meant.")
    products = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0, help_text="Values that wait at the gates.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("state", name="rollback_running", condition=models.Q(state="running"))
        ]

    def __str__(self) -> str:
        return f"rollback {self.pk} by {self.by}"
