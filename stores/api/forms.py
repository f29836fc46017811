"""What requests say, word by word: a name that nobody knows is refused, not left out unseen."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django_filters import ModelChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = ("limit", "cursor", "format")


class Form(serializers.Serializer[Any]):
    """The body of a request, or a part of it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(data.keys() - self.fields.keys())):
            known = ", ".join(self.fields)
            raise ValidationError(
                {name: [f"This field is unknown; known are {known}."] for name in unknown}
            )
        return super().to_internal_value(data)


class Many(serializers.ListField):
    """A list with one to `most` items, counted before any of them is looked at."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(min_length=1, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > self.most:
            said = f"At most {self.most:,} go in one request, these are {len(data):,}: divide them."
            raise ValidationError(said)
        return super().to_internal_value(data)


class KnownFilters(DjangoFilterBackend):
    """Filters by what the address names; a misspelt filter would show everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filters = self.get_filterset_class(view, queryset)
        known = {*(filters.base_filters if filters else ()), *PAGING}
        if unknown := sorted(request.query_params.keys() - known):
            said = f"There is no such filter; known are {', '.join(sorted(known))}."
            raise ValidationError({name: [said] for name in unknown})
        return super().filter_queryset(request, queryset, view)

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Another workspace's row is no choice, just as one that does not exist."""
        found = super().get_filterset(request, queryset, view)
        for one in found.filters.values() if found is not None else ():
            if isinstance(one, ModelChoiceFilter):
                one.queryset = one.queryset.of_workspace(view.workspace_id)
        return found
