"""New records of the hub's own: made empty, then filled through the one door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from django.db import transaction

from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES
from catalogue.domain.shape import DEFAULT_NAME, DEFAULT_VALUE
from catalogue.enums import HeldAct, Source
from catalogue.errors import HeldAtGatesError, NotFoundHereError
from catalogue.models import HeldBatch, Product, Variant
from catalogue.services.creation import offer
from catalogue.services.edit import Edited, SetValue, edit
from catalogue.services.gates import Cause, stored_wish
from stores.models import Workspace

HELD = "Held at the gates, nothing is made until somebody releases it: {}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Values by attribute, of a new product in a currency, or of more variants of `product_id`."""

    values: Mapping[str, object]
    variants: Sequence[Mapping[str, object]]
    currency: str = ""
    product_id: int | None = None


def make_product(
    workspace_id: int,
    *,
    currency: str,
    values: Mapping[str, object],
    variants: Sequence[Mapping[str, object]] = (),
    source: Source,
    actor: str,
) -> Product:
    """Make a product with its variants, and offer it to the stores; all of it or nothing.

    `values` and each of `variants` are values by attribute; without options it has one variant.
    Raises BadValueError, and HeldAtGatesError where a gate objects: a release makes it then.
    """
    if not Workspace.objects.filter(pk=workspace_id).exists():
        raise NotFoundHereError("This workspace does not exist.")
    plain = {"status": "DRAFT", OPTION_NAMES: [DEFAULT_NAME]}
    asked = Asked({**plain, **values}, variants or [{}], currency=currency)
    return _make_or_hold(asked, Cause(workspace_id, source, actor, uuid4()))


def add_variants(
    product: Product, variants: Sequence[Mapping[str, object]], *, source: Source, actor: str
) -> None:
    """Add variants to a product; they are created in every store that has it.

    Raises BadValueError, and HeldAtGatesError where a gate objects: a release adds them then.
    """
    asked = Asked({}, variants, product_id=product.pk)
    _make_or_hold(asked, Cause(product.workspace_id, source, actor, uuid4()))


def _make_or_hold(asked: Asked, cause: Cause) -> Product:
    """What is held keeps no empty rows; it is made anew by its release."""
    with transaction.atomic():
        product, done = _make(asked, cause)
        if done.held is not None:
            transaction.set_rollback(True)
    if done.held is not None:
        batch = done.held
        batch.pk, batch.act, batch.details = None, HeldAct.FOUNDING, {"currency": asked.currency}
        batch.save(force_insert=True)
        raise HeldAtGatesError(HELD.format(batch.words))
    return product


def _make(asked: Asked, cause: Cause, released: HeldBatch | None = None) -> tuple[Product, Edited]:
    product = _product(asked, cause.workspace_id)
    wishes = _wishes(product, asked)
    reason = ""
    if released is not None:
        released.wishes = [{**stored_wish(wish, None, ""), "value": wish.value} for wish in wishes]
        released.save(update_fields=["wishes"])
        reason = f"Held at the gates; released by {released.decided_by}: {released.decision}"
    done = edit(
        workspace_id=cause.workspace_id,
        wishes=wishes,
        source=cause.source,
        actor=cause.actor,
        cause_id=cause.cause_id,
        released=released.pk if released else None,
        reason=reason,
    )
    if asked.product_id is None and done.held is None:
        offer([product], cause_id=cause.cause_id)
    return product, done


def _product(asked: Asked, workspace_id: int) -> Product:
    if asked.product_id is not None:
        rows = Product.objects.select_for_update().filter(workspace=workspace_id, removed_at=None)
        there: Product | None = rows.filter(pk=asked.product_id).first()
        if there is None:
            raise NotFoundHereError("The product is gone from the hub.")
        return there
    title = str(asked.values.get("title") or "")[:255]
    return Product.objects.create(workspace_id=workspace_id, currency=asked.currency, title=title)


def _wishes(product: Product, asked: Asked) -> list[SetValue]:
    wish = SetValue(product_id=product.pk, attribute="")
    wishes = [replace(wish, attribute=name, value=value) for name, value in asked.values.items()]
    there = Variant.objects.filter(product=product).count()
    for place, values in enumerate(asked.variants, start=there + 1):
        sku = str(values.get("sku") or "")[:255]
        variant = Variant.objects.create(product=product, position=place, sku=sku)
        full = {OPTION_VALUES: [DEFAULT_VALUE], **values}
        wishes += [
            replace(wish, variant_id=variant.pk, attribute=name, value=value)
            for name, value in full.items()
        ]
    return wishes


def release_founding(batch: HeldBatch) -> int:
    """Make what was held, as it was asked for; how many values it has. In the caller's transaction.

    Raises BadValueError, and NotFoundHereError where its product has gone.
    """
    values: dict[str, object] = {}
    variants: dict[int, dict[str, object]] = {}
    for one in batch.wishes:
        told = values if one["variant"] is None else variants.setdefault(one["variant"], {})
        told[one["attribute"]] = one["value"]
    currency = batch.details["currency"]
    product_id = None if currency else batch.wishes[0]["product"]
    asked = Asked(values, list(variants.values()), currency=currency, product_id=product_id)
    cause = Cause(batch.workspace_id, Source(batch.source), batch.actor, batch.cause_id)
    _, done = _make(asked, cause, batch)
    return len(done.changes)
