"""Rogue apps, as rules: who rewrites which attribute, to what, how often."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from stores.twin import attributes

__all__ = ["Rogue"]

DAY = 86_400.0


@dataclass(slots=True)
class Rogue:
    """One rule. `{n}` in a value counts the moves; `product` is a gid, None for all products."""

    attribute: str
    value: str
    every: float
    product: str | None = None
    moves: int = 0

    @classmethod
    def parsed(cls, given: Mapping[str, Any]) -> "Rogue":
        """A rule from JSON. ValueError says what is wrong with it."""
        known = {each.name for each in fields(cls)}
        if strangers := sorted(set(given) - known):
            raise ValueError(f"A rogue has no {', '.join(strangers)}.")
        if missing := sorted({"attribute", "value", "every"} - set(given)):
            raise ValueError(f"A rogue needs {', '.join(missing)}.")
        rule = cls(**given)
        if rule.attribute not in {*attributes.PRODUCT, *attributes.VARIANT}:
            raise ValueError(f"No product or variant has the attribute {rule.attribute!r}.")
        if isinstance(rule.every, bool) or not isinstance(rule.every, (int, float)):
            raise ValueError(f"A rogue's every is a number, not {rule.every!r}.")  # noqa: TRY004
        if not 0.1 <= rule.every <= DAY:  # noqa: PLR2004
            raise ValueError(f"A rogue's every is from 0.1 to {DAY:g}, not {rule.every:g}.")
        return rule

    def told(self) -> dict[str, Any]:
        return asdict(self)

    def next_value(self) -> str:
        self.moves += 1
        return self.value.replace("{n}", str(self.moves))
