"""Versions of products and stock as ETags: what a caller saw, and both values where it moved."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.errors import StaleEditError, StaleStockError
from catalogue.models import Product, StockPool
from catalogue.selectors.changes import since_version
from catalogue.services.edit import SetValue
from stores.api.problems import problem

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the product as you saw it; `*` for whatever stands.",
)
IF_MATCH_OR_NOT = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the product as you saw the value; without it, whatever stands.",
)


IF_MATCH_OF_STOCK = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the stock as you saw its number; without it, whatever stands.",
)
ANY: Sequence[str] = ("*",)
DIGITS = 18  # of a version, at most
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_LIST = re.compile(r'(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*')


class PreconditionRequiredError(APIException):
    status_code = 428
    default_code = "precondition_required"
    default_detail = (
        "Send the ETag of the product as you saw it in If-Match, so that nobody's edit is "
        "replaced unseen."
    )


def etag(product: Product) -> str:
    return f'"{product.edit_version}"'


def with_etag(response: Response, product: Product) -> Response:
    response["ETag"] = etag(product)
    return response


def unchanged(request: Request, product: Product) -> bool:
    """Whether the caller has this version already (`If-None-Match`)."""
    given = _tags(request, "If-None-Match")
    return given is ANY or str(product.edit_version) in given


def seen_version(request: Request, product: Product, *, required: bool = True) -> int | None:
    """The version in `If-Match`: None for any, 0 for one that was never ours."""
    return _seen(request, product.edit_version, required=required)


def stock_etag(pool: StockPool) -> str:
    """It changes with every movement; only one of the number itself refuses an `If-Match`."""
    return f'"{pool.sequence}"'


def seen_movement(request: Request, pool: StockPool) -> int | None:
    """The last movement that a caller saw, as `seen_version` does it."""
    return _seen(request, pool.sequence, required=False)


def _seen(request: Request, stands: int, *, required: bool) -> int | None:
    given = _tags(request, "If-Match")
    if not given and required:
        raise PreconditionRequiredError
    if given is ANY or not given:
        return None
    if str(stands) in given:
        return stands
    old = [int(tag) for tag in given if tag.isascii() and tag.isdecimal() and len(tag) <= DIGITS]
    return max(old, default=0)


def moved(product: Product, wishes: Sequence[SetValue], seen: int) -> Response:
    """412: for every wanted value yours and the current one; what was changed, by whom and when."""
    since = since_version(product.pk, seen)
    last = {(change.variant_id, change.attribute): change for change in reversed(since)}
    variants = {variant.pk: variant for variant in product.variants.all()}
    values = []
    for wish in wishes:
        record = product if wish.variant_id is None else variants[wish.variant_id]
        change = last.get((wish.variant_id, wish.attribute))
        values.append(
            {
                "attribute": wish.attribute,
                "variant": wish.variant_id,
                "yours": wish.value,
                "current": record.value(wish.attribute),
                **_who(change),
            }
        )
    said = f"“{product}” was changed since you saw it: look at both values and send yours again."
    others = [
        {"attribute": c.attribute, "variant": c.variant_id, "current": c.new, **_who(c)}
        for c in since
    ]
    answer = problem(412, "stale_edit", said, values=values, changed=others)
    return with_etag(answer, product)


def clashed(error: StaleEditError) -> Response:
    """412 for single values: yours and the current one, who set it and when."""
    values = [
        {
            "attribute": clash.attribute,
            "variant": clash.variant_id,
            "product": clash.product_id,
            "store": clash.store_id,
            "yours": clash.wanted,
            "current": clash.stands,
            "changed_by": clash.by,
            "changed_at": clash.at.isoformat(),
        }
        for clash in error.clashes
    ]
    return problem(error.status, error.code, str(error), values=values)


def counted(error: StaleStockError) -> Response:
    """412 for a stock: your number and the current one, who moved it and when."""
    value = {
        "yours": error.wanted,
        "current": error.stands,
        "changed_by": error.by,
        "changed_at": error.at.isoformat(),
    }
    return problem(error.status, error.code, str(error), values=[value])


def _who(change: Any) -> Mapping[str, Any]:
    if change is None:
        return {"changed_by": None, "changed_at": None}
    by = change.actor or str(change.store or change.get_source_display())
    return {"changed_by": by, "changed_at": change.created_at.isoformat()}


def _tags(request: Request, name: str) -> Sequence[str]:
    """The tags of a header; weak ones too, for proxies that compress answers weaken ours."""
    header = request.headers.get(name, "").strip()
    if header == "*":
        return ANY
    if header and not _LIST.fullmatch(header):
        raise ValidationError({name: ['Send ETags in their quotes ("7"), or * alone.']})
    return _TAG.findall(header)
