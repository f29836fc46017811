"""What a wake-up runs."""

from syncqueue.services.pump import run_pump


def pump(channel_id: int) -> None:
    """Work on one channel; the name that wake-ups carry."""
    run_pump(channel_id)
