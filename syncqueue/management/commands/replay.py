"""Queue dead letters again: single jobs, or all of a channel that match."""

import time
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from syncqueue.domain.choice import ReplayChoice
from syncqueue.enums import ReplayState
from syncqueue.models import Channel, Job
from syncqueue.selectors.replays import preview
from syncqueue.services.replays import start_replay, step

WAIT_SECONDS = 1.0


class Command(BaseCommand):
    help = "Queue dead-lettered jobs again, oldest first, as a replay that the workers carry out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("jobs", nargs="*", type=int, help="ids of jobs")
        parser.add_argument("--channel", help="all dead letters of this channel (a shop's domain)")
        parser.add_argument("--since", type=datetime.fromisoformat, help="made since this instant")
        parser.add_argument("--code", default="", help="only those with this error code")
        parser.add_argument("--handler", default="", help="only those of this kind")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would do")
        parser.add_argument("--wait", action="store_true", help="stay until all are queued again")

    def handle(self, *_: Any, **options: Any) -> None:
        choices = self._named(options["jobs"]) if options["jobs"] else [self._matching(options)]
        for choice in choices:
            self._tell(choice)
            if not options["dry_run"]:
                self._replay(choice, wait=options["wait"])

    def _replay(self, choice: ReplayChoice, *, wait: bool) -> None:
        row = start_replay(choice, by="the shell")
        while wait and row.state == ReplayState.RUNNING:
            if not step(row.pk):
                time.sleep(WAIT_SECONDS)
            row.refresh_from_db()
        self.stdout.write(f"Replay {row.pk}: {row.replayed} of {row.matched} are queued again.")

    def _tell(self, choice: ReplayChoice) -> None:
        seen = preview(choice)
        self.stdout.write(
            f"{choice.words}: {seen.jobs} jobs, {seen.superseded} of them superseded; {seen.cost}."
        )

    def _named(self, job_ids: list[int]) -> list[ReplayChoice]:
        """One choice for each channel of the named jobs."""
        rows = Job.objects.filter(pk__in=job_ids).order_by("channel_id", "pk")
        by_channel: dict[int, list[int]] = {}
        for channel_id, job_id in rows.values_list("channel_id", "pk"):
            by_channel.setdefault(channel_id, []).append(job_id)
        return [ReplayChoice(channel, tuple(ids)) for channel, ids in by_channel.items()]

    def _matching(self, options: dict[str, Any]) -> ReplayChoice:
        if not options["channel"]:
            raise CommandError("Name jobs by their ids, or a --channel.")
        channel = Channel.objects.filter(name=options["channel"]).first()
        if channel is None:
            raise CommandError(f"There is no channel “{options['channel']}”.")
        since = options["since"]
        if since and not since.tzinfo:
            since = since.replace(tzinfo=timezone.get_default_timezone())
        return ReplayChoice(
            channel.pk, error_code=options["code"], handler=options["handler"], since=since
        )
