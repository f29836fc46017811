"""Django's entry to the catalogue app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the app with Django."""

    name = "catalogue"
    verbose_name = "Catalogue"
