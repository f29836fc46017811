"""Price rules: a store's price made of the canonical one, by factor, pinned rate and rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from catalogue.domain.values import BadValueError, Value, money

CENT = Decimal("0.01")
NO_CENTS = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
        *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
"""Currencies without a smaller unit (ISO 4217)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """How one attribute is priced in one store, for a time.

    Converts from `currency` at `rate` (so many of the store's for one), multiplies by `factor`,
    rounds to the nearest `step`, takes `charm` off (0.01 makes 19.99 of 20), and goes no lower
    than `floor`. An edit made in the store in that time is an exception to it.
    """

    attribute: str
    currency: str
    since: datetime
    until: datetime | None = None
    rate: Decimal = Decimal(1)
    factor: Decimal = Decimal(1)
    step: Decimal = CENT
    charm: Decimal = Decimal(0)
    floor: Decimal | None = None
    id: str = ""

    def to_json(self) -> dict[str, str | None]:
        names = ("rate", "factor", "step", "charm", "floor")
        numbers = {name: _spelled(getattr(self, name)) for name in names}
        since = self.since.isoformat()
        return {"attribute": self.attribute, "currency": self.currency, "since": since, **numbers}

    @classmethod
    def from_json(cls, data: Mapping[str, str | None]) -> "PriceRule":
        names = ("rate", "factor", "step", "charm", "floor")
        numbers: dict[str, Any] = {name: _number(data[name]) for name in names}
        since = datetime.fromisoformat(data["since"] or "")
        return cls(
            attribute=data["attribute"] or "",
            currency=data["currency"] or "",
            since=since,
            **numbers,
        )

    def price(self, canonical: Value) -> Value:
        """The store's price; no canonical price gives none."""
        if not isinstance(canonical, str):
            return None
        exact = Decimal(canonical) * self.rate * self.factor
        steps = (exact / self.step).quantize(Decimal(1), ROUND_HALF_UP)
        rounded = max(steps * self.step - self.charm, Decimal(0))
        return money(max(rounded, self.floor) if self.floor is not None else rounded)


def unit_of(currency: str) -> Decimal:
    """The smallest amount in which prices of a currency are set."""
    return Decimal(1) if currency in NO_CENTS else CENT


def check_rule(rule: PriceRule, store_currency: str) -> None:
    """Say in one sentence what is wrong with a rule for a store."""
    unit = unit_of(store_currency)
    amounts: Mapping[str, Decimal] = {
        "Rounding": rule.step,
        "What is taken off": rule.charm,
        "The floor": rule.floor or Decimal(0),
    }
    if rule.rate <= 0 or rule.factor <= 0 or rule.step <= 0:
        raise BadValueError("Rate, factor and rounding are above zero.")
    if rule.currency == store_currency and rule.rate != 1:
        raise BadValueError(f"Prices in {store_currency} need no rate to become {store_currency}.")
    for name, amount in amounts.items():
        if amount < 0 or amount % unit:
            raise BadValueError(f"{name} is a multiple of {unit} in {store_currency}.")
    if rule.charm * 2 >= rule.step and rule.charm:
        raise BadValueError("What is taken off is less than half of what is rounded to.")


def _spelled(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(spelled: str | None) -> Decimal | None:
    return None if spelled is None else Decimal(spelled)
