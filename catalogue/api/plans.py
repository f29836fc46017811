"""Plans: what going live, or a batch, would write to stores; approved by their hash."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.batches import LARGEST, MOST, EditLine, wish_of
from catalogue.enums import PlanAct, PlanState
from catalogue.models import Plan, PlanEdit, PlanLine
from catalogue.selectors.plans import outlines
from catalogue.services.plans import approve, make_plan, plan_batch
from stores.api.bearer import demand
from stores.api.forms import Form, Many
from stores.api.scoped import ScopedViewSet
from stores.enums import Scope
from stores.models import Store

SCOPES = {PlanAct.OPT_IN: Scope.OPT_IN, PlanAct.BATCH: Scope.WRITE_CATALOGUE}
OVER = (PlanState.READY, PlanState.APPLIED)


class PlanLineSerializer(serializers.ModelSerializer[PlanLine]):
    """One value in one store: what it shows, and what it would be written."""

    store = serializers.IntegerField(source="listing.store_id", read_only=True)

    class Meta:
        model = PlanLine
        fields = [
            "id", "plan", "edit", "store", "listing", "product", "variant", "attribute", "kind",
            "shown", "wanted", "dropped",
        ]  # fmt: skip
        read_only_fields = fields


class PlanEditSerializer(serializers.ModelSerializer[PlanEdit]):
    """One value that a batch wants; `dropped`: why it was not set."""

    class Meta:
        model = PlanEdit
        fields = [
            "id", "plan", "number", "product", "variant", "store", "attribute", "value", "clear",
            "stands", "dropped",
        ]  # fmt: skip
        read_only_fields = fields


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """`done` of `size` listings (of a batch: edits) are drafted or, once approved, carried out."""

    class Meta:
        model = Plan
        fields = [
            "id", "act", "store", "state", "reason", "hash", "size", "done", "counts", "unchanged",
            "applied", "dropped", "compared", "objections", "held", "cause_id", "made_by",
            "made_at", "approved_by", "approved_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class OutlineSerializer(serializers.Serializer[Any]):
    store = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    samples = PlanLineSerializer(many=True)


class PlanDetailSerializer(PlanSerializer):
    """With each store that it is about: counts by kind, and samples of each."""

    stores = OutlineSerializer(source="outlines", many=True, read_only=True)

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "stores"]


class NewPlan(Form):
    """Either the store that is to go live, or the edits of a batch."""

    store = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST)
    edits = Many(most=MOST, child=EditLine(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("store" in attrs) == ("edits" in attrs):
            raise serializers.ValidationError("Name either a store or edits.")
        return attrs


class Approval(Form):
    """The hash of the plan that was looked at."""

    hash = serializers.CharField(max_length=64)


class PlanViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Dry runs, bound to what they say by a hash."""

    queryset = Plan.objects.all()
    serializer_class = PlanSerializer
    filterset_fields = ["act", "store", "state"]
    write_scope = None  # it depends on what is planned

    @extend_schema(responses=PlanDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """How far a plan is, and what it says of each store."""
        return Response(_shown(self.get_object()))

    @extend_schema(
        request=NewPlan, responses={200: PlanDetailSerializer, 202: PlanDetailSerializer}
    )
    def create(self, request: Request) -> Response:
        """See what going live, or a batch, would write; nothing is. 202: it is still drafted."""
        act = PlanAct.BATCH if "edits" in _names(request.data) else PlanAct.OPT_IN
        demand(self.token, SCOPES[act])
        form = NewPlan(data=request.data)
        form.is_valid(raise_exception=True)
        if act is PlanAct.BATCH:
            wishes = [wish_of(line) for line in form.validated_data["edits"]]
            return _told(plan_batch(self.workspace_id, wishes, by=self.actor))
        mine = Store.objects.filter(workspace=self.workspace_id)
        store = get_object_or_404(mine, pk=form.validated_data["store"])
        return _told(make_plan(store, by=self.actor))

    @extend_schema(
        request=Approval, responses={200: PlanDetailSerializer, 202: PlanDetailSerializer}
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Carry out the plan of this hash; approving it again changes nothing. 202: under way.

        What has moved since it was made is not written, but listed: see `/plan-edits/` and
        `/plan-lines/` with `dropped=true`.
        """
        plan: Plan = self.get_object()
        demand(self.token, SCOPES[PlanAct(plan.act)])
        form = Approval(data=request.data)
        form.is_valid(raise_exception=True)
        return _told(approve(plan.pk, form.validated_data["hash"], by=self.actor))


class DroppedFilter(django_filters.FilterSet):
    dropped = django_filters.BooleanFilter(method="by_dropped", label="Whether it had moved.")

    def by_dropped(self, rows: QuerySet[Any], _name: str, wanted: bool) -> QuerySet[Any]:  # noqa: FBT001
        return rows.exclude(dropped="") if wanted else rows.filter(dropped="")


class PlanLineFilter(DroppedFilter):
    store = django_filters.NumberFilter(field_name="listing__store")

    class Meta:
        model = PlanLine
        fields = ["plan", "edit", "store", "product", "variant", "attribute", "kind", "dropped"]


class PlanLineViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """What plans say of single values in single stores."""

    queryset = PlanLine.objects.select_related("listing")
    serializer_class = PlanLineSerializer
    filterset_class = PlanLineFilter


class PlanEditFilter(DroppedFilter):
    class Meta:
        model = PlanEdit
        fields = ["plan", "product", "variant", "store", "attribute", "dropped"]


class PlanEditViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """What planned batches want, and what of it had moved."""

    queryset = PlanEdit.objects.all()
    serializer_class = PlanEditSerializer
    filterset_class = PlanEditFilter


def _names(data: Any) -> Any:
    return data if isinstance(data, dict) else ()


def _told(plan: Plan) -> Response:
    return Response(_shown(plan), status=200 if plan.state in OVER else 202)


def _shown(plan: Plan) -> Any:
    vars(plan)["outlines"] = outlines(plan)
    return PlanDetailSerializer(plan).data
