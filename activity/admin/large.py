"""Lists over tables of millions of rows: what they count, offer and search stays cheap."""

from typing import Any
from uuid import UUID

from django.contrib.admin.filters import AllValuesFieldListFilter
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST_COUNTED = 10_000
NEWEST = 5_000


class AtLeast(int):
    """A count that was given up: there are more."""

    def __str__(self) -> str:
        return f"{int(self):,} and more"


class BoundedPaginator(Paginator):
    """Counts and pages through the first rows only; whoever looks for others filters."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by()[: MOST_COUNTED + 1].count()
        return AtLeast(MOST_COUNTED) if found > MOST_COUNTED else found


class NewestValuesFilter(AllValuesFieldListFilter):
    """Offers the values of the newest rows: to find all would be to read the whole table."""

    def __init__(self, field: Any, request: HttpRequest, *given: Any, **more: Any) -> None:
        super().__init__(field, request, *given, **more)
        rows = given[-1].get_queryset(request).order_by("-pk")
        found = rows.values_list(self.field_path, flat=True)[:NEWEST]
        chosen = {self.lookup_val[-1]} if self.lookup_val else set()
        self.lookup_choices: Any = sorted({*found, *chosen} - {None})


def search_by_id(rows: QuerySet[Any], term: str, fields: list[str]) -> QuerySet[Any] | None:
    """The rows of a cause, by its index; None where the term is no id of one."""
    try:
        return rows.filter(cause_id=UUID(term.strip())) if "cause_id" in fields else None
    except ValueError:
        return None
