"""The scripts and styles that the twin serves, in place of Shopify's CDN and for its own pages."""

from functools import cache
from pathlib import Path

from stores.twin.http import Response

__all__ = ["asset"]

FOLDER = Path(__file__).parent
KINDS = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
# Polaris is addressed by version; one stand-in is all of them.
_ALIASES = {"polaris-1.js": "polaris.js", "polaris-1.0.js": "polaris.js"}


@cache
def asset(name: str) -> Response | None:
    """A file by its name, or None where there is none."""
    path = FOLDER / _ALIASES.get(name, name)
    kind = KINDS.get(path.suffix[1:])
    if path.parent != FOLDER or kind is None or not path.is_file():
        return None
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-cache"}
    return Response(200, path.read_bytes(), headers)
