"""`qcluster`: django-q2's worker under our guard, started again when it falls sick."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from syncqueue.guard import supervise


class Command(BaseCommand):
    """SIGTERM to this process ends it cleanly; name another queue with `Q_CLUSTER_NAME`."""

    help = "Works on the stores' queues until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Keep django-q2's only option that works on Linux."""
        parser.add_argument("--run-once", action="store_true", help="Stop when it has started.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve one queue until stopped."""
        supervise(once=options["run_once"])
