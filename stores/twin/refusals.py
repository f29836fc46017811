"""What Shopify refuses: user errors, and the schema's sentence for each code."""

from collections.abc import Sequence
from dataclasses import dataclass

from stores.twin.errors import TwinError
from stores.twin.sentences import SENTENCES

__all__ = ["Refusal", "RefusedError", "refuse"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user error: what GraphQL calls `field`, `message` and, where it has one, `code`."""

    field: list[str]
    message: str
    code: str | None = None
    element_index: int | None = None

    def under(self, *path: str) -> "Refusal":
        return Refusal([*path, *self.field], self.message, self.code, self.element_index)


class RefusedError(TwinError):
    """A deed that does not happen, with everything that speaks against it."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(each.message for each in refusals))
        self.refusals: Sequence[Refusal] = refusals


def refuse(code: str, *field: str) -> Refusal:
    """A refusal in the words of the schema's description of its code."""
    return Refusal(list(field), SENTENCES[code], code)
