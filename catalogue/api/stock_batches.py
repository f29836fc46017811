"""Many counts of stock at once: judged as one, carried out by the workers, and followed."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.enums import MovementKind, Source
from catalogue.errors import BadQuantityError
from catalogue.models import StockErrand
from catalogue.services.stock import Doer, Wish, counted_as, set_to, start_counts
from stores.api.forms import Form, Many
from stores.api.idempotent import KEY_PARAMETER, once, plain
from stores.api.scoped import ScopedViewSet
from stores.enums import Scope
from stores.services.idempotency import Answered

MOST = 10_000
LARGEST = 1_000_000_000


class CountLine(Form):
    """One stock: set to `quantity`, moved by `delta`, or recounted (`seen` and `counted`)."""

    stock = serializers.IntegerField(max_value=2**63 - 1)
    quantity = serializers.IntegerField(required=False)
    delta = serializers.IntegerField(required=False, min_value=-LARGEST, max_value=LARGEST)
    seen = serializers.IntegerField(required=False, min_value=-LARGEST, max_value=LARGEST)
    counted = serializers.IntegerField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) - {"stock"} not in ({"quantity"}, {"delta"}, {"seen", "counted"}):
            raise serializers.ValidationError("Send quantity, or delta, or seen and counted.")
        try:
            return {"stock": attrs["stock"], "wish": _wish(attrs)}
        except BadQuantityError as error:
            raise serializers.ValidationError(str(error)) from error


class StockBatch(Form):
    counts = Many(most=MOST, child=CountLine())

    def validate_counts(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({line["stock"] for line in lines}) < len(lines):
            raise serializers.ValidationError("One stock stands twice among them.")
        return lines


class StockErrandSerializer(serializers.ModelSerializer[StockErrand]):
    """`held`: the batch at the gates that it waits in; `left_out`: how many were left, and why."""

    class Meta:
        model = StockErrand
        fields = [
            *("id", "verb", "state", "reason", "held", "total", "looked_at", "changed"),
            *("left_out", "cause_id", "created_at", "finished_at"),
        ]
        read_only_fields = fields


class StockBatchViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """What is done to many stocks, with how far it has come."""

    queryset = StockErrand.objects.all()
    serializer_class = StockErrandSerializer
    filterset_fields = ["state", "verb"]
    read_scope = Scope.READ_STOCK
    write_scope = Scope.WRITE_STOCK

    @extend_schema(
        parameters=[KEY_PARAMETER], request=StockBatch, responses={202: StockErrandSerializer}
    )
    def create(self, request: Request) -> Response:
        """Move many stocks as one batch; the gates may hold it for a person."""
        form = StockBatch(data=request.data)
        form.is_valid(raise_exception=True)
        wishes = {line["stock"]: line["wish"] for line in form.validated_data["counts"]}

        def answer() -> Answered:
            doer = Doer(workspace_id=self.workspace_id, source=Source.API, actor=self.actor)
            return Answered(202, plain(StockErrandSerializer(start_counts(doer, wishes)).data))

        return once(self, answer)


def _wish(line: Mapping[str, Any]) -> Wish:
    if "quantity" in line:
        return set_to(line["quantity"])
    if "delta" in line:
        return Wish(MovementKind.ADJUSTED, line["delta"])
    return counted_as(line["counted"], seen=line["seen"])
