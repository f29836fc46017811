"""Products and variants: read with their attributes, written through the one door."""

from collections.abc import Sequence
from typing import Any, get_args

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.attributes import AttributesField
from catalogue.api.etags import IF_MATCH, moved, seen_version, unchanged, with_etag
from catalogue.domain.attributes import ATTRIBUTES
from catalogue.enums import ListingState, Owner, Source
from catalogue.errors import StaleEditError
from catalogue.models import Listing, Product, Variant
from catalogue.selectors.explain import Stage, explain
from catalogue.selectors.picture import picture
from catalogue.services.edit import Edited, SetValue, edit
from stores.api.forms import Form
from stores.api.scoped import ScopedViewSet

CAUSE = "Sync-Cause"

LIVING = Prefetch("variants", Variant.objects.filter(removed_at=None))


class VariantSerializer(serializers.ModelSerializer[Variant]):
    attributes = AttributesField(Owner.VARIANT, read_only=True)

    class Meta:
        model = Variant
        fields = ["id", "product", "position", "options", "sku", "attributes"]
        read_only_fields = fields


class ProductSerializer(serializers.ModelSerializer[Product]):
    version = serializers.IntegerField(source="edit_version", read_only=True)
    attributes = AttributesField(Owner.PRODUCT, read_only=True)
    variants = VariantSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        fields = [
            "id", "title", "status", "vendor", "currency", "version", "created_at", "updated_at",
            "attributes", "variants",
        ]  # fmt: skip
        read_only_fields = fields


class VariantPatch(Form):
    attributes = AttributesField(Owner.VARIANT)


class NumberedVariantPatch(VariantPatch):
    id = serializers.IntegerField()


class ProductPatch(Form):
    """What is not named stays; null shows nothing, where the attribute allows it."""

    attributes = AttributesField(Owner.PRODUCT, required=False)
    variants = NumberedVariantPatch(many=True, required=False)


class HeldSerializer(serializers.Serializer[Any]):
    """A batch that waits at the gates for a person; nothing of it has happened."""

    held = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class StepSerializer(serializers.Serializer[Any]):
    """`source`: who or what says so (a rule, a sale, a job, ...); empty where nothing does."""

    stage = serializers.ChoiceField(choices=get_args(Stage))
    value = serializers.JSONField(allow_null=True)
    words = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF takes it from the class
    since = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField()


class ProductFilter(django_filters.FilterSet):
    title = django_filters.CharFilter(lookup_expr="icontains")
    sku = django_filters.CharFilter(field_name="variants__sku", distinct=True)
    store = django_filters.NumberFilter(field_name="listings__store", distinct=True)
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Product
        fields = ["title", "status", "vendor", "sku", "store", "updated_after"]


