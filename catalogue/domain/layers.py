"""Sales: layers over everything else that a store would show, for a time; then they simply end."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from catalogue.domain.effective import Effective
from catalogue.domain.pricing import CENT
from catalogue.domain.values import BadValueError, Value, money
from catalogue.domain.version import Bounds, Version
from catalogue.enums import Source

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A percentage off the prices of some products in one store, since it was begun.

    With `strike`, the compare-at price shows what the price would be. `step` and `charm` round, as
    in a price rule. It follows whatever is edited beneath it.
    """

    id: int
    since: datetime
    until: datetime | None = None
    percent: Decimal
    step: Decimal = CENT
    charm: Decimal = Decimal(0)
    strike: bool = True

    def covers(self, name: str) -> bool:
        return name == "price" or (self.strike and name == "compare_at_price")

    def stood(self, time: datetime, bounds: Bounds | None) -> bool:
        """Whether it was on when an edit was made, or may have been."""
        start, end = bounds or (time, time)
        return self.since <= end and (self.until is None or start < self.until)

    def spares(self, beneath: Effective) -> bool:
        """Whether it is a value of the store that a person kept in sight of this sale's price."""
        kept = beneath.version if beneath.source == "kept" else None
        return kept is not None and self.since <= kept.time

    def price(self, base: Value) -> Value:
        """The reduced price; never above the one beneath it, and none of none."""
        if not isinstance(base, str):
            return None
        exact = Decimal(base) * (HUNDRED - self.percent) / HUNDRED
        steps = (exact / self.step).quantize(Decimal(1), ROUND_HALF_UP)
        return money(min(max(steps * self.step - self.charm, Decimal(0)), Decimal(base)))

    @property
    def begun(self) -> Version:
        return Version.of(self.since, Source.SCHEDULE, f"sale:{self.id}")


def lay_over(
    layers: tuple[Layer, ...], name: str, beneath: Effective, price: Effective
) -> Effective:
    """What a store shows of `name` under its layers; `price` is the one beneath them.

    What a person kept for the store during a sale shows as it is. Of two that stand at once the one
    begun later counts. What ended of late gives its end to the
    version, so that an edit made on what its ending wrote is later than the ending.
    """
    mine = [
        layer
        for layer in layers
        if layer.covers(name) and not any(layer.spares(one) for one in (beneath, price))
    ]
    if not mine or not beneath.managed:
        return beneath
    ends = [Version.of(o.until, Source.SCHEDULE, f"sale:{o.id}") for o in mine if o.until]
    known = [*([beneath.version] if beneath.version else []), *ends]
    standing = [layer for layer in mine if layer.until is None]
    if not standing:
        return replace(beneath, version=max(known))
    layer = max(standing, key=lambda one: (one.since, one.id))
    value = layer.price(beneath.value) if name == "price" else price.value
    return Effective(value, "layer", max(*known, layer.begun) if known else layer.begun)


def instant(local: datetime, zone: str, *, last: bool) -> datetime:
    """A time on a store's wall as an instant. Raises BadValueError where no clock shows it.

    When clocks are set back, an hour comes twice: `last` takes the second one.
    """
    known = ZoneInfo(zone)
    aware = local.replace(tzinfo=known, fold=1 if last else 0)
    there_and_back = aware.astimezone(UTC).astimezone(known).replace(tzinfo=None)
    if there_and_back != local:
        raise BadValueError(
            f"{local:%Y-%m-%d %H:%M} does not exist in {zone}: clocks are set forward then. Take "
            f"{local + timedelta(hours=1):%H:%M}."
        )
    return aware.astimezone(UTC)
