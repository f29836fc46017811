"""One product beside every store: a row an attribute, a cell a store."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from activity.selectors.galleries import Shot, images_of, shots
from catalogue.domain.attributes import Attribute, Owner, of_owner
from catalogue.domain.cleaning import may_be_empty
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import Effective
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.enums import OverrideKind
from catalogue.models import Product, Variant
from catalogue.models.canonical import Record
from catalogue.selectors.given_up import given_up
from catalogue.selectors.picture import Picture, pictures
from catalogue.selectors.terms import metafields_of, use_of
from stores.models import Store
from syncqueue.enums import Health
from syncqueue.models import Channel

STOPPED = (Health.HELD, Health.WAITING)
WORDS = {
    "canonical": "",
    "override": "own value",
    "kept": "own value, kept in a sale",
    "rule": "by rule",
    "layer": "on sale",
    "held": "held",
    "currency": "not managed (another currency)",
    "store": "the store owns it",
    "ignored": "ignored here",
    "reference": "leads to a product that this store doesn't have",
    "pictureless": "the product doesn't show that picture here",
    "nothing": "",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A store's picture, the leaves that it should show otherwise, and those of them given up.

    `waits`: whether its calls are held, by a person or until Shopify is back.
    """

    pic: Picture
    due: set[LeafKey]
    given_up: Collection[LeafKey]
    waits: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed into a cell (`store_id`; None: the hub's) that was not taken, and why."""

    key: LeafKey
    store_id: int | None
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one store shows, whose value that is, and whether it differs from what it should."""

    store: Store
    shown: str
    wanted: str
    note: str
    own: bool
    differs: bool
    given_up: bool = False
    waits: bool = False
    typed: Typed | None = None
    shots: tuple[Shot, ...] = ()
    due: tuple[Shot, ...] = ()

    @property
    def value(self) -> str:
        return self.typed.value if self.typed else self.shown


@dataclass(frozen=True, slots=True)
class Line:
    attribute: Attribute
    variant: Variant | None
    canonical: str
    cells: tuple[Cell | None, ...]
    typed: Typed | None = None
    shots: tuple[Shot, ...] = ()

    @property
    def value(self) -> str:
        return self.typed.value if self.typed else self.canonical

    @property
    def may_be_empty(self) -> bool:
        return may_be_empty(self.attribute)


@dataclass(frozen=True, slots=True)
class Section:
    """The product's own lines, or those of one variant."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    stores: tuple[Store, ...]
    sections: tuple[Section, ...]


def comparison(product: Product, typed: Typed | None = None) -> Comparison:
    """Put a product beside its stores, in a fixed number of queries."""
    ids = product.listings.order_by("store_id").values_list("pk", flat=True)
    found = sorted(pictures(ids), key=lambda pic: pic.store.pk)
    due = [(pic, set(pic.to_write())) for pic in found]
    left, stopped = given_up(due), _stopped([pic.store for pic in found])
    shown = [
        Shown(pic, leaves, left.get(pic.store.pk, ()), waits=pic.store.channel_id in stopped)
        for pic, leaves in due
    ]
    metafields = metafields_of(product.workspace_id)
    sections = [Section("Product", _lines(product, None, shown, typed, metafields))]
    for variant in product.variants.filter(removed_at=None):
        title = f"Variant {variant}, number {variant.pk}"
        sections.append(Section(title, _lines(variant, variant, shown, typed, metafields)))
    return Comparison(tuple(pic.store for pic in found), tuple(sections))


def _stopped(stores: Iterable[Store]) -> set[int]:
    """The channels to which nothing is sent at present."""
    channels = Channel.objects.filter(pk__in=[store.channel_id for store in stores])
    return set(channels.filter(health__in=STOPPED).values_list("pk", flat=True))


def _lines(
    record: Record,
    variant: Variant | None,
    shown: Sequence[Shown],
    typed: Typed | None,
    metafields: Iterable[str],
) -> tuple[Line, ...]:
    owner = Owner.PRODUCT if variant is None else Owner.VARIANT
    images = {key: image for one in shown for key, image in images_of(one.pic).items()}
    return tuple(
        Line(
            declared,
            variant,
            _typed_as(declared, record.value(declared.name)),
            tuple(_cell(one, variant, declared, typed, images=images) for one in shown),
            _typed_here(typed, variant, declared, None),
            shots(declared, record.value(declared.name), images),
        )
        for declared in of_owner(owner, metafields)
    )


def _typed_here(
    typed: Typed | None, variant: Variant | None, declared: Attribute, store: Store | None
) -> Typed | None:
    here = ((variant.pk if variant else None, declared.name), store.pk if store else None)
    return typed if typed is not None and (typed.key, typed.store_id) == here else None


def _cell(
    shown: Shown,
    variant: Variant | None,
    declared: Attribute,
    typed: Typed | None,
    *,
    images: Mapping[str, str],
) -> Cell | None:
    """None where the store has no such variant."""
    pic, due = shown.pic, shown.due
    key = (variant.pk if variant else None, declared.name)
    if variant is not None and variant.pk not in pic.hosts:
        return None
    leaf = pic.host(key[0]).leaf(declared.name)
    effect, standing = pic.effective(key), pic.standing(key)
    own, use = bool(standing and standing.stands), use_of(declared.name)
    granted = use is None or use.granted(pic.store.scopes)
    return Cell(
        store=pic.store,
        shown=_typed_as(declared, leaf.value) if leaf else "",
        wanted=_typed_as(declared, effect.value),
        note=_note(effect, standing if own else None) if granted else "not granted by the store",
        own=own,
        differs=granted and key in due,
        given_up=key in shown.given_up,
        waits=shown.waits,
        typed=_typed_here(typed, variant, declared, pic.store),
        shots=shots(declared, leaf.value if leaf else None, images_of(pic)),
        due=shots(declared, effect.value, images),
    )


def _note(effect: Effective, standing: Entry | None) -> str:
    if effect.source == "override" and standing is not None and standing.kind is OverrideKind.FOUND:
        return "own value, found at connect"
    if effect.source == "override" and effect.value in (None, "", []):
        return "own value: nothing"
    return WORDS[effect.source]


def _typed_as(declared: Attribute, value: Value) -> str:
    """Texts of pictures may hold commas, so people write one picture a line."""
    if declared.part == "media" and isinstance(value, list):
        return "\n".join(value)
    return text_of(value)


def text_of(value: Value) -> str:
    """A value as a person types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict) and "type" in value:
        return value["value"]
    if isinstance(value, dict):
        return f"{value['value']} {value['unit']}"
    return value
