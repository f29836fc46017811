"""Global ids: `gid://shopify/Product/1`, with what follows a question mark."""

__all__ = ["number"]


def number(gid: object) -> int | None:
    """The number at the end of a gid, or of a bare number; None for what is neither."""
    tail = str(gid).rpartition("/")[2].partition("?")[0]
    return int(tail) if tail.isascii() and tail.isdigit() else None
