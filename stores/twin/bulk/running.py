"""A bulk operation at work: a thread of its own, a file of rows, flat in memory."""

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, execute_sync
from graphql.language import DocumentNode

from stores.twin.bulk import paged
from stores.twin.bulk.operations import BulkOperation
from stores.twin.bulk.rows import Rows, flattened
from stores.twin.nodes import Call
from stores.twin.paging import whole_connections
from stores.twin.rendering import instant
from stores.twin.webhooks import announce

__all__ = ["Work", "start"]

Json = dict[str, Any]
ROOTS = 50  # of one moment of the shop's life


class _EndedError(Exception):
    """The operation is called off, or failed with the code that this carries."""


@dataclass(slots=True)
class Work:
    """What is to be run for whom; `lines` has the variables of a mutation's runs."""

    call: Call
    schema: GraphQLSchema
    operation: BulkOperation
    document: DocumentNode
    grouped: bool
    lines: Path | None = None


def start(work: Work) -> None:
    """Let it run beside all else, and end when its time has come by the twin's clock."""
    twin = work.call.twin

    def begin() -> None:
        if work.operation.status == "CREATED":
            work.operation.status = "RUNNING"
        name = f"twin-bulk-{work.operation.id}"
        threading.Thread(target=_run, args=(work,), daemon=True, name=name).start()

    twin.work_begins()
    twin.agenda.after(0.0, begin)


def _run(work: Work) -> None:
    twin, operation = work.call.twin, work.operation
    try:
        code = _written(work)
    except Exception:  # noqa: BLE001  a fault of the twin must not leave an operation running
        sys.excepthook(*sys.exc_info())
        code = "INTERNAL_SERVER_ERROR"
    if operation.file is not None and not operation.file.stat().st_size:
        operation.file = None
    twin.agenda.after(work.call.shop.knobs.bulk_seconds, lambda: _end(work, code))
    twin.work_ends()


def _written(work: Work) -> str | None:
    """Write all rows; the code of what ended it early."""
    twin, operation = work.call.twin, work.operation
    handle, name = tempfile.mkstemp(prefix="bulk-", suffix=".jsonl", dir=twin.folder())
    operation.file = Path(name)
    chance = twin.chance(work.call.shop.domain, "bulk", operation.gid)
    with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  it is open already
        rows = Rows(file, chance, grouped=work.grouped)
        try:
            (_query if work.lines is None else _mutate)(work, rows)
        except _EndedError as ended:
            return str(ended) or None
        finally:
            rows.end()
    return None


def _end(work: Work, code: str | None) -> None:
    """Name the end, log it and tell the app (3.6)."""
    call, operation = work.call, work.operation
    with call.shop.lock:
        cancelled = operation.status == "CANCELING"
        operation.status = "CANCELED" if cancelled else "FAILED" if code else "COMPLETED"
        operation.error_code = None if cancelled else code
        operation.completed_at = call.twin.second()
        facts = {"status": operation.status, "objects": operation.objects, "error": code}
        call.twin.oracle.write("bulk", call.shop.domain, resource=operation.gid, **facts)
        body = {
            "admin_graphql_api_id": operation.gid,
            "completed_at": instant(operation.completed_at),
            "created_at": instant(operation.created_at),
            "error_code": code.lower() if code and not cancelled else None,
            "status": operation.status.lower(),
            "type": operation.kind.lower(),
        }
        announce(call.twin, call.shop, "bulk_operations/finish", body, to=[call.install])


def _query(work: Work, rows: Rows) -> None:
    """Page by page of the root's nodes; the shop lives on between them."""
    for page in _pages(work):
        for node in page:
            work.operation.roots += 1
            for row in flattened(node):
                work.operation.objects += 1
                rows.add(row)
            _go_on(work)


def _pages(work: Work) -> Iterator[list[Json]]:
    """The root's nodes, or the one object that the root is."""
    root, after = paged.root_of(work.document), None
    key = root.alias.value if root.alias else root.name.value
    document = paged.whole_below(work.document)
    while True:
        turned = paged.with_page(work.schema, document, size=ROOTS, after=after)
        found = _carried_out(work, turned, {})["data"][key]
        if not isinstance(found, dict) or "edges" not in found:
            yield [] if found is None else [found]
            return
        yield [edge["node"] for edge in found["edges"]]
        if len(found["edges"]) < ROOTS:
            return
        after = found["edges"][-1][paged.CURSOR]


def _mutate(work: Work, rows: Rows) -> None:
    """One run a line, each a moment of its own; its answer knows the line's number."""
    if work.lines is None:
        return
    with work.lines.open(encoding="utf-8") as file:
        for number, line in enumerate(each for each in file if each.strip()):
            answer = _carried_out(work, work.document, json.loads(line), failing=False)
            work.operation.roots += 1
            work.operation.objects += 1
            rows.add({**answer, "__lineNumber": number})
            _go_on(work)


def _carried_out(
    work: Work, document: DocumentNode, variables: Json, *, failing: bool = True
) -> Json:
    """Run a document under the shop's lock. With `failing` an error ends the operation."""
    with work.call.shop.lock, whole_connections():
        result = execute_sync(
            work.schema, document, context_value=work.call, variable_values=variables
        )
    if result.errors and failing:
        codes = {(error.extensions or {}).get("code") for error in result.errors}
        sys.stderr.write(f"{work.operation.gid}: {result.errors[0].message}\n")
        raise _EndedError("ACCESS_DENIED" if "ACCESS_DENIED" in codes else "INTERNAL_SERVER_ERROR")
    errors = {"errors": [dict(x.formatted) for x in result.errors]} if result.errors else {}
    return {"data": result.data, **errors}


def _go_on(work: Work) -> None:
    """Raises _EndedError where the operation was called off or is to fail half-way."""
    if work.operation.status == "CANCELING":
        raise _EndedError
    failure = work.call.shop.knobs.bulk_failure
    if failure != "none" and work.operation.roots >= work.call.shop.knobs.bulk_fails_after:
        raise _EndedError(failure)
