"""Bulk operations of an app in a shop, as they stand (shopify-platform.md 5)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

__all__ = ["AT_ONCE", "LASTS", "OPEN", "BulkOperation"]

OPEN = frozenset({"CREATED", "RUNNING", "CANCELING"})
AT_ONCE = 5
LASTS = timedelta(days=7)


@dataclass(slots=True, eq=False)
class BulkOperation:
    """`kind` is QUERY or MUTATION; `file` has the rows once it has ended, whole or in part."""

    id: int
    kind: str
    text: str
    created_at: datetime
    status: str = "CREATED"
    completed_at: datetime | None = None
    error_code: str | None = None
    objects: int = 0
    roots: int = 0
    file: Path | None = field(default=None, repr=False)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def gid(self) -> str:
        return f"gid://shopify/BulkOperation/{self.id}"

    def status_at(self, now: datetime) -> str:
        """What has ended well is expired after seven days."""
        return "EXPIRED" if self.status == "COMPLETED" and self.is_past(now) else self.status

    def is_past(self, now: datetime) -> bool:
        """Whether its file is no longer to be had."""
        return self.completed_at is not None and now >= self.completed_at + LASTS

    def size(self) -> int | None:
        return self.file.stat().st_size if self.file else None
