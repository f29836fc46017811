"""The admin: everything that ops staff see and do, scoped to their workspaces."""

from activity.admin import (
    api_tokens,
    decisions,
    gates,
    imports,
    ledgers,
    metafields,
    plans,
    products,
    queue,
    replays,
    sales,
    stock,
    stock_errands,
    stores,
    structure,
    terms,
)

__all__ = [
    "api_tokens",
    "decisions",
    "gates",
    "imports",
    "ledgers",
    "metafields",
    "plans",
    "products",
    "queue",
    "replays",
    "sales",
    "stock",
    "stock_errands",
    "stores",
    "structure",
    "terms",
]
