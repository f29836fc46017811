"""Whether this node was asked to stop: one byte that a cluster shares with all its processes."""

from multiprocessing.sharedctypes import RawValue

_asked = RawValue("b", 0)


def ask_to_stop() -> None:
    """Let every pump of this node end its slice; safe in a signal handler."""
    _asked.value = 1


def asked_to_stop() -> bool:
    return bool(_asked.value)
