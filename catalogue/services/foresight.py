"""What edits would become in every live store, without storing anything to find it out.

The records of a desk are moved, as the edit itself would, and the stores' pictures drawn of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalogue.domain.diff import LeafKey
from catalogue.domain.plan import PlannedLeaf, chained, first_mark, kind_of
from catalogue.domain.values import Value
from catalogue.enums import ListingState, PlanKind, Source
from catalogue.models import Listing, Plan, PlanEdit
from catalogue.selectors.picture import Picture, pictures
from catalogue.services.desk import Desk, SetValue
from catalogue.services.edit import take_in
from catalogue.services.gates import Cause, version_that_stands
from catalogue.services.plan_lines import disputed_in
from stores.enums import Mode


@dataclass(slots=True)
class Foreseen:
    """One edit: the version that stands, and what would become of it in each store."""

    base: str
    stands: Value
    changed: bool = False
    leaves: list[tuple[Picture, PlannedLeaf]] = field(default_factory=list)

    def mark(self, row: PlanEdit) -> str:
        place = [row.product_id, row.variant_id, row.attribute, row.store_id]
        lines = [leaf.to_json() for _, leaf in self.leaves]
        return chained(first_mark("edit"), [[place, row.value, row.clear, self.base], *lines])


def foresee(
    plan: Plan, rows: Sequence[PlanEdit], desk: Desk, values: Sequence[Value], *, lock: bool = False
) -> dict[PlanEdit, Foreseen]:
    """What would become of edits: the records of the desk are moved, and stored by nobody."""
    wishes = [wish_of(row) for row in rows]
    found = {
        row: Foreseen(version_that_stands(desk, wish), desk.shown(wish))
        for row, wish in zip(rows, wishes, strict=True)
    }
    cause = Cause(plan.workspace_id, Source.API, plan.made_by, plan.cause_id)
    for row, wish, value in zip(rows, wishes, values, strict=True):
        found[row].changed = bool(take_in(desk, wish, value, cause))
    own = {(row.product_id, key_of(row), row.store_id) for row in rows if row.store_id is not None}
    by_product = defaultdict(list)
    for row in rows:
        by_product[row.product_id].append(row)
    pics = _pictures(plan, by_product, desk, lock=lock)
    disputed = disputed_in(pics)
    for pic in pics:
        product_id = pic.listing.product_id or 0
        for row in by_product[product_id]:
            key, here = key_of(row), pic.store.pk
            told_by_its_own = row.store_id is None and (product_id, key, here) in own
            elsewhere = row.store_id not in (None, here) or told_by_its_own
            if elsewhere or not found[row].changed:
                continue
            leaf = _leaf(pic, row, disputed=(product_id, key) in disputed)
            if leaf is not None:
                found[row].leaves.append((pic, leaf))
    return found


def _pictures(
    plan: Plan, products: Mapping[int, object], desk: Desk, *, lock: bool
) -> list[Picture]:
    """The listings in live stores, as they would be drawn of the desk's records."""
    ids = Listing.objects.filter(
        product__in=list(products),
        state=ListingState.LINKED,
        store__workspace=plan.workspace_id,
        store__mode=Mode.LIVE,
    )
    pics = pictures(ids.order_by("id").values_list("pk", flat=True), lock=lock)
    for pic in pics:
        pic.product = desk.products[pic.listing.product_id or 0]
        pic.variants = {pk: desk.variants.get(pk, one) for pk, one in pic.variants.items()}
    drawn = {(pic.store.pk, pic.listing.product_id): pic for pic in pics}
    for (store_id, product_id, variant_id, name), override in desk.overrides.items():
        if (pic_of := drawn.get((store_id or 0, product_id))) is not None:
            pic_of.overrides[variant_id, name] = override
    return pics


def _leaf(pic: Picture, row: PlanEdit, *, disputed: bool) -> PlannedLeaf | None:
    """What a store would be written, by the same difference that writes; None for nothing."""
    key = key_of(row)
    if key[0] is not None and (key[0] not in pic.hosts or key[0] not in pic.variants):
        return None
    shown = pic.observed(key[1]).get(key)
    if shown is None:
        return None
    due, effect = pic.to_write(key[1]), pic.effective(key)
    keeps = row.store_id is None and effect.source == "override"
    found = kind_of(effect, shown.value, due=key in due, disputed=disputed)
    kind = PlanKind.KEPT if keeps else found
    if kind is None:
        return None
    return PlannedLeaf(pic.listing.pk, key, kind, shown.value, due.get(key, effect.value))


def key_of(row: PlanEdit) -> LeafKey:
    return row.variant_id, row.attribute


def wish_of(row: PlanEdit) -> SetValue:
    return SetValue(
        product_id=row.product_id,
        variant_id=row.variant_id,
        store_id=row.store_id,
        attribute=row.attribute,
        value=row.value,
        clear=row.clear,
    )
