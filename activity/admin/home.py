"""The first page: every store with its mode, its queue, its latency and its dead letters."""

from typing import Any

from django.http import HttpRequest

from activity.selectors.decisions import waiting
from activity.selectors.home import store_rows


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: what the index page shows."""
    return {**context, "stores": store_rows(request.user), "waiting": waiting(request.user)}
