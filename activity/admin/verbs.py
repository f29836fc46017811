"""Whatever can be done to a row is a button that posts: one address for all verbs of a model."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from activity.admin.base import ScopedAdmin, may_operate
from catalogue.errors import CatalogueError
from stores.errors import StoresError

Verb: TypeAlias = Callable[[Any, str], str]
"""Does something to a row in the name of a person, and says what."""


class VerbAdmin(ScopedAdmin):
    """Adds `…/<pk>/do/<verb>/` for operators of the row's workspace; refusals are told in words."""

    verbs: Mapping[str, Verb] = {}

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        doing = self.admin_site.admin_view(require_POST(self.do))
        return [path("<int:pk>/do/<slug:verb>/", doing, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {**self.panel(request, row), **(extra_context or {})} if row else extra_context
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def panel(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What a page with buttons shows of its row."""
        return {
            "subject": row,
            "do": f"admin:{self.opts.app_label}_{self.opts.model_name}_do",
            "may_operate": may_operate(request.user, self.workspace_of(row)),
            "title": str(row),
            "show_save": False,
            "show_save_and_continue": False,
        }

    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Carry out one verb and go back to the row's page."""
        row = self.row_or_404(request, pk)
        if verb not in self.verbs:
            raise Http404
        if not may_operate(request.user, self.workspace_of(row)):
            raise PermissionDenied
        try:
            messages.success(request, self.carry_out(request, row, verb))
        except (CatalogueError, StoresError, ValueError) as error:
            messages.error(request, str(error))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[pk]))

    def carry_out(self, request: HttpRequest, row: Any, verb: str) -> str:
        return self.verbs[verb](row, request.user.get_username())

    def row_or_404(self, request: HttpRequest, pk: int) -> Any:
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row
