"""The composition root as Django apps: its commands, and its admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class ApimioSyncConfig(AppConfig):
    """Holds no models; only commands and the pages that combine apps."""

    name = "apimio_sync"
    verbose_name = "Store Sync"


class AdminConfig(DjangoAdminConfig):
    """Puts our admin site in the place of Django's."""

    default_site = "apimio_sync.admin_site.StoreSyncAdminSite"
