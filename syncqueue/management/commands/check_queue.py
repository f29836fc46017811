"""Check that nothing is lost or stuck; exit status 1 where something is."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from syncqueue.models import Channel
from syncqueue.services.check import check_queue


class Command(BaseCommand):
    help = "Check the books of every channel, and look for what is stuck or orphaned."

    def handle(self, *_: Any, **options: Any) -> None:
        checked = check_queue()
        names = dict(Channel.objects.values_list("pk", "name"))
        if options["verbosity"] > 1:
            for one in checked.books:
                self.stdout.write(
                    f"{names[one.channel_id]}: {one.received} received = {one.succeeded} succeeded "
                    f"+ {one.dead_lettered} dead-lettered + {one.cancelled} cancelled "
                    f"+ {one.open} open"
                )
        for found in checked.found:
            self.stderr.write(f"{names[found.channel_id]}: {found.sentence}")
        if checked.found:
            sys.exit(1)
        self.stdout.write(f"All is well in {len(checked.books)} channels.")
