"""Stock: pools of one variant in one place, the stores' levels in them, and their ledger.

The database itself keeps the books: every movement continues the one before it, of its pool and of
its level, and a pool and a level stand where a movement has left them (migration `stock_books`). A
transaction that would commit anything else fails.
"""

from enum import StrEnum

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, NullIf

from catalogue.enums import JoinChoice, MemberState, MovementKind, Source, StockMode
from catalogue.models.canonical import Variant
from catalogue.models.gates import HeldBatch
from stores.managers import WorkspaceScoped
from stores.models import Delivery, Location, Store, Workspace
from syncqueue.models import Job

_LEVEL_ALONE = (MovementKind.CONVERGED, MovementKind.MIRRORED)
_POOL_ALONE = (
    *(MovementKind.SET, MovementKind.ADJUSTED, MovementKind.RECOUNTED, MovementKind.HANDED_OVER),
    *(MovementKind.JOINED, MovementKind.LEFT, MovementKind.KEPT_BACK),
)
_BOTH = (MovementKind.OPENED, MovementKind.AMBIGUOUS, MovementKind.PUSHED)


def _choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ").title()) for word in words]


class StockPool(models.Model):
    """What there is of a variant in one place: a location's own stock, or a shared one."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stock_pools")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="pools")
    place = models.CharField(
        max_length=255, help_text="The name of a shared place, or the one level's own."
    )
    mode = models.CharField(max_length=8, choices=_choices(StockMode), default=StockMode.OWN)
    owner = models.ForeignKey(
        Store,
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="owned_pools",
        help_text="The store whose level the pool copies.",
    )
    quantity = models.IntegerField(default=0, db_default=0)
    sequence = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="The number of its last movement."
    )
    question = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="What a person must answer before anything is pushed.",
    )
    disputed = models.IntegerField(
        default=0, db_default=0, help_text="What the question is about, counted for now."
    )
    held = models.ForeignKey(
        HeldBatch,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="pools",
        help_text="The gates' question: it is answered for all of the batch at once.",
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["variant_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "place"], name="stock_pool_is_one_a_place"),
            models.UniqueConstraint(fields=["workspace", "id"], name="stock_pool_in_workspace"),
            models.CheckConstraint(
                name="stock_pool_owned_has_an_owner",
                condition=Q(mode=StockMode.OWNER, owner__isnull=False)
                | (~Q(mode=StockMode.OWNER) & Q(owner__isnull=True)),
            ),
        ]
        indexes = [
            models.Index("workspace", "place", name="stock_pool_place"),
            models.Index("workspace", name="stock_pool_question", condition=~Q(question="")),
        ]

    def __str__(self) -> str:
        return f"{self.variant}, {self.name}"

    @property
    def name(self) -> str:
        return "own stock" if self.mode == StockMode.OWN else self.place


class StockMember(models.Model):
    """One store's level, an item at a location, in the pool that it belongs to.

    `level` is what the store is known to show since `as_of` of its own clock. `unknown` is a push
    whose outcome nobody heard: it is sent again as it is before anything else.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    pool = models.ForeignKey(StockPool, on_delete=models.CASCADE, related_name="members")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="stock_members")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="stock_members")
    item_gid = models.CharField(max_length=255)
    state = models.CharField(
        max_length=8, choices=_choices(MemberState), default=MemberState.MEMBER
    )
    state_reason = models.TextField(blank=True, default="", db_default="")
    epoch = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Grows whenever it leaves a pool."
    )
    level = models.IntegerField(default=0, db_default=0)
    as_of = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="The number of its last movement."
    )
    buffer = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Kept back from this store."
    )
    joins = models.ForeignKey(
        StockPool, null=True, blank=True, on_delete=models.SET_NULL, related_name="joiners"
    )
    choice = models.CharField(
        max_length=16, blank=True, default="", db_default="", choices=_choices(JoinChoice)
    )
    needs_read = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="Why it must be read first.",
    )
    stale = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Pushes in a row that came after another change."
    )
    unknown = models.JSONField(null=True, blank=True)
    accounted = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="The last call taken account of that nobody settled."
    )
    pushed_sequence = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="The last movement of the pool that the store shows."
    )
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When its last call was settled, by our clock."
    )
    joined_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["pool_id", "store_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["location", "item_gid"], name="stock_member_is_one"),
            models.UniqueConstraint(
                fields=["pool", "store"], name="stock_pool_has_one_location_of_a_store"
            ),
            models.CheckConstraint(
                name="stock_member_joins_by_choice",
                condition=~Q(state=MemberState.JOINING) | ~Q(choice=""),
            ),
        ]
        indexes = [models.Index("store", "item_gid", name="stock_member_item")]

    def __str__(self) -> str:
        return f"{self.store}, {self.location}"

    @property
    def lane_key(self) -> str:
        """The lane of every read and write of this level in its store."""
        return f"level:{number_of(self.item_gid)}:{number_of(self.location.gid)}"

    @property
    def own_place(self) -> str:
        """The place of the pool that is this level's own."""
        return f"{OWN}{self.store_id}:{self.lane_key}"


