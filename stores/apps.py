"""Django's entry to the stores app."""

from django.apps import AppConfig


class StoresConfig(AppConfig):
    """Registers the app's handlers, its checks and its chores."""

    name = "stores"
    verbose_name = "Stores"

    def ready(self) -> None:
        """Everything that others call by name is known from here on."""
        from stores import checks  # noqa: F401, PLC0415  registers itself
        from stores.services.coverage import check_coverage  # noqa: PLC0415
        from stores.services.handlers import register_handlers  # noqa: PLC0415
        from stores.services.intake import enqueue_stranded  # noqa: PLC0415
        from stores.services.retention import register_retention  # noqa: PLC0415
        from syncqueue.services.sweep import register_chore  # noqa: PLC0415  needs the models

        register_handlers()
        register_retention()
        register_chore("stores.stranded", 1.0, enqueue_stranded)
        register_chore("stores.coverage", 60.0, check_coverage)
