"""What must hold before the queue is trusted."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from syncqueue.services.prune import SHORTEST_DAYS


@register()
def check_retention(**_: Any) -> list[CheckMessage]:
    """What was just finished is still needed: by late answers, trails and repeated deliveries."""
    if settings.SYNCQUEUE["KEEP_DAYS"] >= SHORTEST_DAYS:
        return []
    said = f"SYNCQUEUE_KEEP_DAYS must be at least {SHORTEST_DAYS}."
    return [Error(said, id="syncqueue.E001")]
