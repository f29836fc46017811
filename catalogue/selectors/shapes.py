"""The shape of a product in one store: what the store shows, and what it should."""

from collections.abc import Iterable
from dataclasses import replace

from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES, VALUE_ORDER
from catalogue.domain.journal import Leaf
from catalogue.domain.order import in_order
from catalogue.domain.shape import Row, Shape
from catalogue.domain.value_order import lists_of
from catalogue.domain.values import Value
from catalogue.enums import Stance
from catalogue.models import Product, Variant
from catalogue.selectors.picture import Picture

NEW = "new:"


def shown_shape(pic: Picture) -> Shape | None:
    """What the store was seen to show; None where a part of it was never seen."""
    names = pic.listing.leaf(OPTION_NAMES)
    hosts = sorted(pic.shown.values(), key=lambda host: (host.position, host.pk))
    leaves = [(host.gid, host.leaf(OPTION_VALUES)) for host in hosts]
    if names is None or not leaves or any(leaf is None for _, leaf in leaves):
        return None
    rows = (Row(gid, _words(leaf.value)) for gid, leaf in leaves if leaf is not None)
    return _ordered(Shape(_words(names.value), tuple(rows)), pic.listing.leaf(VALUE_ORDER))


def _ordered(shape: Shape, leaf: Leaf | None) -> Shape:
    """With the order of its values, where what was seen of it is of these values."""
    orders = tuple(tuple(names) for names in lists_of(leaf.value)) if leaf else ()
    fits = len(orders) == len(shape.names) and all(
        value in orders[place] for row in shape.rows for place, value in enumerate(row.values)
    )
    return replace(shape, orders=orders) if fits else shape


def wanted_shape(pic: Picture, shown: Shape) -> Shape:
    """What it should show of what is linked or missing there; new variants by `new:` and our id."""
    names = pic.effective((None, OPTION_NAMES))
    have = shown.values()
    rows = {
        str(variant_id): Row(host.gid, _values_of(pic, variant_id, have[host.gid]))
        for variant_id, host in pic.hosts.items()
    }
    rows |= {str(pk): Row(f"{NEW}{pk}", _values_of(pic, pk, ())) for pk in missing(pic)}
    order = pic.standing_order()
    ranked = in_order([*pic.ids_shown(), *map(str, missing(pic))], order)
    values = pic.effective((None, VALUE_ORDER))
    known = shown.orders and values.managed
    return Shape(
        _words(names.value) if names.managed else shown.names,
        tuple(rows[variant_id] for variant_id in ranked),
        tuple(tuple(one) for one in lists_of(values.value)) if known else shown.orders,
    )


def missing(pic: Picture) -> list[int]:
    """Our variants that this store is still to be given."""
    hosts = pic.hosts
    return [pk for pk in pic.variants if pk not in hosts and pk not in pic.listing.absent]


def doomed(pic: Picture) -> list[str]:
    return [host.gid for host in pic.shown.values() if host.stance == Stance.DOOMED]


def canonical_shape(product: Product, variants: Iterable[Variant]) -> Shape | None:
    """The shape that the hub holds; None where it never learnt the options of the product."""
    names = product.value(OPTION_NAMES)
    values = [(str(variant.pk), variant.value(OPTION_VALUES)) for variant in variants]
    if names is None or any(value is None for _, value in values):
        return None
    return Shape(_words(names), tuple(Row(key, _words(value)) for key, value in values))


def _values_of(pic: Picture, variant_id: int, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    found = pic.effective((variant_id, OPTION_VALUES))
    return _words(found.value) if found.managed else otherwise


def _words(value: Value) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else ()
