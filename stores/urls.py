"""The addresses that Shopify and merchants know."""

from django.urls import path

from stores.views import callback, install
from stores.webhooks import shopify_webhook

urlpatterns = [
    path("shopify/install/", install, name="shopify_install"),
    path("shopify/callback/", callback, name="shopify_callback"),
    path("webhooks/shopify/", shopify_webhook, name="shopify_webhook"),
]