OWN = "own:"  # what no shared place's name begins with


def number_of(gid: str) -> str:
    return gid.rpartition("/")[2]


class StockMovement(models.Model):
    """One movement of a pool, of a level or of both; never altered once stored."""

    pool = models.ForeignKey(
        StockPool, on_delete=models.CASCADE, related_name="movements", db_index=False
    )
    sequence = models.PositiveBigIntegerField()
    member = models.ForeignKey(
        StockMember,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="movements",
        db_index=False,
    )
    member_sequence = models.PositiveBigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=16, choices=_choices(MovementKind))
    source = models.CharField(max_length=16, choices=_choices(Source))
    actor = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    pool_delta = models.IntegerField(default=0)
    quantity = models.IntegerField(help_text="Of the pool, after it.")
    level_delta = models.IntegerField(default=0)
    level = models.IntegerField(null=True, blank=True, help_text="Of the store, after it.")
    as_of = models.DateTimeField(null=True, blank=True, help_text="By the store's clock.")
    key = models.CharField(max_length=200, help_text="What moved it; it moves a pool once.")
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="stock_movements"
    )
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="stock_movements"
    )
    cause_id = models.UUIDField(db_index=True)
    created_at = models.DateTimeField(db_default=Now())
    # What the one before it must say; the foreign keys of the books stand on these.
    before = models.GeneratedField(
        expression=NullIf(F("sequence") - 1, 0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    quantity_before = models.GeneratedField(
        expression=F("quantity") - F("pool_delta"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    member_before = models.GeneratedField(
        expression=NullIf(F("member_sequence") - 1, 0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    level_before = models.GeneratedField(
        expression=F("level") - F("level_delta"),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    workspace_path = "pool__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "sequence"], name="stock_movement_in_turn"),
            models.UniqueConstraint(
                fields=["member", "member_sequence"], name="stock_movement_of_level_in_turn"
            ),
            models.UniqueConstraint(fields=["pool", "key"], name="stock_movement_moves_once"),
            models.UniqueConstraint(
                fields=["pool", "sequence", "quantity"], name="stock_movement_leaves_a_quantity"
            ),
            models.UniqueConstraint(
                fields=["member", "member_sequence", "level"], name="stock_movement_leaves_a_level"
            ),
            models.CheckConstraint(
                name="stock_movement_first_of_pool",
                condition=Q(sequence__gt=1) | Q(sequence=1, quantity=F("pool_delta")),
            ),
            models.CheckConstraint(
                name="stock_movement_first_of_level",
                condition=Q(member_sequence__gt=1)
                | Q(member_sequence=1, level=F("level_delta"))
                | Q(member_sequence__isnull=True),
            ),
            models.CheckConstraint(
                name="stock_movement_moves_what_its_kind_may",
                condition=Q(kind=MovementKind.COUNTED, pool_delta=F("level_delta"))
                | Q(kind__in=_LEVEL_ALONE, pool_delta=0)
                | Q(kind__in=_POOL_ALONE, level_delta=0)
                | Q(kind__in=_BOTH),
            ),
            models.CheckConstraint(
                name="stock_movement_of_a_level_or_not",
                condition=Q(
                    member__isnull=True,
                    member_sequence__isnull=True,
                    level__isnull=True,
                    level_delta=0,
                )
                | Q(
                    member__isnull=False,
                    member_sequence__isnull=False,
                    level__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index("created_at", name="stock_movement_created"),
            models.Index(
                "created_at",
                name="stock_movement_sells_out",
                condition=Q(quantity__lte=0, pool_delta__lt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pool_delta:+d}"

    @property
    def who(self) -> str:
        """The person, the program or the store that moved it."""
        return self.actor or (str(self.member.store) if self.member else self.get_source_display())
