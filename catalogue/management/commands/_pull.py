"""What the two commands that read a whole store share."""

import time
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stores.enums import READABLE
from stores.models import Store
from stores.services.pulls import enqueue_pull
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Job
from syncqueue.services.pump import run_pump


class PullCommand(BaseCommand):
    purpose: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shop", help="your-shop.myshopify.com")
        parser.add_argument("--queue", action="store_true", help="only queue it for the workers")

    def handle(self, *_: Any, **options: Any) -> None:
        store = Store.objects.filter(domain=options["shop"].strip().lower()).first()
        if store is None:
            raise CommandError(f"There is no store “{options['shop']}”.")
        if store.mode not in READABLE:
            raise CommandError(f"{store} is {store.mode}: nothing is read from it.")
        job_id = enqueue_pull(store, self.purpose)
        if options["queue"]:
            self.stdout.write(f"Queued as job {job_id}.")
            return
        job = self._follow(store, job_id)
        if job.state != "succeeded":
            raise CommandError(f"The job is {job.state}: {job.reason}")
        self.stdout.write(job.reason)

    def _follow(self, store: Store, job_id: int) -> Job:
        """Work here where no worker does, and tell the progress."""
        told = -1
        while True:
            job = Job.objects.get(pk=job_id)
            store.refresh_from_db()
            if store.pull_done != told and store.pull_total:
                told = store.pull_done
                self.stdout.write(f"{told} of {store.pull_total} products")
            if job.state not in OPEN_STATES or job.state in ("retrying", "waiting"):
                return job
            if not run_pump(store.channel_id).worked:
                time.sleep(0.2)
