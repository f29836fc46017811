"""The small readers that resolvers are made of."""

from collections.abc import Callable
from typing import Any

from stores.twin.nodes import Info
from stores.twin.rendering import instant

__all__ = ["Resolver", "attribute", "by_id", "itself", "key", "moment", "number_of", "value"]

Resolver = Callable[..., Any]


def attribute(name: str) -> Resolver:
    return lambda source, _: getattr(source, name)


def key(name: str) -> Resolver:
    return lambda source, _: source[name]


def value(name: str) -> Resolver:
    """One of the attributes that a merchant can set."""
    return lambda source, _: source.values[name]


def moment(name: str) -> Resolver:
    return lambda source, _: instant(getattr(source, name))


def number_of(source: Any, _: Info) -> str:
    return str(source.id)


def itself(source: Any, _: Info) -> Any:
    return source


def by_id(found: Any) -> Any:
    """The key of connections that are sorted by id."""
    return found.id
