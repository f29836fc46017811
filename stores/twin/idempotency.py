"""Mutations that demand `@idempotent`: each key is carried out once within a day."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, get_directive_values

from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal

__all__ = ["Kept", "once"]

DAY_SECONDS = 24 * 3600
MISMATCH = Refusal(
    [],
    "The request with this idempotency key has different parameters than the original request.",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
)
CONCURRENT = Refusal(
    [],
    "This request is currently in progress, please try again.",
    "IDEMPOTENCY_CONCURRENT_REQUEST",
)
FAILED = Refusal(
    [],
    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a key; times are seconds of the twin's clock."""

    words: str
    outcome: Mapping[str, Any]
    at: float
    answered_at: float


def once(
    *nothing: str, errors: str = "user_errors", failures: bool = True
) -> Callable[[Resolver], Resolver]:
    """Demand a key on a mutation and answer a known one by what is kept (shopify-platform.md 4.8).

    `nothing` are the parts of the payload that are null beside errors of the key. Without
    `failures` the mutation has no code for an earlier failure, and its key runs anew.
    """

    def wrap(play: Resolver) -> Resolver:
        @functools.wraps(play)
        def guarded(source: Any, info: Info, **given: Any) -> Any:
            call, key = info.context, _key(info)
            words = json.dumps([info.field_name, given], sort_keys=True)
            kept, now = _kept(call), call.twin.clock.seconds()
            if (before := kept.get(key)) is not None:
                answer = _known(before, words, now, failures=failures, errors=errors)
                if isinstance(answer, Refusal):
                    return {**dict.fromkeys(nothing), errors: [answer]}
                if answer is not None and call.shop.knobs.idempotent_replay:
                    return answer
            outcome = play(source, info, **given)
            kept[key] = Kept(words, outcome, now, now + call.shop.knobs.slow_answer)
            return outcome

        return guarded

    return wrap


def _known(
    before: Kept, words: str, now: float, *, failures: bool, errors: str
) -> Mapping[str, Any] | Refusal | None:
    """The answer to a key that was used; None lets the mutation run again."""
    if before.words != words:
        return MISMATCH
    if now < before.answered_at:
        return CONCURRENT
    if not before.outcome[errors]:
        return before.outcome
    return FAILED if failures else None


def _kept(call: Call) -> dict[str, Kept]:
    """The keys of the last day, oldest first."""
    kept, limit = call.install.idempotent, call.twin.clock.seconds() - DAY_SECONDS
    while kept and (oldest := next(iter(kept))) and kept[oldest].at <= limit:
        del kept[oldest]
    return kept


def _key(info: Info) -> str:
    """The directive's key. Seen in the field: its absence is a top-level BAD_REQUEST (11.7)."""
    directive = next(each for each in info.schema.directives if each.name == "idempotent")
    found = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    said = "The @idempotent directive is required for this mutation but was not provided."
    if found is not None and not (key := str(found["key"]).strip()):
        said = "The idempotency key cannot be empty."
    elif found is not None:
        return key
    raise GraphQLError(said, extensions={"code": "BAD_REQUEST"})
