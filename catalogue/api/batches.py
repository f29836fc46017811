"""Many edits at once: tried out first, sent again without harm, followed to every store."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.domain.attributes import ATTRIBUTES
from catalogue.enums import PlanAct, PlanState
from catalogue.models import Change, Plan, PlanEdit
from catalogue.selectors.plans import outlines
from catalogue.services.batches import fates_of, run_batch, state_of
from catalogue.services.edit import Edited, SetValue
from catalogue.services.plans import approve, plan_batch
from stores.api.forms import Form, Many
from stores.api.idempotent import KEY_PARAMETER, once, plain
from stores.api.scoped import ScopedViewSet
from stores.services.idempotency import Answered

MOST = 10_000
DROPPED_TOLD = 200
LARGEST = 2**63 - 1  # of an id or a version


class EditLine(Form):
    """One value: canonical, or with `store` that store's own; `clear` gives a store's own up.

    `version`: that of the product as you saw it; refused if this very value has moved since.
    """

    product = serializers.IntegerField(max_value=LARGEST)
    variant = serializers.IntegerField(required=False, allow_null=True, max_value=LARGEST)
    store = serializers.IntegerField(required=False, allow_null=True, max_value=LARGEST)
    attribute = serializers.ChoiceField(choices=sorted(ATTRIBUTES))
    value = serializers.JSONField(required=False, allow_null=True)
    clear = serializers.BooleanField(required=False, default=False)
    version = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["clear"] == ("value" in attrs):
            raise serializers.ValidationError("Send either a value or clear.")
        return attrs


class Batch(Form):
    """Either `edits`, or as `approved` the mark of their dry run: what has moved is dropped."""

    dry_run = serializers.BooleanField(required=False, default=False)
    approved = serializers.CharField(required=False, max_length=64)
    edits = Many(most=MOST, child=EditLine(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("edits" in attrs) == ("approved" in attrs):
            raise serializers.ValidationError("Send either edits, or the mark of a dry run.")
        return attrs


class DroppedSerializer(serializers.ModelSerializer[PlanEdit]):
    reason = serializers.CharField(source="dropped")

    class Meta:
        model = PlanEdit
        fields = ["product", "variant", "store", "attribute", "value", "clear", "reason"]
        read_only_fields = fields


class BatchSerializer(serializers.Serializer[Any]):
    """`stores`: by store, how many changes are pending, written, kept out, and so on.

    Of a dry run: how many values would be created, updated, cleared, are disputed, unmanaged or
    kept as the store's own; `plan` has the values.
    """

    id = serializers.UUIDField(help_text="The cause of every change, job and attempt of it.")
    state = serializers.ChoiceField(choices=["done", *PlanState])
    plan = serializers.IntegerField(allow_null=True, help_text="See /plans/.")
    dry_run = serializers.BooleanField()
    changes = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="Values that stood already.")
    stores = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    held = serializers.IntegerField(allow_null=True, help_text="The held batch at the gates.")
    reasons = serializers.ListField(child=serializers.CharField())
    mark = serializers.CharField(help_text="Names this outcome; send it as `approved`.")
    dropped = DroppedSerializer(many=True, help_text="What had moved, up to 200 of them.")
    dropped_total = serializers.IntegerField()


class BatchStateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    changes = serializers.DictField(child=serializers.IntegerField())
    stores = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    jobs = serializers.DictField(child=serializers.IntegerField())


class BatchViewSet(ScopedViewSet):
    """Batches: up to 10,000 edits, all or nothing, or by a dry run what has not moved since."""

    queryset = Change.objects.all()
    serializer_class = BatchStateSerializer
    pagination_class = None
    filter_backends = ()
    lookup_value_regex = "[0-9a-fA-F-]{36}"

    @extend_schema(
        parameters=[KEY_PARAMETER],
        request=Batch,
        responses={200: BatchSerializer, 202: BatchSerializer},
    )
    def create(self, request: Request) -> Response:
        """Edit many values as one, or see with `dry_run` what that would do. 202: not done yet.

        Sent with the mark of a dry run, every value is looked at again: what has moved since is
        dropped, and listed.
        """
        form = Batch(data=request.data)
        form.is_valid(raise_exception=True)
        return once(self, lambda: self._answer(form.validated_data))

    def _answer(self, wanted: Mapping[str, Any]) -> Answered:
        if "approved" in wanted:
            approved = approve(self._planned(wanted["approved"]), wanted["approved"], by=self.actor)
            return _of_plan(approved)
        wishes = [wish_of(line) for line in wanted["edits"]]
        if wanted["dry_run"]:
            return _of_plan(plan_batch(self.workspace_id, wishes, by=self.actor), dry_run=True)
        done = run_batch(workspace_id=self.workspace_id, wishes=wishes, actor=self.actor)
        return _of_edit(done, len(wishes))

    def _planned(self, mark: str) -> int:
        mine = Plan.objects.filter(workspace=self.workspace_id, act=PlanAct.BATCH, hash=mark)
        plan_id = mine.values_list("pk", flat=True).first()
        if plan_id is None:
            raise NotFound("No dry run of this workspace has this mark.")
        return int(plan_id)

    @extend_schema(
        parameters=[OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=BatchStateSerializer,
    )
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """How far a batch (or any other cause) has come."""
        try:
            state = state_of(self.workspace_id, UUID(pk))
        except ValueError:
            state = None
        if state is None:
            raise NotFound("No change of this workspace has this cause.")
        told = asdict(state)
        return Response(BatchStateSerializer({"id": told.pop("cause_id"), **told}).data)


def wish_of(line: Mapping[str, Any]) -> SetValue:
    return SetValue(
        product_id=line["product"],
        variant_id=line.get("variant"),
        store_id=line.get("store"),
        attribute=line["attribute"],
        value=line.get("value"),
        clear=line["clear"],
        seen=line.get("version"),
    )


def _of_edit(done: Edited, wanted: int) -> Answered:
    held, changes = done.held, len(done.changes)
    told = {
        "id": done.cause_id,
        "state": PlanState.HELD if held else "done",
        "plan": None,
        "dry_run": False,
        "changes": changes,
        "unchanged": 0 if held else wanted - changes,
        "stores": fates_of(done.cause_id),
        "held": held.pk if held else None,
        "reasons": held.reasons if held else [],
        "mark": "",
        "dropped": [],
        "dropped_total": 0,
    }
    return Answered(202 if held else 200, plain(BatchSerializer(told).data))


def _of_plan(plan: Plan, *, dry_run: bool = False) -> Answered:
    over = plan.state in (PlanState.READY, PlanState.APPLIED)
    told = {
        "id": plan.cause_id,
        "state": plan.state,
        "plan": plan.pk,
        "dry_run": dry_run,
        "changes": plan.size - plan.unchanged if dry_run else plan.applied,
        "unchanged": plan.unchanged,
        "stores": {one.store: one.counts for one in outlines(plan)}
        if dry_run
        else fates_of(plan.cause_id),
        "held": plan.held_id,
        "reasons": plan.objections,
        "mark": plan.hash if plan.state != PlanState.DRAFTING else "",
        "dropped": plan.edits.exclude(dropped="")[:DROPPED_TOLD],
        "dropped_total": plan.dropped,
    }
    return Answered(200 if over else 202, plain(BatchSerializer(told).data))
