"""The ledger of changes, and the conflicts that wait for a decision."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, ChangeDelivery, Conflict
from catalogue.services.decisions import keep, make_override, revert
from stores.api.forms import Form
from stores.api.scoped import ScopedViewSet


class DeliverySerializer(serializers.ModelSerializer[ChangeDelivery]):
    class Meta:
        model = ChangeDelivery
        fields = ["store", "job", "fate", "reason", "sent_at", "accepted_at", "echoed_at"]
        read_only_fields = fields


class ChangeSerializer(serializers.ModelSerializer[Change]):
    """One write that somebody attempted, won or lost, and what became of it in each store."""

    deliveries = DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = Change
        fields = [
            "id", "product", "variant", "attribute", "scope", "store", "source", "actor", "fate",
            "reason", "old", "new", "version_time", "edit_version", "cause_id", "created_at",
            "deliveries",
        ]  # fmt: skip
        read_only_fields = fields


class ChangeFilter(django_filters.FilterSet):
    since = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Change
        fields = [
            "product", "variant", "attribute", "scope", "store", "source", "actor", "fate",
            "cause_id", "since", "until",
        ]  # fmt: skip


class ChangeViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """The ledger, append-only."""

    queryset = Change.objects.prefetch_related("deliveries")
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter


class ConflictSerializer(serializers.ModelSerializer[Conflict]):
    """`money`: what reverting would move, in `currency`."""

    money = serializers.DecimalField(max_digits=24, decimal_places=4, read_only=True)

    class Meta:
        model = Conflict
        fields = [
            "id", "product", "variant", "attribute", "scope", "store", "ancestor", "winner",
            "loser", "uncertain", "money", "currency", "units", "state", "decided_by",
            "decided_at", "opened_at",
        ]  # fmt: skip
        read_only_fields = fields


VERBS = {"keep": keep, "revert": revert, "override": make_override}


class Decision(Form):
    """Keep what stands, go back to the loser, or let the store keep its value for itself."""

    decision = serializers.ChoiceField(choices=sorted(VERBS))


class ConflictViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Two parties set one value of high worth, and neither had seen the other's."""

    queryset = Conflict.objects.all()
    serializer_class = ConflictSerializer
    filterset_fields = ["state", "store", "product", "attribute"]

    @extend_schema(request=Decision, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Decide an open conflict; what it moves goes out like any edit."""
        conflict: Conflict = self.get_object()
        form = Decision(data=request.data)
        form.is_valid(raise_exception=True)
        verb = VERBS[form.validated_data["decision"]]
        done = verb([conflict.pk], workspace_id=self.workspace_id, by=self.actor)
        conflict.refresh_from_db()
        if not done.done:
            by = f" by {conflict.decided_by}" if conflict.decided_by else ""
            raise NotAllowedNowError(f"It can't be decided so: it is {conflict.state}{by}.")
        return Response(ConflictSerializer(conflict).data)
