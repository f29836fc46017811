"""Django's entry to the syncqueue app."""

from django.apps import AppConfig


class SyncqueueConfig(AppConfig):
    """Registers the app with Django."""

    name = "syncqueue"
    verbose_name = "Queue"
