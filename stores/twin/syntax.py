"""The syntax that searches and the filters of webhooks share: terms, AND, OR, NOT, brackets."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["QuerySyntaxError", "Term", "Test", "parsed"]

Test = Callable[[Any], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()])|(?P<word>AND|OR|NOT)(?=[\s(]|$)"""
    r"""|(?P<minus>-)?(?:(?P<field>[A-Za-z_][\w.]*):(?P<operator><=|>=|<|>|))?"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>(?:\\.|[^\s()"'\\])(?:\\.|[^\s()\\])*)))"""
)


class QuerySyntaxError(ValueError):
    """The text can't be read."""


@dataclass(frozen=True, slots=True)
class Term:
    """`field` is empty for a word that may stand anywhere; `operator` is empty for equality."""

    field: str
    operator: str
    value: str
    quoted: bool


def parsed(text: str, make: Callable[[Term], Test]) -> Test:
    """One test out of those that `make` makes of the terms. Raises QuerySyntaxError.

    OR binds least, then AND, which need not be written, then NOT, also written `-`.
    """
    reader = _Reader(text, make)
    test = reader.either()
    if reader.kind:
        raise QuerySyntaxError(f"Unexpected {reader.seen!r}.")
    return test


class _Reader:
    """Reads by descent."""

    def __init__(self, text: str, make: Callable[[Term], Test]) -> None:
        self._text, self._at, self._make = text.strip(), 0, make
        self.kind = self.seen = ""
        self._match: re.Match[str] | None = None
        self._step()

    def either(self) -> Test:
        sides = [self._both()]
        while self.seen == "OR" and self.kind == "word":
            self._step()
            sides.append(self._both())
        return sides[0] if len(sides) == 1 else lambda body: any(side(body) for side in sides)

    def _both(self) -> Test:
        sides = [self._one()]
        while self.kind and not self._ends():
            if self.kind == "word" and self.seen == "AND":
                self._step()
            sides.append(self._one())
        return sides[0] if len(sides) == 1 else lambda body: all(side(body) for side in sides)

    def _ends(self) -> bool:
        return (self.kind, self.seen) in {("word", "OR"), ("mark", ")")}

    def _one(self) -> Test:
        if self.kind == "word" and self.seen == "NOT":
            self._step()
            inner = self._one()
            return lambda body: not inner(body)
        if self.kind == "mark" and self.seen == "(":
            self._step()
            inside = self.either()
            if self.kind != "mark":
                raise QuerySyntaxError("A bracket is not closed.")
            self._step()
            return inside
        return self._term()

    def _term(self) -> Test:
        found = self._match
        if self.kind != "term" or found is None:
            raise QuerySyntaxError("A term was expected.")
        quoted = next((found[x] for x in ("double", "single") if found[x] is not None), None)
        value = re.sub(r"\\(.)", r"\1", found["bare"]) if quoted is None else quoted
        field, operator = found["field"] or "", found["operator"] or ""
        test = self._make(Term(field, operator, value, quoted is not None))
        self._step()
        return (lambda body: not test(body)) if found["minus"] else test

    def _step(self) -> None:
        self._match = None
        if self._at >= len(self._text):
            self.kind = self.seen = ""
            return
        self._match = _TOKEN.match(self._text, self._at)
        if self._match is None:
            raise QuerySyntaxError(f"This can't be read: {self._text[self._at :].strip()!r}.")
        self._at = self._match.end()
        self.kind = next((name for name in ("mark", "word") if self._match[name]), "term")
        self.seen = self._match[self.kind] if self.kind != "term" else self._match[0].strip()
