"""The plan of a store's opt-in: drafted, and looked at again once it is approved."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.domain.attributes import OPTION_VALUES
from catalogue.domain.plan import PlannedLeaf, chained, first_mark, kind_of, moved
from catalogue.domain.registers import Entry
from catalogue.domain.version import Version, causal_floor
from catalogue.enums import ListingState, OverrideKind, PlanKind, PlanState, Source
from catalogue.models import Change, Listing, Plan, PlanLine, Product
from catalogue.selectors.picture import Picture, pictures
from catalogue.selectors.shapes import missing
from catalogue.services.ledger import store_changes
from catalogue.services.merge import Act, merge
from catalogue.services.opt_in import opt_in
from catalogue.services.plan_lines import Place, disputed_in, leaf_of, line_of
from stores.errors import StoresError
from stores.models import Store

CHUNK = 200


def leaves_of(pic: Picture, disputed: set[Place]) -> Iterator[PlannedLeaf]:
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


def linked(store_id: int | None) -> QuerySet[Listing]:
    return Listing.objects.filter(store=store_id, state=ListingState.LINKED).order_by("id")


def _planned(listing_ids: Iterable[int]) -> Iterator[tuple[Picture, list[PlannedLeaf]]]:
    found = pictures(listing_ids)
    disputed = disputed_in(found)
    for pic in found:
        yield pic, list(leaves_of(pic, disputed))


def mark_of(store_id: int) -> str:
    return first_mark(f"store {store_id}")


def mark_now(store: Store) -> str:
    """The hash that a plan of this store would have now."""
    ids = list(linked(store.pk).values_list("pk", flat=True))
    mark = mark_of(store.pk)
    for start in range(0, len(ids), CHUNK):
        for _, leaves in _planned(ids[start : start + CHUNK]):
            mark = chained(mark, [leaf.to_json() for leaf in leaves])
    return mark


def chunk_of(plan: Plan) -> list[int]:
    """The next listings."""
    rows = linked(plan.store_id).filter(pk__gt=plan.cursor)
    return list(rows.values_list("pk", flat=True)[:CHUNK])


def draft(plan: Plan, chunk: list[int]) -> None:
    counts = Counter(plan.counts)
    lines: list[PlanLine] = []
    for pic, leaves in _planned(chunk):
        plan.hash = chained(plan.hash, [leaf.to_json() for leaf in leaves])
        counts.update(leaf.kind.value for leaf in leaves)
        lines += [line_of(plan, pic, leaf) for leaf in leaves]
    plan.counts = dict(counts)
    PlanLine.objects.bulk_create(lines, batch_size=1_000)


def look_again(plan: Plan, chunk: list[int]) -> None:
    """Hold what was not approved as it is now, before the store is live."""
    products = Listing.objects.filter(pk__in=chunk).values("product")
    list(Product.objects.select_for_update().filter(pk__in=products).order_by("pk").values("pk"))
    approved: dict[int, list[PlannedLeaf]] = {}
    for line in plan.lines.filter(listing__in=chunk):
        approved.setdefault(line.listing_id, []).append(leaf_of(line))
    changes: list[Change] = []
    for pic, now in _planned(chunk):
        for leaf, reason in moved(approved.get(pic.listing.pk, []), now):
            _drop(plan, pic, leaf, reason)
            changes += _hold(plan, pic, leaf, reason, timezone.now())
    store_changes(changes)


def _drop(plan: Plan, pic: Picture, leaf: PlannedLeaf, reason: str) -> None:
    plan.dropped += 1
    mine = plan.lines.filter(listing=pic.listing, variant=leaf.key[0], attribute=leaf.key[1])
    if not mine.update(dropped=reason):
        line_of(plan, pic, leaf, dropped=reason).save()


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


def finish(plan: Plan) -> None:
    try:
        with transaction.atomic():
            plan.compared = opt_in(plan.pk, plan.hash)
        plan.state, plan.reason = PlanState.APPLIED, ""
    except StoresError as error:
        plan.state, plan.reason = PlanState.FAILED, str(error)
    plan.finished_at = timezone.now()
    plan.save()
