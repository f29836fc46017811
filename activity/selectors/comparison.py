"""One product beside every store: a row an attribute, a cell a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from catalogue.domain.attributes import Attribute, Owner, of_owner
from catalogue.domain.diff import LeafKey
from catalogue.domain.values import Value
from catalogue.models import Product, Variant
from catalogue.models.canonical import Record
from catalogue.selectors.picture import Picture, pictures
from stores.models import Store

Shown: TypeAlias = tuple[Picture, set[LeafKey]]
"""A store's picture, and the leaves that are on their way to it."""
WORDS = {
    "canonical": "",
    "override": "own value",
    "rule": "by rule",
    "held": "held",
    "currency": "not managed (another currency)",
    "store": "the store owns it",
    "ignored": "ignored here",
    "nothing": "",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one store shows, whose value that is, and whether it differs from what it should."""

    store: Store
    shown: str
    wanted: str
    note: str
    own: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    attribute: Attribute
    variant: Variant | None
    canonical: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The product's own lines, or those of one variant."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    stores: tuple[Store, ...]
    sections: tuple[Section, ...]


def comparison(product: Product) -> Comparison:
    """Put a product beside its stores, in a fixed number of queries."""
    ids = product.listings.order_by("store_id").values_list("pk", flat=True)
    found = sorted(pictures(ids), key=lambda pic: pic.store.pk)
    shown = [(pic, set(pic.to_write())) for pic in found]
    sections = [Section("Product", _lines(product, None, shown))]
    for variant in product.variants.all():
        title = f"Variant {variant}"
        sections.append(Section(title, _lines(variant, variant, shown)))
    return Comparison(tuple(pic.store for pic in found), tuple(sections))


def _lines(record: Record, variant: Variant | None, shown: Sequence[Shown]) -> tuple[Line, ...]:
    owner = Owner.PRODUCT if variant is None else Owner.VARIANT
    return tuple(
        Line(
            declared,
            variant,
            text_of(record.value(declared.name)),
            tuple(_cell(pic, due, variant, declared) for pic, due in shown),
        )
        for declared in of_owner(owner)
    )


def _cell(
    pic: Picture, due: set[LeafKey], variant: Variant | None, declared: Attribute
) -> Cell | None:
    """None where the store has no such variant."""
    key = (variant.pk if variant else None, declared.name)
    if variant is not None and variant.pk not in pic.hosts:
        return None
    leaf = pic.host(key[0]).leaf(declared.name)
    effect = pic.effective(key)
    standing = pic.standing(key)
    note = WORDS[effect.source]
    if standing is not None and standing.stands and standing.kind:
        note = {"found": "own value, found at connect", "pinned": "own value"}.get(
            standing.kind, note
        )
    return Cell(
        store=pic.store,
        shown=text_of(leaf.value) if leaf else "",
        wanted=text_of(effect.value),
        note=note,
        own=bool(standing and standing.stands),
        differs=key in due,
    )


def text_of(value: Value) -> str:
    """A value as a person types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return f"{value['value']} {value['unit']}"
    return value
