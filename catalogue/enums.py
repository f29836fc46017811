"""The fixed words of the catalogue, plain so that the pure domain may use them."""

from enum import IntEnum, StrEnum


class Source(StrEnum):
    """Where a change came from."""

    MANUAL = "manual"
    API = "api"
    AI = "ai"
    SYNC = "sync"
    SUPPLIER = "supplier"
    PUBLISH = "publish"
    SCHEDULE = "schedule"
    ROLLBACK = "rollback"
    RECONCILE = "reconcile"
    IMPORT = "import"

    @property
    def rank(self) -> int:
        return Rank[self.name].value


class Rank(IntEnum):
    """Who wins when two changes carry the same instant: people before programs."""

    IMPORT = 10
    RECONCILE = 20
    SUPPLIER = 30
    PUBLISH = 40
    SCHEDULE = 50
    AI = 60
    SYNC = 70
    API = 80
    ROLLBACK = 90
    MANUAL = 100


class Owner(StrEnum):
    """The record an attribute belongs to."""

    PRODUCT = "product"
    VARIANT = "variant"


class Guard(StrEnum):
    """How a write of an attribute protects an edit that we have not seen yet."""

    NONE = "none"
    CHECK = "check"
    CAS = "cas"


class Via(StrEnum):
    """How we came to see a value."""

    HOOK = "hook"
    READ = "read"
    WRITE = "write"


class Verdict(StrEnum):
    """What an incoming value turned out to be."""

    SAME = "same"
    ECHO = "echo"
    STALE = "stale"
    EDIT = "edit"
    NEEDS_READ = "needs_read"


class OverrideKind(StrEnum):
    """Why a store shows its own value."""

    PINNED = "pinned"
    FOUND = "found"
    HELD = "held"
    KEPT = "kept"


class Ownership(StrEnum):
    """Whose word counts for an attribute in a store."""

    TWO_WAY = "two_way"
    HUB = "hub_owns"
    STORE = "store_owns"
    CREATE_ONLY = "create_only"
    IGNORE = "ignore"


class ListingState(StrEnum):
    """How a store's product stands to the canonical records."""

    LINKED = "linked"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    GONE = "gone"


class Stance(StrEnum):
    """How a variant in a store that is linked to none of ours stands to the hub."""

    OPEN = ""
    HELD = "held"
    OWN = "own"
    DOOMED = "doomed"


class NewProducts(StrEnum):
    """What becomes of a new product of the hub in a store that does not have it."""

    NO = "no"
    ASK = "ask"
    DRAFT = "draft"
    CREATE = "create"


class Removals(StrEnum):
    """What a deletion in one store means for the others."""

    ASK = "ask"
    EVERYWHERE = "everywhere"


class ChangeScope(StrEnum):
    """Whether a change was meant for all stores or for one."""

    CANONICAL = "canonical"
    OVERRIDE = "override"


class ChangeFate(StrEnum):
    """What merging made of a change."""

    WON = "won"
    LOST = "lost"
    HELD = "held"
    REJECTED = "rejected"


class DeliveryFate(StrEnum):
    """What became of a change in one store; `pending` while its job is open."""

    PENDING = "pending"
    WRITTEN = "written"
    SHOWN = "shown"
    ORIGIN = "origin"
    OVERRIDE = "override"
    UNMANAGED = "unmanaged"
    HELD = "held"
    REFUSED = "refused"


class StockMode(StrEnum):
    """Whose number a pool is: one location's own, several that share it, or one that is copied."""

    OWN = "own"
    SHARED = "shared"
    OWNER = "owner"


class MemberState(StrEnum):
    """How a store's level stands to its pool."""

    MEMBER = "member"
    JOINING = "joining"
    LEFT = "left"


class JoinChoice(StrEnum):
    """Which number stands when a level joins a pool."""

    TAKE_POOL = "take_pool"
    TAKE_STORE = "take_store"
    ADD = "add"


class StockVerdict(StrEnum):
    """What a sighting of a level turned out to be."""

    SAME = "same"
    STALE = "stale"
    NEEDS_READ = "needs_read"
    COUNTED = "counted"
    CONVERGED = "converged"
    MIRRORED = "mirrored"
    AMBIGUOUS = "ambiguous"


class MovementKind(StrEnum):
    """Why a pool's quantity or a store's level has moved."""

    OPENED = "opened"
    COUNTED = "counted"
    CONVERGED = "converged"
    MIRRORED = "mirrored"
    AMBIGUOUS = "ambiguous"
    PUSHED = "pushed"
    JOINED = "joined"
    LEFT = "left"
    SET = "set"
    ADJUSTED = "adjusted"
    RECOUNTED = "recounted"
    KEPT_BACK = "kept_back"
    HANDED_OVER = "handed_over"


class StockVerb(StrEnum):
    """What is done to the stock of many variants, one after the other."""

    FOUND = "found"
    JOIN = "join"
    LEAVE = "leave"
    KEEP_BACK = "keep_back"
    HAND_OVER = "hand_over"
    COUNT = "count"
    TAKE_IN = "take_in"
    PUT_BACK = "put_back"


class ConflictState(StrEnum):
    """What a person made of two parties' values; `superseded`: a later edit did."""

    OPEN = "open"
    KEPT = "kept"
    REVERTED = "reverted"
    OVERRIDDEN = "overridden"
    SUPERSEDED = "superseded"


class IssueKind(StrEnum):
    """What only a person can decide."""

    TUG_OF_WAR = "tug_of_war"
    STOCK = "stock"
    STRUCTURE = "structure"
    OPTION_GONE = "option_gone"
    VARIANT_GONE = "variant_gone"
    PRODUCT_GONE = "product_gone"
    SALE = "sale"
    METAFIELD = "metafield"
    PICTURES = "pictures"
    NEW_PRODUCT = "new_product"
    GRANT = "grant"


class IssueState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class HeldAct(StrEnum):
    """What was held at the gates."""

    EDIT = "edit"
    INBOUND = "inbound"
    VARIANTS = "variants"
    FOUNDING = "founding"
    OFFER = "offer"
    IMPORT = "import"
    TERMS = "terms"
    SALE = "sale"
    STOCK = "stock"
    SOLD_OUT = "sold_out"


class HeldState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"


class ErrandState(StrEnum):
    """How far something has come that the workers carry out step by step."""

    PREVIEW = "preview"
    HELD = "held"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """What became of one row of a file; `bad`: none of it can be taken."""

    READY = "ready"
    SAME = "same"
    BAD = "bad"
    APPLIED = "applied"
    DROPPED = "dropped"
    HELD = "held"


class SaleState(StrEnum):
    """How far a sale has come; `missed`: its end had passed before it could begin."""

    HELD = "held"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    MISSED = "missed"
    CANCELLED = "cancelled"


class PlanAct(StrEnum):
    """What a plan is a dry run of: a store's opt-in, or a batch of edits."""

    OPT_IN = "opt_in"
    BATCH = "batch"


class PlanKind(StrEnum):
    """What would become of one value of a store; `kept`: it has its own, which stays."""

    CREATE = "create"
    UPDATE = "update"
    CLEAR = "clear"
    CONFLICT = "conflict"
    UNMANAGED = "unmanaged"
    KEPT = "kept"


class PlanState(StrEnum):
    """How far a plan has come; `checking`: it is approved, and every value is looked at again.

    `held`: the gates hold what was approved, until a person releases it.
    """

    DRAFTING = "drafting"
    READY = "ready"
    CHECKING = "checking"
    HELD = "held"
    APPLIED = "applied"
    REPLACED = "replaced"
    FAILED = "failed"
