"""Every knob of the twin, declared once: default, bounds, meaning. Anything else is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from stores.twin.faults import Fault
from stores.twin.rogues import Rogue

__all__ = ["Knobs", "Settings", "described", "turn"]

DAY = 86_400.0
HOUR = 3_600.0
# Those that a single topic can have for itself, under the knob `topics`.
OF_TOPICS = frozenset(
    {"drop", "duplicate", "reorder", "reorder_seconds", "delay", "coalesce", "storm", "hold"}
)


def _knob(default: Any, says: str, **bounds: Any) -> Any:
    facts = {"says": says, **bounds}
    return field(default=default, metadata=facts)


def _share(says: str) -> Any:
    return _knob(0.0, says, kind="share", least=0.0, most=1.0)


def _seconds(says: str, *, most: float, default: float | None = 0.0) -> Any:
    return _knob(default, says, kind="seconds", least=0.0, most=most, empty=default is None)


def _count(says: str, *, most: int, default: int = 0) -> Any:
    return _knob(default, says, kind="count", least=0, most=most)


def _switch(says: str, *, default: bool = False) -> Any:
    return _knob(default, says, kind="switch")


def _choice(says: str, *words: str) -> Any:
    """One of several words, the first by default."""
    return _knob(words[0], says, kind="choice", words=words)


def _word(says: str) -> Any:
    return _knob(None, says, kind="word", empty=True)


@dataclass(slots=True)
class Knobs:
    """How one shop behaves.

    Probabilities are from 0 to 1. Seconds at the API are real, all others are of the twin's clock.
    """

    # What programs meet at its API
    latency: float | None = _seconds(
        "every API call takes this long; empty: the twin's own", most=60.0, default=None
    )
    outage: bool = _switch("its API answers 503; its pages and webhooks work on")
    cut_after_apply: int = _count(
        "so many mutations are applied, then their connection is cut", most=1_000_000
    )
    slow_answer: float = _seconds("answers of mutations come so long after their effect", most=60.0)
    read_lag: float = _seconds("queries see goods as they were so long ago", most=HOUR)
    search_lag: float = _seconds(
        "the index of searches knows goods as they were so long ago", most=DAY
    )
    paging_cap: int = _count(
        "so many objects of one connection can be paged through", most=1_000_000, default=25_000
    )
    unlimited: bool = _switch("no bucket of points, for benchmarks")
    serves: str | None = _word("the API version that answers claim, as after a fall-forward")
    faults: list[Fault] = field(
        default_factory=list,
        metadata={"says": "faults of single API calls, a list of rules", "kind": "faults"},
    )

    rogues: list[Rogue] = field(
        default_factory=list,
        metadata={
            "says": "other apps that rewrite an attribute, a list of rules",
            "kind": "rogues",
        },
    )

    # What its merchant and Shopify think of apps
    withheld_scopes: str = _knob(
        "", "scopes that the merchant never grants, separated by commas", kind="word"
    )
    strict_refresh: bool = _switch("a refresh token is dead as soon as it was used")

    # What happens to its webhooks
    drop: float = _share("deliveries that are lost, though logged as dropped")
    duplicate: float = _share("deliveries that are sent twice under one id")
    reorder: float = _share("deliveries that later ones overtake")
    reorder_seconds: float = _seconds("how far back they fall, at most", most=DAY, default=2.0)
    delay: float = _seconds("every delivery leaves so late", most=DAY)
    coalesce: float = _seconds(
        "updates of one resource within so long become one delivery, the last", most=HOUR
    )
    storm: int = _count("so many equal events follow every event", most=1000)
    hold: bool = _switch("deliveries wait until they are released by hand")
    debounce: float = _seconds(
        "a body of chosen fields that is the same as one sent within so long is left out",
        most=HOUR,
        default=5.0,
    )
    topics: dict[str, dict[str, Any]] = field(
        default_factory=dict,
        metadata={"says": "the same of one topic: {topic: {knob: value}}", "kind": "topics"},
    )

    # What it does after it has answered
    media_seconds: float = _seconds(
        "files are processed for so long before they are ready", most=HOUR, default=1.0
    )
    media_fails: float = _share("files whose processing fails")
    originals_fail: int = _count("the next so many fetches of a picture's bytes fail", most=1000)
    job_seconds: float = _seconds(
        "jobs and asynchronous operations end so long after their start", most=HOUR, default=0.5
    )

    # Its bulk operations
    bulk_seconds: float = _seconds("a bulk operation lasts so long after its work", most=DAY)
    bulk_failure: str = _choice(
        "bulk operations fail half-way with this code", "none", "TIMEOUT", "INTERNAL_SERVER_ERROR"
    )
    bulk_fails_after: int = _count("after so many objects of the root", most=1_000_000, default=1)

    # What nobody knows for sure, each with its switch
    dead_refresh: str = _choice(
        "how a refresh token that is over is refused", "401 invalid_request", "400 invalid_grant"
    )
    burst_seconds: float = _knob(
        20.0, "a bucket holds so many seconds of points", kind="seconds", least=1.0, most=HOUR
    )
    variant_limit: str = _choice(
        "new variants a day in a large shop; more is HTTP 429, but not on Plus",
        "10000 beyond 500000",
        "1000 beyond 50000",
        "none",
    )
    variants_shown: int = _count(
        "the variants that a product's webhook shows at most", most=2048, default=100
    )
    impatient: bool = _switch(
        "eight failed tries in a row, of whatever deliveries, delete a subscription of the API; "
        "off, only the eighth failed retry of one delivery does"
    )
    variant_metafields_fire: bool = _switch(
        "a change of a variant's metafield is an update of its product"
    )
    bulk_excess: str = _choice(
        "the code of a sixth bulk operation at once", "LIMIT_REACHED", "OPERATION_IN_PROGRESS"
    )
    stocking_connects: bool = _switch(
        "stock that is set where an item was not stocked fires inventory_levels/connect",
        default=True,
    )
    idempotent_replay: bool = _switch(
        "a retry under a known key gets the kept answer; off, it runs again, as seen in the field",
        default=True,
    )
    noop_fires: bool = _switch("a productUpdate without a change still fires", default=True)

    def of_topic(self, topic: str) -> "Knobs":
        """The knobs as they stand for one topic."""
        own = self.topics.get(topic)
        return replace(self, **own) if own else self


@dataclass(slots=True)
class Settings:
    """How the whole twin behaves."""

    latency: float = _seconds("every API call of every shop takes this long", most=60.0)
    auto_approve: bool = _switch("merchants consent without being shown a page")
    seed: int = _count("where all chance starts: the same seed, the same mishaps", most=2**63)
    events: bool = _switch("next-generation Events fire beside the classic webhooks")
    cause_header: str = _knob(
        "X-Store-Sync-Cause",
        "the request header that the log keeps as the cause of a write",
        kind="word",
    )


def turn(of: Knobs | Settings, values: Mapping[str, Any]) -> None:
    """Set knobs; all or, with ValueError in words, none."""
    known = {each.name: each.metadata for each in fields(of)}
    _refuse_strangers(values, known.keys())
    checked = {name: _checked(name, value, known[name]) for name, value in values.items()}
    for name, value in checked.items():
        setattr(of, name, value)


def described(of: Knobs | Settings) -> list[dict[str, Any]]:
    """Every knob with its value, bounds, meaning and group, in the order of declaration."""
    found: list[dict[str, Any]] = []
    fresh, group = type(of)(), "Twin"
    for each in fields(of):
        if isinstance(of, Knobs):
            group = _GROUPS.get(each.name, group)
        value = getattr(of, each.name)
        facts = {"group": group, "turned": value != getattr(fresh, each.name)}
        found.append({"name": each.name, "value": _plain(value), **facts, **each.metadata})
    return found


def _refuse_strangers(values: Mapping[str, Any], known: Any) -> None:
    if strangers := sorted(set(values) - set(known)):
        raise ValueError(f"There is no knob {', '.join(strangers)}: {', '.join(sorted(known))}.")


def _checked(name: str, value: Any, knob: Mapping[str, Any]) -> Any:
    if value is None and knob.get("empty"):
        return None
    return _CHECKS[knob["kind"]](name, value, knob)


def _faults(name: str, value: Any, _: Any) -> list[Fault]:
    return [Fault.parsed(each) for each in _of_type(name, value, list)]


def _rogues(name: str, value: Any, _: Any) -> list[Rogue]:
    return [Rogue.parsed(each) for each in _of_type(name, value, list)]


def _topics(name: str, value: Any, _: Any) -> dict[str, dict[str, Any]]:
    known = {each.name: each.metadata for each in fields(Knobs) if each.name in OF_TOPICS}
    found: dict[str, dict[str, Any]] = {}
    for topic, values in _of_type(name, value, dict).items():
        _refuse_strangers(_of_type(topic, values, dict), known)
        found[topic] = {each: _checked(each, values[each], known[each]) for each in values}
    return found


def _of_type(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} takes {_WORDS[kind]}, not {value!r}.")
    return value


def _word_of(name: str, value: Any) -> str:
    """Words go into headers: nothing may end one and begin another."""
    word: str = _of_type(name, value, str)
    if not word.isascii() or not word.isprintable():
        raise ValueError(f"{name} takes plain letters, not {value!r}.")
    return word


def _share_or_seconds(name: str, value: Any, knob: Mapping[str, Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} takes a number, not {value!r}.")  # noqa: TRY004
    return _bounded(name, float(value), knob)


def _bounded(name: str, value: Any, knob: Mapping[str, Any]) -> Any:
    if not knob["least"] <= value <= knob["most"]:
        raise ValueError(f"{name} is from {knob['least']:g} to {knob['most']:g}, not {value:g}.")
    return value


def _chosen(name: str, value: Any, knob: Mapping[str, Any]) -> Any:
    if value not in knob["words"]:
        raise ValueError(f"{name} is one of {', '.join(knob['words'])}, not {value!r}.")
    return value


def _plain(value: Any) -> Any:
    return [each.told() for each in value] if isinstance(value, list) else value


# The first knob of each group.
_GROUPS = {
    "latency": "API",
    "withheld_scopes": "Merchant and apps",
    "drop": "Webhooks",
    "media_seconds": "Files and jobs",
    "dead_refresh": "Assumed",
}
_WORDS = {
    bool: "true or false",
    str: "a word",
    int: "a whole number",
    list: "a list",
    dict: "a map",
}
_CHECKS: Mapping[str, Callable[[str, Any, Mapping[str, Any]], Any]] = {
    "share": _share_or_seconds,
    "seconds": _share_or_seconds,
    "count": lambda name, value, knob: _bounded(name, _of_type(name, value, int), knob),
    "switch": lambda name, value, _: _of_type(name, value, bool),
    "choice": _chosen,
    "word": lambda name, value, _: _word_of(name, value),
    "faults": _faults,
    "rogues": _rogues,
    "topics": _topics,
}
