"""What values, changes and listings can be."""

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
