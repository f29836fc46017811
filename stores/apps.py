"""Django's entry to the stores app."""

from django.apps import AppConfig


class StoresConfig(AppConfig):
    """Registers the app with Django."""

    name = "stores"
    verbose_name = "Stores"
