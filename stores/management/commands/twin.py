"""`manage.py twin`: the Shopify that we can run."""

from argparse import Namespace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stores.twin.__main__ import arguments, main


class Command(BaseCommand):
    help = "Run the simulated Shopify; its secret comes from TWIN_APP_SECRET."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The twin is for demo and tests only.")
        main(Namespace(**options))
