"""Reading a file into an import: every row matched, cleaned and compared; nothing is changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.effective import effective
from catalogue.domain.feeds import (
    BadFeedError,
    Columns,
    Row,
    Target,
    columns_of,
    read_row,
    spelled,
)
from catalogue.domain.gates import Feed, Move
from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.enums import ErrandState, OverrideKind, Owner, RowState
from catalogue.models import ImportRow, ImportRun, Override, Variant
from catalogue.models.canonical import Record
from catalogue.selectors.terms import terms_of
from catalogue.services.desk import SetValue, refusals
from catalogue.services.gates import describe, judge, stored_wish
from catalogue.services.sheets import rows_of
from catalogue.services.stock_columns import (
    Places,
    Stock,
    check_places,
    counts_of,
    places_of,
    stocks_of,
)
from stores.models import Store

CHUNK = 1000
DIGITS = 18  # of an id, at most
SAME = "Everything in it stands already."


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a cell wants: a value, or that the store follows the hub."""

    value: Value
    follow: bool = False


@dataclass(slots=True)
class _Reading:
    """What is known while the rows go by."""

    run: ImportRun
    columns: Columns
    stores: Mapping[int, Store]
    terms: Mapping[int, Terms]
    places: Places
    stocks: Mapping[int, Sequence[Stock]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    of_products: dict[tuple[int, Target], tuple[int, _Wanted]] = field(default_factory=dict)
    overrides: dict[tuple[int, int, int | None, str], Override] = field(default_factory=dict)
    unreadable: Counter[str] = field(default_factory=Counter)
    moves: list[Move] = field(default_factory=list)


def read_file(
    workspace_id: int, name: str, content: bytes, *, by: str, store_id: int | None = None
) -> ImportRun:
    """Read a file and compare it with what stands: a preview, to be started or forgotten.

    With `store_id`, columns that name no store set that store's own values. Raises BadFeedError
    where the file can't be read as products at all, or names what can't be set in a store.
    """
    rows = rows_of(name, content)
    header = next(rows, None)
    if header is None:
        raise BadFeedError("The file is empty.")
    stores = {store.pk: store for store in Store.objects.filter(workspace=workspace_id)}
    if store_id is not None and store_id not in stores:
        raise BadFeedError("This store does not exist in this workspace.")
    names = _spellings(stores.values())
    columns = columns_of(header, names, every=store_id)
    _check_stores(workspace_id, columns)
    places = places_of(workspace_id, names)
    check_places(columns, places, header)
    with transaction.atomic():
        run = ImportRun.objects.create(
            workspace_id=workspace_id,
            name=name[:255],
            by=by,
            ignored=list(columns.ignored),
            store_id=store_id,
        )
        reading = _Reading(run, columns, stores, terms_of(_stores_of(columns)), places)
        read = _numbered(columns, rows)
        while chunk := list(islice(read, CHUNK)):
            _take_in(reading, chunk)
        run.unreadable = dict(reading.unreadable)
        run.objections = [one.reason for one in judge(reading.moves, feed_of(run))]
        run.save()
    return run


def _spellings(stores: Iterable[Store]) -> dict[str, int]:
    """How a header may name a store: by its address or the word before the dot, id, or name.

    A name that two of them have names neither.
    """
    known: dict[str, int] = {}
    named = Counter(spelled(store.name) for store in stores)
    for store in stores:
        own = (store.domain, store.domain.partition(".")[0], f"id {store.pk}")
        known |= {spelled(one): store.pk for one in own}
        if named[spelled(store.name)] == 1 and store.name:
            known.setdefault(spelled(store.name), store.pk)
    return known


def _stores_of(columns: Columns) -> set[int]:
    return {store for _, store in columns.attributes.values() if store is not None}


def _check_stores(workspace_id: int, columns: Columns) -> None:
    """Refuse a column that no row of it could set, in the words of the one door."""
    targets = list(columns.attributes.values())
    wishes = [SetValue(product_id=0, attribute=name, store_id=store) for name, store in targets]
    for said in refusals(workspace_id, wishes).values():
        raise BadFeedError(said)


def feed_of(run: ImportRun) -> Feed:
    """What the gates know of a file as a whole."""
    earlier = ImportRun.objects.filter(
        workspace=run.workspace_id, name=run.name, state=ErrandState.DONE
    )
    last = earlier.values_list("rows_read", flat=True).first()
    bad = run.rows.filter(state=RowState.BAD).count()
    return Feed(run.rows_read, last, run.unreadable, bad)


def _numbered(columns: Columns, rows: Iterable[Sequence[str]]) -> Iterator[Row]:
    read = (read_row(columns, number, cells) for number, cells in enumerate(rows, start=2))
    return (row for row in read if row is not None)


def _take_in(reading: _Reading, rows: Sequence[Row]) -> None:
    known = _variants(reading.run.workspace_id, reading.columns, rows)
    products = {variant.product_id for variants in known.values() for variant in variants}
    own = Override.objects.filter(product__in=products, store__in=_stores_of(reading.columns))
    reading.overrides = {(o.store_id, o.product_id, o.variant_id, o.attribute): o for o in own}
    if reading.columns.stocks:
        reading.stocks = stocks_of(one for variants in known.values() for one in variants)
    stored = [_compare(reading, row, known.get(row.key, ())) for row in rows]
    ImportRow.objects.bulk_create(stored)
    reading.run.rows_read += len(rows)
    reading.run.values_wanted += sum(len(row.wishes) + len(row.stocks) for row in stored)


def _variants(
    workspace_id: int, columns: Columns, rows: Sequence[Row]
) -> Mapping[str, Sequence[Variant]]:
    found: QuerySet[Variant] = Variant.objects.filter(product__workspace=workspace_id)
    keys = {row.key for row in rows if row.key}
    if columns.key == "id":
        found = found.filter(
            pk__in=[int(key) for key in keys if key.isdecimal() and len(key) <= DIGITS]
        )
    else:
        found = found.filter(sku__in=keys)
    by_key: dict[str, list[Variant]] = defaultdict(list)
    for variant in found.select_related("product"):
        by_key[str(variant.pk) if columns.key == "id" else variant.sku].append(variant)
    return by_key


def _compare(reading: _Reading, row: Row, variants: Sequence[Variant]) -> ImportRow:
    """A row as it is stored: its wishes, or why it has none."""
    stored = ImportRow(run=reading.run, number=row.number, key=row.key[:255])
    reading.unreadable.update(row.unreadable)
    problems = list(row.problems)
    if row.key and (wrong := _wrong_key(reading, row, variants)):
        problems.insert(0, wrong)
    elif row.key:
        (variant,) = variants
        stored.product = variant.product
        wanted = _values(reading, row, variant, problems)
        stored.wishes = [_wish(reading, variant, *one) for one in wanted]
        stored.stocks = list(_counts(reading, row, variant, problems))
    ready = stored.wishes or stored.stocks
    stored.state = RowState.READY if ready else RowState.BAD if problems else RowState.SAME
    stored.reason = " ".join(problems) or ("" if ready else SAME)
    return stored


def _counts(
    reading: _Reading, row: Row, variant: Variant, problems: list[str]
) -> Iterator[dict[str, Any]]:
    stocks = reading.stocks.get(variant.pk, ())
    for stored, move in counts_of(reading.places, stocks, row.stocks, problems):
        reading.moves.append(move)
        yield stored


def _wrong_key(reading: _Reading, row: Row, variants: Sequence[Variant]) -> str:
    name = "SKU" if reading.columns.key == "sku" else "ID"
    earlier = reading.seen.setdefault(row.key, row.number)
    if earlier != row.number:
        return f"Row {earlier} is about the same {name}."
    if not variants:
        return f"No variant here has the {name} “{row.key}”."
    return f"{len(variants)} variants have the {name} “{row.key}”." if len(variants) > 1 else ""


def _values(
    reading: _Reading, row: Row, variant: Variant, problems: list[str]
) -> Iterator[tuple[Target, _Wanted]]:
    """What a row would move; what it says of its product must agree with the rows before it."""
    said_here = {target: _Wanted(value) for target, value in row.values.items()}
    said_here |= {target: _Wanted(None, follow=True) for target in row.follows}
    for target, wanted in said_here.items():
        if attribute(target[0]).owner is Owner.PRODUCT:
            place = (variant.product_id, target)
            number, said = reading.of_products.setdefault(place, (row.number, wanted))
            if said != wanted:
                label = attribute(target[0]).label
                problems.append(f"{label}: row {number} says otherwise of the same product.")
            if number != row.number:
                continue
        if not _stands(reading, variant, target, wanted):
            yield target, wanted


def _record(variant: Variant, name: str) -> Record:
    return variant.product if attribute(name).owner is Owner.PRODUCT else variant


def _own(reading: _Reading, variant: Variant, target: Target) -> Override | None:
    name, store_id = target
    variant_id = None if attribute(name).owner is Owner.PRODUCT else variant.pk
    return reading.overrides.get((store_id or 0, variant.product_id, variant_id, name))


def _stands(reading: _Reading, variant: Variant, target: Target, wanted: _Wanted) -> bool:
    """Whether it is so already."""
    declared = attribute(target[0])
    if target[1] is None:
        winner = _record(variant, target[0]).register(target[0]).winner
        stood = winner is not None
        value = winner.value if winner else None
    else:
        own = _own(reading, variant, target)
        stood = own is not None and own.stands and own.kind == OverrideKind.PINNED
        value = own.value if own else None
        if wanted.follow:
            return own is None or not own.stands
    return stood and fingerprint(declared, value) == fingerprint(declared, wanted.value)


def _wish(reading: _Reading, variant: Variant, target: Target, wanted: _Wanted) -> dict[str, Any]:
    name, store_id = target
    of_product = attribute(name).owner is Owner.PRODUCT
    wish = SetValue(
        product_id=variant.product_id,
        variant_id=None if of_product else variant.pk,
        attribute=name,
        store_id=store_id,
        clear=wanted.follow,
    )
    base, shown = _before(reading, variant, target)
    if not wanted.follow:
        where = "" if store_id is None else f" in {reading.stores[store_id]}"
        what = describe(variant.product, None if of_product else variant)
        reading.moves.append(Move(f"{what}{where}", name, shown, wanted.value))
    return {**stored_wish(wish, wanted.value, base), "stands": shown}


def _before(reading: _Reading, variant: Variant, target: Target) -> tuple[str, Value]:
    """The version that would be replaced, and what shows."""
    name, store_id = target
    winner = _record(variant, name).register(name).winner
    if store_id is None:
        return (winner.version.id, winner.value) if winner else ("", None)
    own = _own(reading, variant, target)
    timeline = own.read_timeline() if own else None
    newest = timeline.newest if timeline else None
    shown = effective(
        attribute(name),
        winner,
        timeline.standing() if timeline else None,
        terms=reading.terms[store_id],
        currency=variant.product.currency,
    )
    return newest.version.id if newest else "", shown.value
