"""Django's entry to the activity app."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """Registers the app with Django."""

    name = "activity"
    verbose_name = "Activity"
