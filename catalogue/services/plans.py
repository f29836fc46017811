"""Plan, approve, apply: nothing is written to a store before its owner has seen what would be.

A plan is drafted in steps over the linked listings, then waits, named by its hash. Approved, every
value is looked at again, in steps: what has moved since is held as the store's own, for a person,
and listed. Then the store goes live, and all its listings are compared.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.domain.attributes import OPTION_VALUES
from catalogue.domain.diff import LeafKey
from catalogue.domain.plan import PlannedLeaf, chained, first_mark, kind_of, moved
from catalogue.domain.registers import Entry
from catalogue.domain.version import Version, causal_floor
from catalogue.enums import (
    ConflictState,
    ListingState,
    OverrideKind,
    PlanKind,
    PlanState,
    Source,
)
from catalogue.errors import NotAllowedNowError, StalePlanError
from catalogue.models import Change, Conflict, Listing, Plan, PlanLine, Product
from catalogue.selectors.picture import Picture, pictures
from catalogue.selectors.shapes import missing
from catalogue.services.ledger import store_changes
from catalogue.services.merge import Act, merge
from catalogue.services.opt_in import opt_in
from stores.enums import Mode
from stores.errors import StoresError
from stores.models import Store

CHUNK = 200
AT_ONCE = 1_000  # listings of a store whose plan is made anew when it is approved
STEP_SECONDS = 5.0
OPEN = (PlanState.DRAFTING, PlanState.READY, PlanState.CHECKING)
WORKED_ON = (PlanState.DRAFTING, PlanState.CHECKING)


def make_plan(store: Store, *, by: str) -> Plan:
    """Begin a new plan in the place of one that waits; small ones are ready at once.

    Raises NotAllowedNowError where the store is not in review, or a plan is being carried out.
    """
    with transaction.atomic():
        locked = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        if locked.mode != Mode.REVIEW:
            raise NotAllowedNowError(
                f"Only a store in review is planned; {locked} is {locked.mode}."
            )
        before = Plan.objects.select_for_update().filter(store=locked, state__in=OPEN).first()
        if before is not None:
            _replace(before)
        plan: Plan = Plan.objects.create(
            workspace_id=locked.workspace_id,
            store=locked,
            hash=first_mark(locked.pk),
            listings=_linked(locked).count(),
            cause_id=uuid4(),
            made_by=by,
        )
    return work_on(plan.pk)


def approve(plan_id: int, mark: str, *, by: str) -> Plan:
    """Carry out the plan of this hash. Raises StalePlanError where it is not what would happen.

    The plan of a small store is made anew and compared; a large one is compared as it is applied.
    """
    with transaction.atomic():
        plan = Plan.objects.select_for_update(of=("self",)).select_related("store").get(pk=plan_id)
        if plan.state != PlanState.READY or plan.hash != mark:
            raise StalePlanError(
                f"This is not the plan that stands: {plan} is {plan.state}. Look at the newest one."
            )
        fresh = plan.listings > AT_ONCE or _mark_now(plan.store) == plan.hash
        if fresh:
            plan.state, plan.approved_by, plan.approved_at = PlanState.CHECKING, by, timezone.now()
            plan.cursor = plan.done = 0
            plan.save()
    if not fresh:
        newer = make_plan(plan.store, by=by)
        raise StalePlanError(
            f"Something has moved since plan {plan.pk} was made. Plan {newer.pk} stands in its "
            "place: look at it."
        )
    return work_on(plan.pk)


def any_plan() -> bool:
    return Plan.objects.filter(state__in=WORKED_ON).exists()


def run_plans() -> None:
    """Take every plan that is drafted or applied further, for a few seconds each."""
    for plan_id in (
        Plan.objects.filter(state__in=WORKED_ON).order_by("id").values_list("pk", flat=True)
    ):
        work_on(plan_id)


def work_on(plan_id: int) -> Plan:
    """Take steps for a few seconds; where more is left, the workers' chore goes on."""
    ends = time.monotonic() + STEP_SECONDS
    while take_step(plan_id) and time.monotonic() < ends:
        pass
    plan: Plan = Plan.objects.select_related("store").get(pk=plan_id)
    return plan


def take_step(plan_id: int) -> bool:
    """Draft or look again at the next listings, or finish; whether there is more to do."""
    with transaction.atomic():
        rows = Plan.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
            "store"
        )
        plan = rows.filter(pk=plan_id, state__in=WORKED_ON).first()
        if plan is None:
            return False
        step, finish = _STEPS[PlanState(plan.state)]
        ids = _linked(plan.store).filter(pk__gt=plan.cursor).values_list("pk", flat=True)[:CHUNK]
        chunk = list(ids)
        if not chunk:
            finish(plan)
            return False
        step(plan, chunk)
        plan.cursor, plan.done = chunk[-1], plan.done + len(chunk)
        plan.save()
    return True


def leaves_of(pic: Picture, disputed: set[tuple[int, LeafKey]]) -> Iterator[PlannedLeaf]:
    """What going live would make of one listing, by the same difference that writes."""
    due, observed = pic.to_write(), pic.observed()
    for key in sorted(observed, key=lambda key: (key[0] or 0, key[1])):
        if key[0] is not None and key[0] not in pic.variants:
            continue
        effect, shown = pic.effective(key), observed[key].value
        in_dispute = (pic.listing.product_id or 0, key) in disputed
        kind = kind_of(effect, shown, due=key in due, disputed=in_dispute)
        if kind is not None:
            yield PlannedLeaf(pic.listing.pk, key, kind, shown, due.get(key, effect.value))
    for variant_id in missing(pic):
        value = pic.effective((variant_id, OPTION_VALUES)).value
        key = (variant_id, OPTION_VALUES)
        yield PlannedLeaf(pic.listing.pk, key, PlanKind.CREATE, None, value)


