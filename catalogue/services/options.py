"""What edits of a product's options in a store mean beyond their own leaves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from catalogue.domain.attributes import (
    OPTION_NAMES,
    OPTION_VALUES,
    VARIANT_ORDER,
    BadValueError,
    attribute,
)
from catalogue.domain.decide import Edit
from catalogue.domain.diff import LeafKey
from catalogue.domain.registers import Entry
from catalogue.domain.routing import Routing
from catalogue.domain.shape import UnfitError, check
from catalogue.enums import ChangeFate, ChangeScope, IssueKind, OverrideKind, Source
from catalogue.models import Change, Listing, Product, Variant
from catalogue.selectors.picture import Picture
from catalogue.selectors.shapes import canonical_shape
from catalogue.services.issues import Subject, raise_issue
from catalogue.services.merge import Act, merge
from catalogue.services.variants import renumber

SHRUNK = "An option was taken away in the store; that spreads only when a person says so."


def has_shrunk(edits: Iterable[tuple[LeafKey, Edit]]) -> bool:
    """Whether an option was taken away: what is absent is never removed elsewhere by itself."""
    return any(
        key == (None, OPTION_NAMES)
        and isinstance(edit.value, list)
        and isinstance(edit.based_on, list)
        and len(edit.value) < len(edit.based_on)
        for key, edit in edits
    )


def held_shape(pic: Picture, edit: Edit) -> Routing:
    entry = Entry(edit.version, "set", pic.store.pk, edit.value, OverrideKind.HELD)
    return Routing(entry, SHRUNK)


def subject_of(listing: Listing) -> Subject:
    return Subject(
        name=f"options of product {listing.product_id}, store {listing.store_id}",
        product_id=listing.product_id,
        store_id=listing.store_id,
    )


def ask_about_options(pic: Picture) -> None:
    said = f"An option of “{pic.product}” was taken away in {pic.store}. It stands everywhere else."
    raise_issue(pic.store.workspace_id, IssueKind.OPTION_GONE, subject_of(pic.listing), said)


def fill_up(pic: Picture, changes: Sequence[Change], *, now: datetime) -> list[Change]:
    """Give variants that the store of a new option doesn't have a value of it, as Shopify does."""
    product = pic.product
    grown = [change for change in changes if _has_grown(change)]
    if product is None or not grown:
        return []
    change, winner = grown[-1], product.register(OPTION_NAMES).winner
    old, new = list(change.old or ()), list(change.new or ())
    rows: list[Change] = []
    full = [v.value(OPTION_VALUES) for v in pic.variants.values()]
    for variant in pic.variants.values():
        values = variant.value(OPTION_VALUES)
        if winner is None or not isinstance(values, list) or len(values) != len(old):
            continue
        act = Act(
            key=(variant.pk, OPTION_VALUES),
            entry=replace(winner, value=_widened(values, old, new, full)),
            source=Source(change.source),
            cause_id=change.cause_id,
            reason="The product has got an option; this variant has its usual value.",
        )
        rows += merge(product, variant, None, act, now=now).changes
    return rows


def _widened(
    values: Sequence[str], old: Sequence[str], new: Sequence[str], full: Sequence[object]
) -> list[str]:
    """The values under the new options: what a variant had under a name it keeps."""
    if not set(old) <= set(new):  # renamed at once: an option comes behind the others
        return [*values, *(_usual(full, place) for place in range(len(old), len(new)))]
    had = dict(zip(old, values, strict=True))
    return [had.get(name) or _usual(full, place) for place, name in enumerate(new)]


def settle_shapes(changes: Iterable[Change]) -> None:
    """After an edit has been stored: refuse what no product can be, and number the variants."""
    moved = {c.product: c for c in changes if attribute(c.attribute).structural}
    for product in moved:
        variants = list(Variant.objects.filter(product=product, removed_at=None))
        shape = canonical_shape(product, variants)
        try:
            if shape is not None:
                check(shape)
        except UnfitError as error:
            raise BadValueError(str(error)) from error
        order = product.value(VARIANT_ORDER)
        if isinstance(order, list):
            _check_order(order, product)
            renumber(variants, order)


def _check_order(order: Sequence[str], product: Product) -> None:
    ever = Variant.objects.filter(product=product).values_list("pk", flat=True)
    strange = set(order) - set(map(str, ever))
    if strange:
        numbers = ", ".join(sorted(strange))
        raise BadValueError(f"The product has no variant of the number {numbers}.")


def _has_grown(change: Change) -> bool:
    return (
        change.attribute == OPTION_NAMES
        and change.scope == ChangeScope.CANONICAL
        and change.fate == ChangeFate.WON
        and len(change.new or ()) > len(change.old or ())
    )


def _usual(full: Iterable[object], place: int) -> str:
    """What most variants have there that have the new option already."""
    known = [values for values in full if isinstance(values, list)]
    most = max(map(len, known))
    return Counter(str(values[place]) for values in known if len(values) == most).most_common(1)[0][
        0
    ]
