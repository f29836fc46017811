"""Stock: pools with the stores' levels in them, and the verbs that move them."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.etags import IF_MATCH_OF_STOCK, seen_movement, stock_etag
from catalogue.api.products import HeldSerializer
from catalogue.enums import Source
from catalogue.models import HeldBatch, StockMember, StockPool
from catalogue.services.stock import Doer, adjust, recount, set_quantity
from stores.api.forms import Form
from stores.api.idempotent import KEY_PARAMETER, once, plain
from stores.api.scoped import ScopedViewSet
from stores.enums import Scope
from stores.services.idempotency import Answered


class LevelSerializer(serializers.ModelSerializer[StockMember]):
    class Meta:
        model = StockMember
        fields = ["store", "location", "item_gid", "state", "level", "buffer", "as_of"]
        read_only_fields = fields


class PoolSerializer(serializers.ModelSerializer[StockPool]):
    """`question`: what a person must answer before anything of it is pushed."""

    levels = LevelSerializer(source="members", many=True, read_only=True)

    class Meta:
        model = StockPool
        fields = ["id", "variant", "place", "mode", "owner", "quantity", "question", "levels"]
        read_only_fields = fields


ANSWERS = {200: PoolSerializer, 202: HeldSerializer}


class SetQuantity(Form):
    quantity = serializers.IntegerField()


class Adjust(Form):
    delta = serializers.IntegerField(help_text="Put in where positive, taken out where negative.")
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=255)


class Recount(Form):
    """What was sold between seeing and counting stays sold."""

    seen = serializers.IntegerField()
    counted = serializers.IntegerField()


class StockViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Stock of variants. Every movement has a row in the ledger of stock."""

    queryset = StockPool.objects.prefetch_related("members")
    serializer_class = PoolSerializer
    filterset_fields = ["variant", "place", "mode", "variant__sku", "variant__product"]
    read_scope = Scope.READ_STOCK
    write_scope = Scope.WRITE_STOCK

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """A stock, with its ETag."""
        pool: StockPool = self.get_object()
        return Response(PoolSerializer(pool).data, headers={"ETag": stock_etag(pool)})

    @extend_schema(
        parameters=[KEY_PARAMETER, IF_MATCH_OF_STOCK], request=SetQuantity, responses=ANSWERS
    )
    @action(detail=True, methods=["post"])
    def set(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Say what a pool has; 412 where its number has moved since you saw it."""
        form, seen = self._read(SetQuantity), seen_movement(request, self.get_object())
        return self._once(lambda doer, pool: set_quantity(doer, pool, form["quantity"], seen=seen))

    @extend_schema(parameters=[KEY_PARAMETER], request=Adjust, responses=ANSWERS)
    @action(detail=True, methods=["post"])
    def adjust(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Put in or take out."""
        form = self._read(Adjust)
        return self._once(
            lambda doer, pool: adjust(doer, pool, form["delta"], reason=form["reason"])
        )

    @extend_schema(parameters=[KEY_PARAMETER], request=Recount, responses=ANSWERS)
    @action(detail=True, methods=["post"])
    def recount(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Correct a pool by what somebody counted against the number that they saw."""
        form = self._read(Recount)
        return self._once(
            lambda doer, pool: recount(doer, pool, seen=form["seen"], counted=form["counted"])
        )

    def _read(self, form_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        form = form_class(data=self.request.data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def _once(self, verb: Any) -> Response:
        pool: StockPool = self.get_object()

        def answer() -> Answered:
            doer = Doer(workspace_id=self.workspace_id, source=Source.API, actor=self.actor)
            moved = verb(doer, pool.pk)
            if isinstance(moved, HeldBatch):
                return Answered(202, {"held": moved.pk, "reasons": moved.reasons})
            fresh = get_object_or_404(self.get_queryset(), pk=pool.pk)
            return Answered(200, plain(PoolSerializer(fresh).data))

        return once(self, answer)
