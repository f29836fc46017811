"""Doors to the truth: the log, the state of the shops, what calls and points were spent."""

from stores.twin.control.asking import Ask, Door, Json
from stores.twin.state import shop_state

__all__ = ["DOORS"]

_FLAGS = {"1", "true"}


def log(ask: Ask) -> Json:
    """The oracle's entries: ?since=&limit=&newest=1&kind=&shop= and any fact of theirs.

    Such facts are resource, attribute, by, request_id, cause, topic, status. `last` is the number
    of the newest entry: the next `since`.
    """
    facts = dict(ask.query)
    since, limit = int(facts.pop("since", 0)), facts.pop("limit", None)
    found = ask.twin.oracle.read(
        since=since,
        kind=facts.pop("kind", None),
        shop=facts.pop("shop", None),
        limit=None if limit is None else int(limit),
        newest=facts.pop("newest", "") in _FLAGS,
        **facts,
    )
    return {"log": found, "last": ask.twin.oracle.last()}


def state(ask: Ask) -> Json:
    """Every product of one shop as it stands."""
    return shop_state(ask.shop)


def states(ask: Ask) -> Json:
    """The final state of all shops, by domain."""
    return {"shops": {shop.domain: shop_state(shop) for shop in ask.twin.shops.values()}}


def counters(ask: Ask) -> Json:
    """Calls, points, mutations and throttled answers, by shop."""
    return {shop.domain: dict(shop.counters) for shop in ask.twin.shops.values()}


def operations(ask: Ask) -> Json:
    """The same for one shop by the names of its documents."""
    return {name: dict(each) for name, each in ask.shop.operations.items()}


DOORS: dict[str, Door] = {
    "GET log": log,
    "GET state": states,
    "GET shops/{shop}/state": state,
    "GET counters": counters,
    "GET shops/{shop}/operations": operations,
}
