"""What stock can be, and what moves it."""

from enum import StrEnum


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
