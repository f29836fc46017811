"""The books: what was pruned, and how the queue stood when it was last checked."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from syncqueue.enums import JobState
from syncqueue.models.channel import Channel
from syncqueue.models.choices import choices


class Pruned(models.Model):
    """How many finished jobs of a channel are gone, by the state in which they ended."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="pruned")
    state = models.CharField(max_length=16, choices=choices(JobState))
    jobs = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "pruned"
        ordering = ["channel_id", "state"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "state"], name="pruned_is_one_per_state"),
        ]

    def __str__(self) -> str:
        return f"{self.jobs} pruned jobs that were {self.state}"


class Balance(models.Model):
    """A channel's jobs as they were last counted: received is the sum of the others."""

    channel = models.OneToOneField(
        Channel, primary_key=True, on_delete=models.CASCADE, related_name="balance"
    )
    received = models.BigIntegerField()
    succeeded = models.BigIntegerField()
    dead_lettered = models.BigIntegerField()
    cancelled = models.BigIntegerField()
    open = models.BigIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["channel_id"]

    def __str__(self) -> str:
        return f"balance of {self.channel}"


class Finding(models.Model):
    """Something that must not be, in words, with the rows that show it; gone when it is cured."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="findings")
    code = models.CharField(max_length=50)
    sentence = models.TextField()
    rows = ArrayField(models.BigIntegerField(), default=list, blank=True)
    found_at = models.DateTimeField()
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["channel_id", "code"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "code"], name="finding_is_told_once"),
        ]

    def __str__(self) -> str:
        return self.sentence
