"""What is done by the clock."""

from django.db import models


class Chore(models.Model):
    """When a periodic chore last ran on any node; the row is its lock and its clock."""

    name = models.CharField(max_length=100, primary_key=True)
    ran_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
