"""What the twin cannot or will not do."""

__all__ = ["ConnectionCut", "TwinError", "Unimplemented"]


class TwinError(Exception):
    """What is raised on purpose."""


class Unimplemented(TwinError):
    """A part of Shopify that the twin does not play: it says so instead of inventing an answer."""


class ConnectionCut(TwinError):
    """The connection is to be closed without an answer."""
