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
from catalogue.models import Change
from catalogue.services.batches import BatchResult, run_batch, state_of
from catalogue.services.edit import SetValue
from stores.api.idempotent import KEY_PARAMETER, once
from stores.api.scoped import ScopedViewSet
from stores.services.idempotency import Answered

MOST = 10_000


class EditLine(serializers.Serializer[Any]):
    """One value: canonical, or with `store` that store's own; `clear` gives a store's own up.

    `version`: that of the product as you saw it; refused if this very value has moved since.
    """

    product = serializers.IntegerField()
    variant = serializers.IntegerField(required=False, allow_null=True)
    store = serializers.IntegerField(required=False, allow_null=True)
    attribute = serializers.ChoiceField(choices=sorted(ATTRIBUTES))
    value = serializers.JSONField(required=False, allow_null=True)
    clear = serializers.BooleanField(required=False, default=False)
    version = serializers.IntegerField(required=False, min_value=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["clear"] == ("value" in attrs):
            raise serializers.ValidationError("Send either a value or clear.")
        return attrs


class Batch(serializers.Serializer[Any]):
    """`approved`: the mark of the dry run that was looked at; refused where it would be another."""

    dry_run = serializers.BooleanField(required=False, default=False)
    approved = serializers.CharField(required=False, default="", max_length=64)
    edits = serializers.ListField(child=EditLine(), min_length=1, max_length=MOST)


class BatchSerializer(serializers.Serializer[Any]):
    """`stores`: by store, how many changes are pending, written, kept out, and so on."""

    id = serializers.UUIDField(help_text="The cause of every change, job and attempt of it.")
    dry_run = serializers.BooleanField()
    changes = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="Values that stood already.")
    stores = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    held = serializers.IntegerField(allow_null=True, help_text="The held batch at the gates.")
    reasons = serializers.ListField(child=serializers.CharField())
    mark = serializers.CharField(help_text="Names this outcome; send it as `approved`.")


class BatchStateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    changes = serializers.DictField(child=serializers.IntegerField())
    stores = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    jobs = serializers.DictField(child=serializers.IntegerField())


class BatchViewSet(ScopedViewSet):
    """Batches: all or nothing, up to 10,000 edits."""

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
        """Edit many values as one, or see with `dry_run` what that would do. 202: held."""
        form = Batch(data=request.data)
        form.is_valid(raise_exception=True)
        dry_run = form.validated_data["dry_run"]
        wishes = [_wish(line) for line in form.validated_data["edits"]]

        def answer() -> Answered:
            result = run_batch(
                workspace_id=self.workspace_id,
                wishes=wishes,
                actor=self.actor,
                dry_run=dry_run,
                approved=form.validated_data["approved"],
            )
            return Answered(202 if result.held else 200, _told(result, dry_run=dry_run))

        return once(self, answer)

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


def _wish(line: Mapping[str, Any]) -> SetValue:
    return SetValue(
        product_id=line["product"],
        variant_id=line.get("variant"),
        store_id=line.get("store"),
        attribute=line["attribute"],
        value=line.get("value"),
        clear=line["clear"],
        seen=line.get("version"),
    )


def _told(result: BatchResult, *, dry_run: bool) -> dict[str, Any]:
    told = asdict(result)
    cause = str(told.pop("cause_id"))
    stores = {str(store): fates for store, fates in told.pop("stores").items()}
    reasons = list(told.pop("reasons"))
    return {"id": cause, "dry_run": dry_run, **told, "stores": stores, "reasons": reasons}
