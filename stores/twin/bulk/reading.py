"""How bulk operations and the targets of staged uploads are read."""

from typing import Any

from stores.twin.bulk.files import RESULTS, UPLOADS, Upload
from stores.twin.bulk.operations import BulkOperation
from stores.twin.gids import number
from stores.twin.nodes import Info
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, key, moment
from stores.twin.rendering import instant
from stores.twin.search import Fields, ids, keywords, moments, search

__all__ = ["BULK_READING"]

_FIELDS = Fields(
    played={
        "id": ids(lambda found: found.id),
        "created_at": moments(lambda found: found.created_at),
        "operation_type": keywords(lambda found: found.kind),
        "status": keywords(lambda found: found.status),
    },
    anywhere=keywords(lambda found: found.status),
)


def _operations(
    _: Any,
    info: Info,
    *,
    query: str | None = None,
    sort_key: str = "CREATED_AT",
    reverse: bool = False,
    **page: Any,
) -> Page:
    """The newest first, unless reversed."""
    found = search(query, _FIELDS, info.context.twin.clock.now())

    def place(operation: BulkOperation) -> list[Any]:
        at = operation.created_at if sort_key == "CREATED_AT" else operation.completed_at
        return [at.timestamp() if at else 0.0, operation.id]

    rows = sorted(info.context.install.bulk.values(), key=place)
    matches = found.matches if found else None
    return connect(
        rows, lambda row: tuple(place(row)), matches=matches, reverse=not reverse, **page
    )


def _current(_: Any, info: Info, *, type: str = "QUERY") -> BulkOperation | None:  # noqa: A002
    every = [x for x in info.context.install.bulk.values() if x.kind == type]
    return every[-1] if every else None


def _operation(_: Any, info: Info, *, id: str) -> BulkOperation | None:  # noqa: A002
    return info.context.install.bulk.get(number(id) or 0)


def _url(*statuses: str) -> Resolver:
    """Where the rows are, of an operation that ended so; null without rows or when it is past."""

    def url(found: BulkOperation, info: Info) -> str | None:
        if found.status not in statuses or found.file is None:
            return None
        if found.is_past(info.context.twin.clock.now()):
            return None
        return f"{info.context.base}/{RESULTS}/{found.key}.jsonl"

    return url


def _size(found: BulkOperation, _: Info) -> str | None:
    size = found.size() if found.completed_at else None
    return None if size is None else str(size)


def _parameters(place: Upload, _: Info) -> list[dict[str, str]]:
    """What a form sends before the file; a PUT has all in its address."""
    if place.method == "PUT":
        return [
            {"name": "content_type", "value": place.mime_type},
            {"name": "acl", "value": "private"},
        ]
    values = {
        "Content-Type": place.mime_type,
        "success_action_status": "201",
        "acl": "private",
        "key": place.key,
        "signature": place.signature,
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def _target(place: Upload, info: Info) -> str:
    address = f"{info.context.base}/{UPLOADS}"
    if place.method == "POST":
        return address
    return f"{address}/{place.key}?signature={place.signature}"


BULK_READING: dict[str, Resolver] = {
    "QueryRoot.bulkOperation": _operation,
    "QueryRoot.bulkOperations": _operations,
    "QueryRoot.currentBulkOperation": _current,
    "BulkOperation.id": attribute("gid"),
    "BulkOperation.type": attribute("kind"),
    "BulkOperation.query": attribute("text"),
    "BulkOperation.status": lambda found, info: found.status_at(info.context.twin.clock.now()),
    "BulkOperation.errorCode": attribute("error_code"),
    "BulkOperation.createdAt": moment("created_at"),
    "BulkOperation.completedAt": lambda found, _: (
        instant(found.completed_at) if found.completed_at else None
    ),
    "BulkOperation.objectCount": lambda found, _: str(found.objects),
    "BulkOperation.rootObjectCount": lambda found, _: str(found.roots),
    "BulkOperation.fileSize": _size,
    "BulkOperation.url": _url("COMPLETED"),
    "BulkOperation.partialDataUrl": _url("FAILED"),
    "StagedMediaUploadTarget.url": _target,
    "StagedMediaUploadTarget.resourceUrl": lambda place, info: (
        f"{info.context.base}/{UPLOADS}/{place.key}"
    ),
    "StagedMediaUploadTarget.parameters": _parameters,
    "StagedUploadParameter.name": key("name"),
    "StagedUploadParameter.value": key("value"),
}
