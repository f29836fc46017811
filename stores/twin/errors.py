"""What the twin cannot or will not do."""

__all__ = ["ConnectionCutError", "TwinError", "UnimplementedError"]


class TwinError(Exception):
    """What is raised on purpose."""


class UnimplementedError(TwinError):
    """A part of Shopify that the twin does not play: it says so instead of inventing an answer."""


class ConnectionCutError(TwinError):
    """The connection is to be closed without an answer."""
