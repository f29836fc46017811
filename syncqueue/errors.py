"""What can go wrong inside the engine itself."""


class QueueError(Exception):
    """The queue could not do what was asked."""


class UnknownHandler(QueueError):  # noqa: N818  reads as the situation
    """No handler is registered under this name."""


class LostLease(QueueError):  # noqa: N818
    """Another pump has taken over a lane of this batch."""

    def __init__(self, ours: set[int]) -> None:
        super().__init__(f"Only the lanes {sorted(ours)} are still ours.")
        self.ours = ours


class HeldByPerson(QueueError):  # noqa: N818
    """A person holds this channel; only a person may release it."""
