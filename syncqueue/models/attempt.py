"""Attempts: the trail of a job, one row a try."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from syncqueue.enums import AttemptOutcome
from syncqueue.models.call import Call
from syncqueue.models.choices import choices
from syncqueue.models.job import Job


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
        max_length=16, choices=choices(AttemptOutcome), blank=True, default="", db_default=""
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
