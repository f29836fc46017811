"""Listings and overrides: how products stand in single stores, and what is set there alone."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.batches import LARGEST
from catalogue.api.etags import IF_MATCH_OR_NOT, seen_version
from catalogue.api.products import CAUSE, HeldSerializer, held_response
from catalogue.domain.attributes import ATTRIBUTES
from catalogue.enums import Source
from catalogue.models import Listing, Override, VariantListing
from catalogue.models.listing import Observed
from catalogue.services.edit import Edited, SetValue, edit
from stores.api.forms import Form
from stores.api.scoped import ScopedViewSet


def _observed(host: Observed) -> dict[str, Any]:
    leaves = {name: host.leaf(name) for name in host.leaves if name in ATTRIBUTES}
    return {
        name: {"value": leaf.value, "as_of": leaf.as_of.isoformat() if leaf.as_of else None}
        for name, leaf in leaves.items()
        if leaf is not None
    }


class VariantListingSerializer(serializers.ModelSerializer[VariantListing]):
    observed = serializers.SerializerMethodField()

    class Meta:
        model = VariantListing
        fields = ["id", "gid", "variant", "inventory_item_gid", "position", "options", "observed"]
        read_only_fields = fields

    def get_observed(self, row: VariantListing) -> dict[str, Any]:
        return _observed(row)


class ListingSerializer(serializers.ModelSerializer[Listing]):
    """`observed`: what the store was last seen to show, and as of when by its own clock."""

    observed = serializers.SerializerMethodField()
    variants = VariantListingSerializer(many=True, read_only=True)

    class Meta:
        model = Listing
        fields = [
            "id", "store", "product", "gid", "title", "handle", "state", "state_reason", "as_of",
            "needs_read", "observed", "variants",
        ]  # fmt: skip
        read_only_fields = fields

    def get_observed(self, row: Listing) -> dict[str, Any]:
        return _observed(row)


class ListingViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Products as they stand in single stores."""

    queryset = Listing.objects.prefetch_related("variants")
    serializer_class = ListingSerializer
    filterset_fields = ["store", "product", "state", "gid"]


class OverrideSerializer(serializers.ModelSerializer[Override]):
    class Meta:
        model = Override
        fields = [
            "id", "store", "product", "variant", "attribute", "kind", "value", "stands",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewOverride(Form):
    """A store's own value. `version`: that of the product as you saw it."""

    store = serializers.IntegerField(max_value=LARGEST)
    product = serializers.IntegerField(max_value=LARGEST)
    variant = serializers.IntegerField(
        required=False, allow_null=True, default=None, max_value=LARGEST
    )
    attribute = serializers.ChoiceField(choices=sorted(ATTRIBUTES))
    value = serializers.JSONField(allow_null=True)
    version = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)


class OverrideFilter(django_filters.FilterSet):
    class Meta:
        model = Override
        fields = ["store", "product", "variant", "attribute", "kind", "stands"]


class OverrideViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Stores' own values; one that was given up stays listed, and `stands` no more."""

    queryset = Override.objects.all()
    serializer_class = OverrideSerializer
    filterset_class = OverrideFilter

    @extend_schema(request=NewOverride, responses={200: OverrideSerializer, 202: HeldSerializer})
    def create(self, request: Request) -> Response:
        """Set a store's own value of one attribute; null shows nothing there."""
        form = NewOverride(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        wish = SetValue(
            product_id=wanted["product"],
            variant_id=wanted["variant"],
            store_id=wanted["store"],
            attribute=wanted["attribute"],
            value=wanted["value"],
            seen=wanted.get("version"),
        )
        done = self._edit(wish)
        if done.held is not None:
            return held_response(done)
        row = self.get_queryset().get(
            store=wish.store_id,
            product=wish.product_id,
            variant=wish.variant_id,
            attribute=wish.attribute,
        )
        return Response(OverrideSerializer(row).data, headers={CAUSE: str(done.cause_id)})

    @extend_schema(parameters=[IF_MATCH_OR_NOT], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Give a store's own value up: it follows the hub again."""
        row: Override = self.get_object()
        done = self._edit(
            SetValue(
                product_id=row.product_id,
                variant_id=row.variant_id,
                store_id=row.store_id,
                attribute=row.attribute,
                clear=True,
                seen=seen_version(request, row.product, required=False),
            )
        )
        return Response(status=status.HTTP_204_NO_CONTENT, headers={CAUSE: str(done.cause_id)})

    def _edit(self, wish: SetValue) -> Edited:
        return edit(
            workspace_id=self.workspace_id, wishes=[wish], source=Source.API, actor=self.actor
        )
