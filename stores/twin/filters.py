"""The filters of webhook subscriptions: a search syntax that is stricter than the search's.

Source: shopify-platform.md 3.2. Letters' case counts, `:` is equality, every term names a field,
an array matches by any of its elements. A field that the payload does not have, or a value of
another type than its own, lets nothing through at all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stores.twin import syntax

__all__ = ["Filter", "FilterSyntaxError", "parsed"]

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
    terms: list[_Term] = []

    def made(found: syntax.Term) -> syntax.Test:
        if not found.field:
            raise FilterSyntaxError("A term with a field was expected.")
        terms.append(_Term(found.field, found.operator, found.value))
        return terms[-1].holds

    try:
        return Filter(holds=syntax.parsed(text, made), terms=tuple(terms))
    except syntax.QuerySyntaxError as error:
        raise FilterSyntaxError(str(error)) from error


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
