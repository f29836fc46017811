"""What a wake-up runs."""

from syncqueue.services.pump import run_pump
from syncqueue.services.sweep import run_chore


def pump(channel_id: int) -> None:
    """Work on one channel; the name that wake-ups carry."""
    run_pump(channel_id, guests=True)


def chore(name: str) -> None:
    """Do one of the chores that are done by the clock."""
    run_chore(name)
