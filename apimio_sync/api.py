"""The root of the API: one version, its resources from the apps, its description and its page."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from catalogue.api.batches import BatchViewSet
from catalogue.api.ledger import ChangeViewSet, ConflictViewSet
from catalogue.api.listings import ListingViewSet, OverrideViewSet
from catalogue.api.plans import PlanEditViewSet, PlanLineViewSet, PlanViewSet
from catalogue.api.products import ProductViewSet, VariantViewSet
from catalogue.api.stock import StockViewSet
from catalogue.api.stock_batches import StockBatchViewSet
from stores.api.problems import no_such_address
from stores.api.views import JobViewSet, StoreViewSet

router = SimpleRouter()
router.register("stores", StoreViewSet)
router.register("products", ProductViewSet)
router.register("variants", VariantViewSet)
router.register("listings", ListingViewSet)
router.register("overrides", OverrideViewSet)
router.register("stock", StockViewSet, basename="stock")
router.register("stock-batches", StockBatchViewSet, basename="stock-batch")
router.register("batches", BatchViewSet, basename="batch")
router.register("plans", PlanViewSet)
router.register("plan-lines", PlanLineViewSet)
router.register("plan-edits", PlanEditViewSet)
router.register("conflicts", ConflictViewSet)
router.register("changes", ChangeViewSet)
router.register("jobs", JobViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api_schema"), name="api_docs"),
    re_path("^.*$", no_such_address),
]
