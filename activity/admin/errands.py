"""What the workers carry out step by step: a page that follows it by itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from activity.admin.base import LedgerAdmin
from activity.admin.verbs import VerbAdmin
from catalogue.enums import ErrandState

REFRESH_SECONDS = "3"


class ErrandAdmin(VerbAdmin, LedgerAdmin):
    """Reloads an errand's page while it runs."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        page = super().change_view(request, object_id, form_url, extra_context)
        errand = self.get_object(request, object_id)
        if errand is not None and self.goes_on(errand):
            page["Refresh"] = REFRESH_SECONDS
        return page

    def goes_on(self, errand: Any) -> bool:
        return bool(errand.state == ErrandState.RUNNING)
