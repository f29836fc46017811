"""Every address of the product, composed from the apps."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

handler400 = "stores.api.problems.refused"
handler500 = "stores.api.problems.failed"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("apimio_sync.api")),
    path("", include("stores.urls")),
]
