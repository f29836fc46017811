"""What somebody chooses to replay in one channel, as a form or a command says it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ReplayChoice:
    """Named jobs, or every dead letter that matches; an empty word matches all."""

    channel_id: int
    job_ids: tuple[int, ...] = ()
    error_code: str = ""
    handler: str = ""
    since: datetime | None = None

    @property
    def words(self) -> str:
        """The choice as operators read it."""
        if self.job_ids:
            return f"{len(self.job_ids)} chosen jobs"
        parts = [
            f"with the code “{self.error_code}”" if self.error_code else "",
            f"of the kind “{self.handler}”" if self.handler else "",
            f"made since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else "",
        ]
        return " ".join(["All dead letters", *filter(None, parts)])

    def to_json(self) -> dict[str, Any]:
        return {
            "channel_id": self.channel_id,
            "job_ids": list(self.job_ids),
            "error_code": self.error_code,
            "handler": self.handler,
            "since": self.since and self.since.isoformat(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ReplayChoice":
        """Read what `to_json` wrote; raises ValueError, TypeError or KeyError on anything else."""
        return cls(
            channel_id=int(data["channel_id"]),
            job_ids=tuple(int(job_id) for job_id in data["job_ids"]),
            error_code=str(data["error_code"]),
            handler=str(data["handler"]),
            since=datetime.fromisoformat(data["since"]) if data["since"] else None,
        )
