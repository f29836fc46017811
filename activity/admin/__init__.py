"""The admin: everything that ops staff see and do, scoped to their workspaces."""

from activity.admin import ledgers, products, queue, replays, stores

__all__ = ["ledgers", "products", "queue", "replays", "stores"]
