"""New records of the hub's own: made empty, then filled through the one door."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from django.db import transaction

from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES
from catalogue.domain.structure import DEFAULT_NAME, DEFAULT_VALUE
from catalogue.enums import Source
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import Product, Variant
from catalogue.services.creation import offer
from catalogue.services.edit import SetValue, edit
from stores.models import Workspace


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
    Raises BadValueError, and NotAllowedNowError where a gate objects.
    """
    if not Workspace.objects.filter(pk=workspace_id).exists():
        raise NotFoundHereError("This workspace does not exist.")
    with transaction.atomic():
        product = Product.objects.create(workspace_id=workspace_id, currency=currency)
        plain = {"status": "DRAFT", OPTION_NAMES: [DEFAULT_NAME]}
        wishes = [
            SetValue(product_id=product.pk, attribute=name, value=value)
            for name, value in {**plain, **values}.items()
        ]
        _fill(product, variants or [{}], wishes, source=source, actor=actor)
        offer([product], cause_id=uuid4())
    return product


def add_variants(
    product: Product, variants: Sequence[Mapping[str, object]], *, source: Source, actor: str
) -> None:
    """Add variants to a product; they are created in every store that has it.

    Raises BadValueError, and NotAllowedNowError where a gate objects.
    """
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=product.pk)
        _fill(product, variants, [], source=source, actor=actor)


def _fill(
    product: Product,
    variants: Sequence[Mapping[str, object]],
    wishes: list[SetValue],
    *,
    source: Source,
    actor: str,
) -> None:
    there = Variant.objects.filter(product=product).count()
    for place, values in enumerate(variants, start=there + 1):
        variant = Variant.objects.create(product=product, position=place)
        plain = {OPTION_VALUES: [DEFAULT_VALUE]}
        wishes += [
            SetValue(product_id=product.pk, variant_id=variant.pk, attribute=name, value=value)
            for name, value in {**plain, **values}.items()
        ]
    done = edit(workspace_id=product.workspace_id, wishes=wishes, source=source, actor=actor)
    if done.held is not None:
        raise NotAllowedNowError(f"A gate objects: {done.held.words}")
