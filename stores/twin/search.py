"""Searches: how the terms of `query:` are judged, by the kind of the field that they name.

The syntax is Shopify's search syntax; the fields of each list are those of the schema's text. A
field that the list does not have is left out of the search with a warning, as Shopify does, and
one that it has and the twin does not play fails loudly.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLError

from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.syntax import QuerySyntaxError, Term, Test, parsed

__all__ = ["Fields", "Search", "flag", "ids", "keywords", "moments", "numbers", "search", "words"]

Get = Callable[[Any], Any]
Maker = Callable[[Term], Test]
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Fields:
    """What a list can be searched by: `played`, words without a field, and what isn't played."""

    played: Mapping[str, Maker]
    anywhere: Maker
    unplayed: frozenset[str] = frozenset()


@dataclass(slots=True)
class Search:
    """A query that can be asked, and what Shopify says about its unknown fields."""

    matches: Test
    warnings: list[dict[str, str]] = field(default_factory=list)


def search(query: str | None, fields: Fields, now: datetime) -> Search | None:
    """None for an empty query. Raises GraphQLError for one that can't be read."""
    if query is None or not query.strip():
        return None
    found = Search(lambda _: True)

    def made(term: Term) -> Test:
        if not term.field:
            return fields.anywhere(term)
        if (maker := fields.played.get(term.field)) is not None:
            return maker(_with_now(term, now))
        if term.field in fields.unplayed or term.field.startswith("metafields."):
            raise UnimplementedError(f"The twin does not implement the search by {term.field}.")
        said = "Invalid search field for this query."
        found.warnings.append({"field": term.field, "message": said, "code": "invalid_field"})
        return lambda _: True

    try:
        found.matches = parsed(query, made)
    except QuerySyntaxError as error:
        raise _bad(str(error)) from error
    return found


def ids(get: Get) -> Maker:
    """One id, its gid, or a range of ids."""

    def make(term: Term) -> Test:
        wanted = number(term.value)
        if wanted is None:
            raise _bad(f"{term.value!r} is no id.")
        return lambda found: any(
            _compared(each, term.operator, wanted) for each in _several(get(found))
        )

    return make


def numbers(get: Get) -> Maker:
    """Any of several numbers, as the prices of a product's variants."""

    def make(term: Term) -> Test:
        wanted = _decimal(term.value)
        return lambda found: any(
            _compared(Decimal(each), term.operator, wanted) for each in _several(get(found))
        )

    return make


def flag(get: Get) -> Maker:
    def make(term: Term) -> Test:
        wanted = term.value.casefold() == "true"
        return lambda found: bool(get(found)) is wanted

    return make


def moments(get: Get) -> Maker:
    """A second, a day or a year: what is equal to it lies within it."""

    def make(term: Term) -> Test:
        if term.value == EVERYTHING and not term.operator:
            return lambda found: get(found) is not None
        start, end = _span(term.value)
        tests: Mapping[str, Callable[[datetime], bool]] = {
            "": lambda at: start <= at < end,
            ">": lambda at: at >= end,
            ">=": lambda at: at >= start,
            "<": lambda at: at < start,
            "<=": lambda at: at < end,
        }
        test = tests[term.operator]
        return lambda found: (at := get(found)) is not None and test(at)

    return make


def keywords(get: Get, *, several: bool = False) -> Maker:
    """The whole of a text whatever its case, or its beginning before a `*`.

    With `several` commas part the texts of which any will do.
    """

    def make(term: Term) -> Test:
        if term.value == EVERYTHING and not term.quoted:
            return lambda found: any(_several(get(found)))
        given = term.value.split(",") if several and not term.quoted else [term.value]
        tests = [_whole(each.strip(), term) for each in given]
        return lambda found: any(
            test(str(each).casefold())
            for each in _several(get(found))
            if each is not None
            for test in tests
        )

    return make


def words(*gets: Get) -> Maker:
    """Words of a text whatever their case, in their order where they are quoted."""

    def make(term: Term) -> Test:
        if term.value == EVERYTHING and not term.quoted:
            return lambda found: any(any(_several(get(found))) for get in gets)
        phrase = _words(term.value.removesuffix("*"))
        begins = term.value.endswith("*") and not term.quoted
        return lambda found: any(
            _stands(phrase, _words(str(each)), begins=begins)
            for get in gets
            for each in _several(get(found))
            if each
        )

    return make


def _with_now(term: Term, now: datetime) -> Term:
    if term.value != "now":
        return term
    return Term(term.field, term.operator, now.isoformat(), term.quoted)


def _whole(wanted: str, term: Term) -> Callable[[str], bool]:
    text = wanted.casefold()
    if text.endswith("*") and not term.quoted:
        return lambda found: found.startswith(text[:-1])
    return lambda found: found == text


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _stands(phrase: list[str], text: list[str], *, begins: bool) -> bool:
    """Whether the phrase is part of the text, its last word maybe only the beginning of one."""
    if not phrase:
        return False
    *first, last = phrase
    for place in range(len(text) - len(phrase) + 1):
        if text[place : place + len(first)] == first:
            found = text[place + len(first)]
            if found == last or (begins and found.startswith(last)):
                return True
    return False


def _span(text: str) -> tuple[datetime, datetime]:
    """From when to when a date lasts, by how exactly it is told."""
    if re.fullmatch(r"\d{4}", text):
        return _utc(f"{text}-01-01"), _utc(f"{int(text) + 1:04d}-01-01")
    try:
        start = _utc(text)
    except ValueError as error:
        raise _bad(f"{text!r} is no time.") from error
    day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)
    return start, start + (timedelta(days=1) if day else timedelta(seconds=1))


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _compared(left: Any, operator: str, right: Any) -> bool:
    if operator.startswith(">"):
        return bool(left > right or (operator == ">=" and left == right))
    if operator.startswith("<"):
        return bool(left < right or (operator == "<=" and left == right))
    return bool(left == right)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _bad(f"{text!r} is no number.") from error


def _several(found: Any) -> Any:
    return found if isinstance(found, list) else [found]


def _bad(said: str) -> GraphQLError:
    return GraphQLError(f"Invalid search: {said}", extensions={"code": "BAD_REQUEST"})
