"""Many rows as one parameter a column: how they are sent to be stored."""

from collections.abc import Mapping, Sequence
from typing import Any

MANY = 1_000  # fewer are sent in one way, so that their statement stays prepared


def table_of(columns: Mapping[str, str], values: Sequence[list[Any]]) -> tuple[str, list[Any]]:
    """SQL of a table `u` of these rows with their `place`, and its parameters.

    %b sends arrays in binary form, which spares the escaping of every JSON text in them. Of many
    rows, a column that says the same in all of them is sent once.
    """
    many = len(values[0]) >= MANY
    constant = [place > 0 and many and _same(column) for place, column in enumerate(values)]
    names = [*zip(columns, columns.values(), constant, values, strict=True)]
    once = [(name, kind, column[0]) for name, kind, same, column in names if same]
    each = [(name, kind, column) for name, kind, same, column in names if not same]
    arrays = ", ".join(f"%b::{kind}[]" for _, kind, _ in each)
    known = "".join(f", %b::{kind} AS {name}" for name, kind, _ in once)
    called = ", ".join(name for name, _, _ in each)
    sql = (
        f"(SELECT each.*{known} FROM unnest({arrays}) "  # noqa: S608  only constants
        f"WITH ORDINALITY AS each({called}, place)) AS u"
    )
    return sql, [value for _, _, value in (*once, *each)]


def _same(column: list[Any]) -> bool:
    return column.count(column[0]) == len(column)
