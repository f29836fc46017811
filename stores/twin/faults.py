"""Faults of single API calls, as rules: what goes wrong, where, how often."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["KINDS", "Fault", "struck"]

# What each kind does. Those of the second group come after a mutation has had its effect.
KINDS: Mapping[str, str] = {
    "401": "the token is not known",
    "402": "the shop is frozen for want of payment",
    "403": "the app is forbidden this shop",
    "404": "there is no such shop any more",
    "423": "the shop is locked",
    "429": "too many requests; `retry_after` goes into the header where it is given",
    "430": "refused by the shop's security",
    "500": "an error inside Shopify",
    "502": "a bad gateway",
    "503": "out of service",
    "504": "a gateway's patience ended",
    "slow": "the call waits `seconds` before it is looked at",
    "cut": "the connection is cut before anything happened",
    "throttled": "THROTTLED inside a 200, though points are left",
    "internal_error": "INTERNAL_SERVER_ERROR inside a 200, with nothing done",
    "user_errors": "every mutation is refused by a user error, with `code` where given",
    "slow_answer": "the answer comes `seconds` after the effect",
    "cut_after": "the connection is cut after the effect",
    "truncated": "half of the answer's JSON",
}
PLACES = ("graphql", "token", "any")
MOST_SECONDS = 600.0


@dataclass(slots=True)
class Fault:
    """One rule.

    `count` is how often it still strikes, None without end; `operation` is the operation's name,
    a root field or a token's grant type, None for every call.
    """

    kind: str
    probability: float = 1.0
    count: int | None = None
    at: str = "graphql"
    operation: str | None = None
    seconds: float = 0.0
    retry_after: float | None = None
    code: str | None = None

    @classmethod
    def parsed(cls, given: Mapping[str, Any]) -> "Fault":
        """A rule from JSON. ValueError says what is wrong with it."""
        if strangers := sorted(set(given) - {each.name for each in fields(cls)}):
            raise ValueError(f"A fault has no {', '.join(strangers)}.")
        if given.get("kind") not in KINDS:
            raise ValueError(f"There is no fault {given.get('kind')!r}: {', '.join(KINDS)}.")
        rule = cls(**given)
        for name, most in {"probability": 1.0, "seconds": MOST_SECONDS, "retry_after": 1e6}.items():
            _bound(name, getattr(rule, name), most)
        _bound("count", rule.count, 1_000_000)
        if rule.at not in PLACES:
            raise ValueError(f"A fault is at one of {', '.join(PLACES)}, not {rule.at!r}.")
        return rule

    def told(self) -> dict[str, Any]:
        return asdict(self)

    def strikes(self, place: str, operations: frozenset[str], chance: random.Random) -> bool:
        """Whether it strikes this call; a counted one is then spent by one."""
        if self.count == 0 or self.at not in {place, "any"}:
            return False
        if self.operation is not None and self.operation not in operations:
            return False
        if self.probability < 1.0 and chance.random() >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True


def struck(
    rules: list[Fault], place: str, operations: frozenset[str], chance: random.Random
) -> dict[str, Fault]:
    """The rules that strike one call, by their kinds."""
    return {rule.kind: rule for rule in rules if rule.strikes(place, operations, chance)}


def _bound(name: str, value: Any, most: float) -> None:
    if value is None and name in {"count", "retry_after"}:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(f"A fault's {name} is from 0 to {most:g}, not {value!r}.")
