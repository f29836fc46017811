"""The fixed words of stores."""

from enum import StrEnum


class Mode(StrEnum):
    """How far a store has come; only a `live` one is written to."""

    DISCOVERED = "discovered"
    CONNECTED = "connected"
    IMPORTING = "importing"
    REVIEW = "review"
    LIVE = "live"
    PAUSED = "paused"
    UNINSTALLED = "uninstalled"


READABLE = frozenset({Mode.CONNECTED, Mode.IMPORTING, Mode.REVIEW, Mode.LIVE})


class Role(StrEnum):
    """What a member may do in a workspace."""

    OPERATOR = "operator"
    VIEWER = "viewer"


class Scope(StrEnum):
    """What a token of the API may do."""

    READ_CATALOGUE = "read_catalogue"
    WRITE_CATALOGUE = "write_catalogue"
    READ_STOCK = "read_stock"
    WRITE_STOCK = "write_stock"
    READ_QUEUE = "read_queue"
    OPT_IN = "opt_in"


class SubscriptionState(StrEnum):
    OK = "ok"
    MISSING = "missing"
