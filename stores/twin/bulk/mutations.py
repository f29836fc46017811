"""Mutations of bulk operations and of staged uploads."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stores.twin.bulk import checks, files, running
from stores.twin.bulk.operations import AT_ONCE, OPEN, BulkOperation
from stores.twin.bulk.running import Work
from stores.twin.gids import number
from stores.twin.mutations.answer import bounded, mutation
from stores.twin.nodes import Call, Info
from stores.twin.queries.read import Resolver
from stores.twin.refusals import Refusal, RefusedError

__all__ = ["BULK"]

CLIENT_IDENTIFIER = range(10, 256)


@mutation("bulk_operation")
def _run_query(_: Any, info: Info, *, query: str, group_objects: bool = False) -> Any:
    """Five at once (2026-01); rows are not grouped unless asked for."""
    document = checks.query_of(info.schema, query)
    operation = _new(info.context, "QUERY", query)
    running.start(Work(info.context, info.schema, operation, document, group_objects))
    return {"bulk_operation": operation}


@mutation("bulk_operation")
def _run_mutation(
    _: Any,
    info: Info,
    *,
    mutation: str,
    staged_upload_path: str,
    client_identifier: str | None = None,
    group_objects: bool = True,
) -> Any:
    document = checks.mutation_of(info.schema, mutation)
    if client_identifier is not None and len(client_identifier) not in CLIENT_IDENTIFIER:
        said = "Client identifier must be between 10 and 255 characters"
        raise RefusedError(Refusal(["clientIdentifier"], said))
    lines = _lines(info.context, staged_upload_path)
    operation = _new(info.context, "MUTATION", mutation)
    call = replace(info.context, in_bulk=True)
    work = Work(call, info.schema, operation, document, group_objects, lines)
    running.start(work)
    return {"bulk_operation": operation}


def _cancel(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002  Shopify's name
    """There may be a while between the wish and the end."""
    found = info.context.install.bulk.get(number(id) or 0)
    if found is None:
        missing = Refusal(["id"], "Bulk operation does not exist")
        return {"bulk_operation": None, "user_errors": [missing]}
    status = found.status_at(info.context.twin.clock.now())
    if status not in OPEN:
        said = f"A bulk operation cannot be canceled when it is {status.lower()}"
        return {"bulk_operation": found, "user_errors": [Refusal([], said)]}
    found.status = "CANCELING"
    return {"bulk_operation": found, "user_errors": []}


@mutation("staged_targets")
def _stage(_: Any, info: Info, *, input: Sequence[dict[str, Any]]) -> Any:  # noqa: A002
    bounded(input)
    targets = [
        files.staged(
            info.context.shop,
            kind=each["resource"],
            filename=each["filename"],
            mime_type=each["mimeType"],
            method=each.get("httpMethod", "PUT"),
        )
        for each in input
    ]
    return {"staged_targets": targets}


def _new(call: Call, kind: str, text: str) -> BulkOperation:
    """A new operation, unless five of its kind are at work. Raises RefusedError."""
    at_work = [x for x in call.install.bulk.values() if x.kind == kind and x.status in OPEN]
    if len(at_work) >= AT_ONCE:
        code = call.shop.knobs.bulk_excess
        said = "Bulk operations limit reached. Please try again later."
        if code == "OPERATION_IN_PROGRESS":
            said = (
                f"A bulk {kind.lower()} operation for this app and shop is already in progress: "
                f"{at_work[0].gid}."
            )
        raise RefusedError(Refusal([], said, code))
    made = BulkOperation(call.twin.next_id("bulk"), kind, text, call.twin.second())
    call.install.bulk[made.id] = made
    facts = {"status": "CREATED", "type": kind, "request_id": call.request_id}
    call.twin.oracle.write("bulk", call.shop.domain, resource=made.gid, **facts)
    return made


def _lines(call: Call, path: str) -> Path:
    """The uploaded file, each of whose lines is an object. Raises RefusedError."""
    place = call.shop.uploads.get(path)
    if place is None or place.file is None:
        said = "The JSONL file could not be found. Try uploading the file again."
        raise RefusedError(Refusal(["stagedUploadPath"], said, "NO_SUCH_FILE"))
    with place.file.open(encoding="utf-8", errors="replace") as file:
        lines = [_is_object(line) for line in file if line.strip()]
    if not lines or not all(lines):
        said = "The JSONL file is invalid. Update the file and try again."
        raise RefusedError(Refusal(["stagedUploadPath"], said, "INVALID_STAGED_UPLOAD_FILE"))
    return place.file


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


BULK: dict[str, Resolver] = {
    "bulkOperationRunQuery": _run_query,
    "bulkOperationRunMutation": _run_mutation,
    "bulkOperationCancel": _cancel,
    "stagedUploadsCreate": _stage,
}
