"""The lines of plans, whatever is planned."""

from collections.abc import Collection

from catalogue.domain.diff import LeafKey
from catalogue.domain.plan import PlannedLeaf
from catalogue.enums import ConflictState, PlanKind
from catalogue.models import Conflict, Plan, PlanLine
from catalogue.selectors.picture import Picture

Place = tuple[int, LeafKey]


def disputed_in(found: Collection[Picture]) -> set[Place]:
    """The values of these products about which a person has to decide."""
    products = {pic.listing.product_id for pic in found}
    rows = Conflict.objects.filter(product__in=products, state=ConflictState.OPEN)
    values = rows.values_list("product_id", "variant_id", "attribute")
    return {(product_id, (variant_id, name)) for product_id, variant_id, name in values}


def line_of(plan: Plan, pic: Picture, leaf: PlannedLeaf, *, dropped: str = "") -> PlanLine:
    return PlanLine(
        plan=plan,
        listing=pic.listing,
        product=pic.product,
        variant_id=leaf.key[0],
        attribute=leaf.key[1],
        kind=leaf.kind,
        shown=leaf.shown,
        wanted=leaf.wanted,
        dropped=dropped,
    )


def leaf_of(line: PlanLine) -> PlannedLeaf:
    key = (line.variant_id, line.attribute)
    return PlannedLeaf(line.listing_id, key, PlanKind(line.kind), line.shown, line.wanted)
