"""Delete what ended long ago; the books keep its counts."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from syncqueue.services.prune import SHORTEST_DAYS, prune


class Command(BaseCommand):
    help = "Delete finished jobs with their trails, and old deliveries; open work stays."

    def add_arguments(self, parser: CommandParser) -> None:
        days = settings.SYNCQUEUE["KEEP_DAYS"]
        parser.add_argument("--days", type=int, default=days, help=f"keep so many days ({days})")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["days"] < SHORTEST_DAYS:
            raise CommandError(f"At least {SHORTEST_DAYS} days are kept: late answers need them.")
        pruned = prune(timezone.now() - timedelta(days=options["days"]))
        told = ", ".join(f"{count} {name}" for name, count in pruned.items())
        self.stdout.write(f"Pruned: {told or 'nothing'}.")
