"""Django's entry to the syncqueue app."""

from django.apps import AppConfig


class SyncqueueConfig(AppConfig):
    """Registers the engine's own chores and checks."""

    name = "syncqueue"
    verbose_name = "Queue"

    def ready(self) -> None:
        """The clock's chores are known from here on."""
        from syncqueue import checks  # noqa: F401, PLC0415  registers itself
        from syncqueue.services.check import CHECK_SECONDS, check_queue  # noqa: PLC0415
        from syncqueue.services.prune import PRUNE_SECONDS, prune_old  # noqa: PLC0415
        from syncqueue.services.replays import (  # noqa: PLC0415
            REPLAY_SECONDS,
            any_replay,
            run_replays,
        )
        from syncqueue.services.sweep import register_chore  # noqa: PLC0415  needs the models

        register_chore("syncqueue.check", CHECK_SECONDS, check_queue)
        register_chore("syncqueue.prune", PRUNE_SECONDS, prune_old)
        register_chore("syncqueue.replays", REPLAY_SECONDS, run_replays, wanted=any_replay)
