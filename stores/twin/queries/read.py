"""The small readers that resolvers are made of."""

from collections.abc import Callable
from typing import Any

from stores.twin.nodes import Info
from stores.twin.rendering import instant

__all__ = ["MONEY", "Resolver", "attribute", "by_id", "itself", "key", "moment", "money"]
__all__ += ["number_of", "value"]

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


def money(amount: str, currency: str) -> dict[str, str]:
    """A MoneyV2, whose amount Shopify prints as a decimal: 7.50 is 7.5 and 7.00 is 7.0."""
    whole, _, cents = amount.partition(".")
    return {"amount": f"{whole}.{cents.rstrip('0') or '0'}", "currency": currency}


MONEY: dict[str, Resolver] = {
    "MoneyV2.amount": key("amount"),
    "MoneyV2.currencyCode": key("currency"),
}
