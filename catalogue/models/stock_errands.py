"""What is done to the stock of many variants: one errand, one variant after the other."""

from django.db import models

from catalogue.enums import JoinChoice, MovementKind, Source, StockVerb
from catalogue.models.errands import Errand
from catalogue.models.gates import HeldBatch
from catalogue.models.stock import StockPool
from stores.managers import WorkspaceScoped
from stores.models import Location, Store

WORDS = {
    StockVerb.FOUND: "Founding a place",
    StockVerb.JOIN: "Joining a place",
    StockVerb.LEAVE: "Leaving a place",
    StockVerb.KEEP_BACK: "Keeping back",
    StockVerb.HAND_OVER: "Handing over",
    StockVerb.COUNT: "Counting",
    StockVerb.TAKE_IN: "Telling what is sold out",
    StockVerb.PUT_BACK: "Putting back",
}


class StockErrand(Errand):
    """One verb over all variants of a place, of a location, or over those that are named."""

    verb = models.CharField(
        max_length=16,
        choices=[(verb.value, WORDS[verb]) for verb in StockVerb],
    )
    source = models.CharField(
        max_length=16, choices=[(source.value, source.value.title()) for source in Source]
    )
    place = models.CharField(max_length=255, blank=True, default="")
    location = models.ForeignKey(
        Location, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    choice = models.CharField(
        max_length=16,
        blank=True,
        default="",
        choices=[(one.value, one.value.replace("_", " ").capitalize()) for one in JoinChoice],
    )
    buffer = models.PositiveIntegerField(default=0)
    variants = models.JSONField(null=True, blank=True, help_text="Only these; all, where empty.")
    total = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict, blank=True, help_text="How many, by the reason.")
    held = models.ForeignKey(
        HeldBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="stock_errands"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("state", name="stock_errand_running", condition=models.Q(state="running"))
        ]

    def __str__(self) -> str:
        of = f": {self.place}" if self.place else ""
        return f"{self.get_verb_display()}{of}"


class StockCount(models.Model):
    """One number of an errand that sets many: set to it, or moved by it."""

    errand = models.ForeignKey(StockErrand, on_delete=models.CASCADE, related_name="counts")
    pool = models.ForeignKey(StockPool, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=16,
        choices=[
            (kind.value, kind.value.title())
            for kind in (MovementKind.SET, MovementKind.ADJUSTED, MovementKind.RECOUNTED)
        ],
    )
    number = models.IntegerField(help_text="What it is set to; otherwise by how much it moves.")
    reason = models.TextField(blank=True, default="")
    seen = models.PositiveBigIntegerField(help_text="The pool's last movement at that time.")

    workspace_path = "errand__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["errand_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["errand", "pool"], name="stock_count_is_one_a_pool")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
