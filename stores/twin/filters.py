"""The filters of webhook subscriptions: a search syntax that is stricter than the search's.

Source: shopify-platform.md 3.2. Letters' case counts, `:` is equality, every term names a field,
an array matches by any of its elements. A field that the payload does not have, or a value of
another type than its own, lets nothing through at all.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Filter", "FilterSyntaxError", "parsed"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()])|(?P<word>AND|OR|NOT)(?=[\s(]|$)"""
    r"""|(?P<minus>-)?(?P<field>[A-Za-z_][\w.]*):(?P<operator><=|>=|<|>|)"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s()"']+)))"""
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "": lambda left, right: bool(left == right),
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
    "<=": lambda left, right: bool(left <= right),
    ">=": lambda left, right: bool(left >= right),
}
ANYTHING = "*"


class FilterSyntaxError(ValueError):
    """The text is no filter."""


class _NoSuchFieldError(LookupError):
    """The payload has no such field, or it holds another type."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that can be asked."""

    terms: tuple["_Term", ...]
    holds: Callable[[Mapping[str, Any]], bool]

    def passes(self, payload: Mapping[str, Any]) -> bool:
        try:
            for term in self.terms:  # all of them: `a OR nonsense` is as silent as `nonsense`
                term.holds(payload)
            return self.holds(payload)
        except _NoSuchFieldError:
            return False


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    operator: str
    value: str

    def holds(self, payload: Mapping[str, Any]) -> bool:
        found = list(_found(payload, self.field.split(".")))
        return any([self._matches(each) for each in found])  # noqa: C419  each must be judged

    def _matches(self, found: Any) -> bool:
        if found is None:
            return False
        if self.value == ANYTHING and not self.operator:
            return True
        return _COMPARE[self.operator](*_alike(found, self.value))


def parsed(text: str) -> Filter:
    """Raises FilterSyntaxError."""
    reader = _Reader(text)
    holds = reader.either()
    if reader.kind:
        raise FilterSyntaxError(f"Unexpected {reader.seen!r}.")
    return Filter(tuple(reader.terms), holds)


class _Reader:
    """Reads by descent: OR binds least, then AND (also unwritten), then NOT."""

    def __init__(self, text: str) -> None:
        self.terms: list[_Term] = []
        self._text, self._at = text.strip(), 0
        self.kind = self.seen = ""
        self._match: re.Match[str] | None = None
        self._step()

    def either(self) -> Callable[[Mapping[str, Any]], bool]:
        sides = [self._both()]
        while self.seen == "OR":
            self._step()
            sides.append(self._both())
        return sides[0] if len(sides) == 1 else lambda body: any(side(body) for side in sides)

    def _both(self) -> Callable[[Mapping[str, Any]], bool]:
        sides = [self._one()]
        while self.kind and self.seen not in {"OR", ")"}:
            if self.seen == "AND":
                self._step()
            sides.append(self._one())
        return sides[0] if len(sides) == 1 else lambda body: all(side(body) for side in sides)

    def _one(self) -> Callable[[Mapping[str, Any]], bool]:
        if self.seen == "NOT":
            self._step()
            inner = self._one()
            return lambda body: not inner(body)
        if self.seen == "(":
            self._step()
            inside = self.either()
            if self.seen != ")":
                raise FilterSyntaxError("A bracket is not closed.")
            self._step()
            return inside
        return self._term()

    def _term(self) -> Callable[[Mapping[str, Any]], bool]:
        if self.kind != "field" or self._match is None:
            raise FilterSyntaxError("A term with a field was expected.")
        found = self._match
        value = next(
            found[name] for name in ("double", "single", "bare") if found[name] is not None
        )
        term = _Term(found["field"], found["operator"], value)
        self.terms.append(term)
        self._step()
        return (lambda body: not term.holds(body)) if found["minus"] else term.holds

    def _step(self) -> None:
        if self._at >= len(self._text):
            self.kind = self.seen = ""
            return
        self._match = _TOKEN.match(self._text, self._at)
        if self._match is None:
            raise FilterSyntaxError(f"This can't be read: {self._text[self._at :].strip()!r}.")
        self._at = self._match.end()
        self.kind = next(name for name in ("mark", "word", "field") if self._match[name])
        self.seen = self._match[self.kind]


def _found(value: Any, path: list[str]) -> Iterator[Any]:
    """Every value at a path, through arrays."""
    if isinstance(value, list):
        for each in value:
            yield from _found(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _found(value[path[0]], path[1:])
    elif value is not None:
        raise _NoSuchFieldError(path[0])


def _alike(found: Any, wanted: str) -> tuple[Any, Any]:
    """Both sides in the type of the payload's value. Raises _NoSuchFieldError."""
    if isinstance(found, bool):
        if wanted not in {"true", "false"}:
            raise _NoSuchFieldError(wanted)
        return found, wanted == "true"
    if isinstance(found, (int, float)):
        try:
            return float(found), float(wanted)
        except ValueError as error:
            raise _NoSuchFieldError(wanted) from error
    if isinstance(found, str):
        return _texts(found, wanted)
    raise _NoSuchFieldError(wanted)


def _texts(found: str, wanted: str) -> tuple[Any, Any]:
    """Amounts of money compare as numbers and moments as moments, where both sides are such."""
    for kind in (float, _moment):
        try:
            return kind(found), kind(wanted)
        except ValueError:
            continue
    return found, wanted


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