class EditingViewSet(RetrieveModelMixin, ScopedViewSet):
    """Records of a product, each with the product's version as its ETag."""

    def product_of(self, record: Any) -> Product:
        raise NotImplementedError

    def retrieve(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        record = self.get_object()
        product = self.product_of(record)
        if unchanged(request, product):
            return with_etag(Response(status=status.HTTP_304_NOT_MODIFIED), product)
        return with_etag(Response(self.get_serializer(record).data), product)

    def apply(self, request: Request, product: Product, wishes: Sequence[SetValue]) -> Response:
        """Edit as one, in sight of the version in If-Match; the record as it is then."""
        seen = seen_version(request, product)
        if not wishes:
            raise ValidationError("Name at least one attribute to set.")
        try:
            done = edit(
                workspace_id=self.workspace_id,
                wishes=wishes,
                source=Source.API,
                actor=self.actor,
                expected={} if seen is None else {product.pk: seen},
            )
        except StaleEditError:
            return moved(self._fresh(product), wishes, seen or 0)
        if done.held is not None:
            return held_response(done)
        record = self.get_object()
        answer = Response(self.get_serializer(record).data, headers={CAUSE: str(done.cause_id)})
        return with_etag(answer, self.product_of(record))

    def _fresh(self, product: Product) -> Product:
        rows = Product.objects.of_workspace(self.workspace_id).prefetch_related(LIVING)
        fresh: Product = rows.get(pk=product.pk)
        return fresh


def held_response(done: Edited) -> Response:
    """202: the gates hold it."""
    if done.held is None:
        raise TypeError("Nothing of it is held.")
    body = {"held": done.held.pk, "reasons": done.held.reasons}
    return Response(body, status=status.HTTP_202_ACCEPTED, headers={CAUSE: str(done.cause_id)})


class ProductViewSet(ListModelMixin, EditingViewSet):
    """Canonical products with their variants."""

    queryset = Product.objects.filter(removed_at=None).prefetch_related(LIVING)
    serializer_class = ProductSerializer
    filterset_class = ProductFilter

    def product_of(self, record: Product) -> Product:
        return record

    @extend_schema(
        parameters=[IF_MATCH],
        request=ProductPatch,
        responses={200: ProductSerializer, 202: HeldSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002  DRF names it
        """Set attributes of a product and of its variants, all or nothing."""
        product = self.get_object()
        form = ProductPatch(data=request.data)
        form.is_valid(raise_exception=True)
        wishes = _wishes(product, None, form.validated_data.get("attributes", {}))
        mine = {variant.pk for variant in product.variants.all()}
        for row in form.validated_data.get("variants", ()):
            if row["id"] not in mine:
                raise NotFound(f"“{product}” has no variant {row['id']}.")
            wishes += _wishes(product, row["id"], row["attributes"])
        return self.apply(request, product, wishes)

    @extend_schema(
        parameters=[
            OpenApiParameter("attribute", str, required=True),
            OpenApiParameter("store", int, required=True),
            OpenApiParameter("variant", int, description="For attributes of a variant."),
        ],
        responses=StepSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def explain(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Why a store shows what it shows: every stage that decides, in words."""
        product = self.get_object()
        name = request.query_params.get("attribute", "")
        if name not in ATTRIBUTES:
            known = ", ".join(ATTRIBUTES)
            raise ValidationError({"attribute": [f"“{name}” is none; known are {known}."]})
        store_id, variant_id = _number(request, "store"), _number(request, "variant")
        if store_id is None:
            raise ValidationError({"store": ["Name the store."]})
        if (ATTRIBUTES[name].owner is Owner.VARIANT) != (variant_id is not None):
            owner = ATTRIBUTES[name].owner
            raise ValidationError({"variant": [f"{ATTRIBUTES[name].label} belongs to a {owner}."]})
        listing = _listing(product, store_id, variant_id)
        steps = explain(picture(listing.pk), (variant_id, name))
        return Response(StepSerializer(steps, many=True).data)


class VariantViewSet(ListModelMixin, EditingViewSet):
    """Canonical variants; their ETag is the version of their product."""

    queryset = Variant.objects.filter(removed_at=None).select_related("product")
    serializer_class = VariantSerializer
    filterset_fields = ["product", "sku"]

    def product_of(self, record: Variant) -> Product:
        return record.product

    @extend_schema(
        parameters=[IF_MATCH],
        request=VariantPatch,
        responses={200: VariantSerializer, 202: HeldSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Set attributes of one variant, all or nothing."""
        variant = self.get_object()
        form = VariantPatch(data=request.data)
        form.is_valid(raise_exception=True)
        wishes = _wishes(variant.product, variant.pk, form.validated_data["attributes"])
        return self.apply(request, variant.product, wishes)


def _wishes(product: Product, variant_id: int | None, values: dict[str, Any]) -> list[SetValue]:
    return [
        SetValue(product_id=product.pk, variant_id=variant_id, attribute=name, value=value)
        for name, value in values.items()
    ]


def _number(request: Request, name: str) -> int | None:
    raw = request.query_params.get(name)
    if raw is None:
        return None
    if not raw.isdecimal() or len(raw) > 18:  # noqa: PLR2004  a bigint
        raise ValidationError({name: [f"“{raw}” is not a number."]})
    return int(raw)


def _listing(product: Product, store_id: int, variant_id: int | None) -> Listing:
    rows: QuerySet[Listing] = Listing.objects.filter(
        product=product, store=store_id, state=ListingState.LINKED
    )
    if variant_id is not None:
        rows = rows.filter(variants__variant=variant_id)
    listing = rows.first()
    if listing is None:
        raise NotFound("This product or variant is not linked in this store.")
    return listing
