"""The words of the states as the choices of a field."""

from collections.abc import Iterable
from enum import StrEnum

from syncqueue.enums import Priority


def choices(words: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Each word with what an operator reads."""
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in words]


PRIORITIES = [(priority.value, priority.name.capitalize()) for priority in Priority]
