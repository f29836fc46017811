"""The admin: everything that ops staff see and do, scoped to their workspaces."""

from activity.admin import ledgers, products, queue, stores

__all__ = ["ledgers", "products", "queue", "stores"]
