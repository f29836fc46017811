"""Stores, and the jobs of their queues, to look at."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from stores.api.scoped import ScopedViewSet
from stores.enums import Scope
from stores.models import Store
from syncqueue.enums import JobState
from syncqueue.models import Attempt, Job


class StoreSerializer(serializers.ModelSerializer[Store]):
    health = serializers.CharField(source="channel.health", read_only=True)

    class Meta:
        model = Store
        fields = [
            "id", "domain", "name", "currency", "mode", "mode_reason", "health", "opted_in_at",
            "pull_done", "pull_total", "pull_finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class StoreViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """The stores of the workspace, with their modes and the health of their queues."""

    queryset = Store.objects.select_related("channel")
    serializer_class = StoreSerializer
    filterset_fields = ["mode", "domain"]


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ["number", "outcome", "error_code", "message", "started_at", "finished_at"]
        read_only_fields = fields


class JobSerializer(serializers.ModelSerializer[Job]):
    store = serializers.IntegerField(source="channel.store.pk", read_only=True)
    lane = serializers.CharField(source="lane.key", read_only=True)

    class Meta:
        model = Job
        fields = [
            "id", "store", "lane", "handler", "state", "outcome", "reason", "error_code",
            "attempts", "cause_id", "next_attempt_at", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    trail = AttemptSerializer(source="attempt_set", many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "trail"]


class JobFilter(django_filters.FilterSet):
    """`state=dead_lettered` lists the dead letters."""

    state = django_filters.MultipleChoiceFilter(choices=[(s.value, s.value) for s in JobState])
    store = django_filters.NumberFilter(field_name="channel__store")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = Job
        fields = ["state", "store", "handler", "cause_id", "error_code", "created_after"]


class JobViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Units of work of the workspace's stores; one of them with all its attempts."""

    queryset = Job.objects.select_related("lane", "channel__store")
    workspace_path = "channel__store__workspace"
    filterset_class = JobFilter
    read_scope = Scope.READ_QUEUE

    def get_serializer_class(self) -> type[JobSerializer]:
        return JobDetailSerializer if self.action == "retrieve" else JobSerializer

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return rows.prefetch_related("attempt_set") if self.action == "retrieve" else rows
