"""What the catalogue refuses, each in one sentence for the person who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class CatalogueError(Exception):
    """Base of the family; `code` names the case for programs, `status` is the fitting HTTP one."""

    code = "catalogue_error"
    status = 400


class NotFoundHereError(CatalogueError):
    """A record that this workspace does not hold."""

    code = "not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Clash:
    """What an editor wanted, and what somebody else has set since it was shown to them."""

    product_id: int
    variant_id: int | None
    attribute: str
    store_id: int | None
    wanted: Any
    stands: Any
    by: str
    at: datetime


class StaleEditError(CatalogueError):
    """The record has moved since it was shown; `clashes` has both values where they met."""

    code = "stale_edit"
    status = 412

    def __init__(self, message: str, clashes: Sequence[Clash] = ()) -> None:
        super().__init__(message)
        self.clashes = tuple(clashes)


class StaleStockError(CatalogueError):
    """The stock has moved since it was seen; the sentence has both numbers."""

    code = "stale_edit"
    status = 412

    def __init__(self, message: str, *, wanted: int, stands: int, by: str, at: datetime) -> None:
        super().__init__(message)
        self.wanted, self.stands, self.by, self.at = wanted, stands, by, at


class NotAllowedNowError(CatalogueError):
    """The state of the store or of the listing forbids it."""

    code = "not_allowed_now"
    status = 409


class BadQuantityError(CatalogueError):
    """No stock can have this number."""

    code = "bad_quantity"


class HeldAtGatesError(CatalogueError):
    """The gates hold it; it is stored and waits for a person."""

    code = "held"


class StalePlanError(NotAllowedNowError):
    """The plan is not what would happen now; another one stands in its place."""

    code = "stale_plan"
