"""Read a store again from its first page, and show how far it has come."""

from catalogue.management.commands._pull import PullCommand


class Command(PullCommand):
    help = "Pull a store's products again; nothing is written to it."
    purpose = "import"
