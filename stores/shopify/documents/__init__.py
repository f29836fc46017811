"""Every GraphQL document we send, one a file, read and completed once."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql.utilities import strip_ignored_characters

__all__ = ["FOLDER", "Document", "document"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Document:
    """A text ready to send; `writes` decides what a lost answer means."""

    name: str
    text: str
    writes: bool


@cache
def document(name: str) -> Document:
    """The document of that name with the fragments it spreads, without comments and padding."""
    texts: dict[str, str] = {}
    _collect(name, texts)
    return Document(name, "".join(texts.values()), texts[name].startswith("mutation"))


def _collect(name: str, texts: dict[str, str]) -> None:
    if name in texts:
        return
    text = strip_ignored_characters((FOLDER / f"{name}.graphql").read_text("utf-8"))
    texts[name] = text
    for fragment in re.findall(r"\.\.\.(?!on\b)(\w+)", text):
        _collect(_file_of(fragment), texts)


def _file_of(fragment: str) -> str:
    """ProductState stands in product_state.graphql."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", fragment).lower()
