"""The composition root as Django apps: its commands, and its admin site."""

import gc

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class ApimioSyncConfig(AppConfig):
    """Holds no models; only commands and the pages that combine apps."""

    name = "apimio_sync"
    verbose_name = "Store Sync"

    def ready(self) -> None:
        """Look for garbage in cycles rarely: looking took half the time of a batch's fan-out."""
        gc.set_threshold(50_000, 20, 20)


class AdminConfig(DjangoAdminConfig):
    """Puts our admin site in the place of Django's."""

    default_site = "apimio_sync.admin_site.StoreSyncAdminSite"