def _linked(store: Store) -> QuerySet[Listing]:
    return Listing.objects.filter(store=store, state=ListingState.LINKED).order_by("id")


def _planned(listing_ids: Iterable[int]) -> Iterator[tuple[Picture, list[PlannedLeaf]]]:
    found = pictures(listing_ids)
    products = {pic.listing.product_id for pic in found}
    open_ones = Conflict.objects.filter(product__in=products, state=ConflictState.OPEN)
    disputed = {
        (product_id, (variant_id, name))
        for product_id, variant_id, name in open_ones.values_list(
            "product_id", "variant_id", "attribute"
        )
    }
    for pic in found:
        yield pic, list(leaves_of(pic, disputed))


def _mark_now(store: Store) -> str:
    """The hash that a plan of this store would have now."""
    ids = list(_linked(store).values_list("pk", flat=True))
    mark = first_mark(store.pk)
    for start in range(0, len(ids), CHUNK):
        for _, leaves in _planned(ids[start : start + CHUNK]):
            mark = chained(mark, leaves)
    return mark


def _draft(plan: Plan, chunk: list[int]) -> None:
    counts = Counter(plan.counts)
    lines: list[PlanLine] = []
    for pic, leaves in _planned(chunk):
        plan.hash = chained(plan.hash, leaves)
        counts.update(leaf.kind.value for leaf in leaves)
        lines += [_line(plan, pic, leaf) for leaf in leaves]
    plan.counts = dict(counts)
    PlanLine.objects.bulk_create(lines, batch_size=1_000)


def _line(plan: Plan, pic: Picture, leaf: PlannedLeaf, dropped: str = "") -> PlanLine:
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


def _ready(plan: Plan) -> None:
    plan.state, plan.reason = PlanState.READY, "It waits for an approval."
    plan.save()


def _look_again(plan: Plan, chunk: list[int]) -> None:
    """Hold what was not approved as it is now, before the store is live."""
    products = Listing.objects.filter(pk__in=chunk).values("product")
    list(Product.objects.select_for_update().filter(pk__in=products).order_by("pk").values("pk"))
    approved: dict[int, list[PlannedLeaf]] = {}
    for line in plan.lines.filter(listing__in=chunk):
        approved.setdefault(line.listing_id, []).append(_leaf_of(line))
    changes: list[Change] = []
    for pic, now in _planned(chunk):
        for leaf, reason in moved(approved.get(pic.listing.pk, []), now):
            _drop(plan, pic, leaf, reason)
            changes += _hold(plan, pic, leaf, reason, timezone.now())
    store_changes(changes)


def _leaf_of(line: PlanLine) -> PlannedLeaf:
    key = (line.variant_id, line.attribute)
    return PlannedLeaf(line.listing_id, key, PlanKind(line.kind), line.shown, line.wanted)


def _drop(plan: Plan, pic: Picture, leaf: PlannedLeaf, reason: str) -> None:
    plan.dropped += 1
    mine = plan.lines.filter(listing=pic.listing, variant=leaf.key[0], attribute=leaf.key[1])
    if not mine.update(dropped=reason):
        _line(plan, pic, leaf, reason).save()


def _hold(
    plan: Plan, pic: Picture, leaf: PlannedLeaf, reason: str, now: datetime
) -> tuple[Change, ...]:
    """Keep what the store shows as its own value until a person decides."""
    if leaf.key[0] is not None and leaf.key[0] not in pic.hosts:
        pic.listing.absent.append(leaf.key[0])  # a variant that the store is not given
        pic.listing.save(update_fields=["absent"])
        return ()
    record, override = pic.record(leaf.key), pic.overrides.get(leaf.key)
    stood = override.read_timeline().newest if override else record.register(leaf.key[1]).winner
    version = Version.of(
        causal_floor(now, stood.version if stood else None), Source.PUBLISH, f"plan:{plan.pk}"
    )
    act = Act(
        key=leaf.key,
        entry=Entry(version, "set", plan.store_id, leaf.shown, OverrideKind.HELD),
        source=Source.PUBLISH,
        actor=plan.approved_by,
        cause_id=plan.cause_id,
        reason=f"{reason} It is held for a person's decision.",
    )
    if pic.product is None:
        raise LookupError(f"{pic.listing} is not linked.")
    merged = merge(pic.product, record, override, act, now=now)
    if merged.override is not None:
        merged.override.save()
    return merged.changes


def _go_live(plan: Plan) -> None:
    try:
        with transaction.atomic():
            plan.compared = opt_in(plan.pk, plan.hash)
        plan.state, plan.reason = PlanState.APPLIED, ""
    except StoresError as error:
        plan.state, plan.reason = PlanState.FAILED, str(error)
    plan.finished_at = timezone.now()
    plan.save()


def _replace(before: Plan) -> None:
    if before.state == PlanState.CHECKING:
        raise NotAllowedNowError(f"{before} is being carried out.")
    before.state, before.reason = PlanState.REPLACED, "A newer plan stands in its place."
    before.finished_at = timezone.now()
    before.save()


_Step = tuple[Callable[[Plan, list[int]], None], Callable[[Plan], None]]
_STEPS: Mapping[PlanState, _Step] = {
    PlanState.DRAFTING: (_draft, _ready),
    PlanState.CHECKING: (_look_again, _go_live),
}
