"""Compare a store with what it should show, page by page, and queue what differs."""

from catalogue.management.commands._pull import PullCommand


class Command(PullCommand):
    help = "Read a store by pages; edits found are merged, differences of a live store are queued."
    purpose = "reconcile"
