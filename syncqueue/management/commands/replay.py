"""Queue dead letters again: single jobs, or all of a channel."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from syncqueue.enums import JobState
from syncqueue.models import Channel, Job
from syncqueue.services.replay import replay


class Command(BaseCommand):
    help = "Queue dead-lettered jobs again, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("jobs", nargs="*", type=int, help="ids of jobs")
        parser.add_argument("--channel", help="all dead letters of this channel (a shop's domain)")
        parser.add_argument("--since", type=datetime.fromisoformat, help="made since this instant")
        parser.add_argument("--code", help="only those with this error code")
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_: Any, **options: Any) -> None:
        ids = options["jobs"] or self._of_channel(options)
        if options["dry_run"]:
            self.stdout.write(f"{len(ids)} jobs would be queued again.")
            return
        self.stdout.write(f"{replay(ids, by='the shell')} jobs are queued again.")

    def _of_channel(self, options: dict[str, Any]) -> list[int]:
        if not options["channel"]:
            raise CommandError("Name jobs by their ids, or a --channel.")
        channel = Channel.objects.filter(name=options["channel"]).first()
        if channel is None:
            raise CommandError(f"There is no channel “{options['channel']}”.")
        rows = Job.objects.filter(channel=channel, state=JobState.DEAD_LETTERED)
        if options["code"]:
            rows = rows.filter(error_code=options["code"])
        if since := options["since"]:
            aware = since if since.tzinfo else since.replace(tzinfo=timezone.get_default_timezone())
            rows = rows.filter(created_at__gte=aware)
        return list(rows.order_by("pk").values_list("pk", flat=True))
