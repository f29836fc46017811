"""Reading a file into an import: every row matched, cleaned and compared; nothing is changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.feeds import BadFeedError, Columns, Row, columns_of, read_row
from catalogue.domain.gates import Feed, Move
from catalogue.domain.values import Value
from catalogue.enums import ErrandState, Owner, RowState
from catalogue.models import ImportRow, ImportRun, Variant
from catalogue.models.canonical import Record
from catalogue.services.desk import SetValue
from catalogue.services.gates import describe, judge, stored_wish
from catalogue.services.sheets import rows_of

CHUNK = 1000
DIGITS = 18  # of an id, at most
SAME = "Everything in it stands already."


@dataclass(slots=True)
class _Reading:
    """What is known while the rows go by."""

    run: ImportRun
    columns: Columns
    seen: dict[str, int] = field(default_factory=dict)
    of_products: dict[tuple[int, str], tuple[int, Value]] = field(default_factory=dict)
    unreadable: Counter[str] = field(default_factory=Counter)
    moves: list[Move] = field(default_factory=list)


def read_file(workspace_id: int, name: str, content: bytes, *, by: str) -> ImportRun:
    """Read a file and compare it with what stands: a preview, to be started or forgotten.

    Raises BadFeedError where it can't be read as products at all.
    """
    rows = rows_of(name, content)
    header = next(rows, None)
    if header is None:
        raise BadFeedError("The file is empty.")
    columns = columns_of(header)
    with transaction.atomic():
        run = ImportRun.objects.create(
            workspace_id=workspace_id, name=name[:255], by=by, ignored=list(columns.ignored)
        )
        reading = _Reading(run, columns)
        read = _numbered(columns, rows)
        while chunk := list(islice(read, CHUNK)):
            _take_in(reading, chunk)
        run.unreadable = dict(reading.unreadable)
        run.objections = [one.reason for one in judge(reading.moves, feed_of(run))]
        run.values_wanted = len(reading.moves)
        run.save()
    return run


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
    stored = [_compare(reading, row, known.get(row.key, ())) for row in rows]
    ImportRow.objects.bulk_create(stored)
    reading.run.rows_read += len(rows)


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
        stored.wishes = [_wish(reading, variant, name, value) for name, value in wanted]
    stored.state = RowState.READY if stored.wishes else RowState.BAD if problems else RowState.SAME
    stored.reason = " ".join(problems) or ("" if stored.wishes else SAME)
    return stored


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
) -> Iterator[tuple[str, Value]]:
    """What a row would move; what it says of its product must agree with the rows before it."""
    for name, value in row.values.items():
        if attribute(name).owner is Owner.PRODUCT:
            place = (variant.product_id, name)
            number, said = reading.of_products.setdefault(place, (row.number, value))
            if said != value:
                label = attribute(name).label
                problems.append(f"{label}: row {number} says otherwise of the same product.")
            if number != row.number:
                continue
        if fingerprint(attribute(name), value) != _stands(_record(variant, name), name):
            yield name, value


def _record(variant: Variant, name: str) -> Record:
    return variant.product if attribute(name).owner is Owner.PRODUCT else variant


def _stands(record: Record, name: str) -> str | None:
    winner = record.register(name).winner
    return fingerprint(attribute(name), winner.value) if winner else None


def _wish(reading: _Reading, variant: Variant, name: str, value: Value) -> dict[str, Any]:
    of_product = attribute(name).owner is Owner.PRODUCT
    winner = _record(variant, name).register(name).winner
    what = describe(variant.product, None if of_product else variant)
    stands = winner.value if winner else None
    reading.moves.append(Move(what, name, stands, value))
    wish = SetValue(
        product_id=variant.product_id,
        variant_id=None if of_product else variant.pk,
        attribute=name,
    )
    return {**stored_wish(wish, value, winner.version.id if winner else ""), "stands": stands}
