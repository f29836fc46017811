"""Check the books of stock; exit status 1 where they do not balance."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from catalogue.models import StockMovement, StockPool
from catalogue.selectors.stock import wrong_books
from stores.models import Workspace


class Command(BaseCommand):
    help = "Check that every pool and every level of stock is the sum of its ledger."

    def handle(self, *_: Any, **__: Any) -> None:
        wrong = [said for one in Workspace.objects.all() for said in wrong_books(one.pk)]
        for said in wrong:
            self.stderr.write(said)
        if wrong:
            sys.exit(1)
        pools, rows = StockPool.objects.count(), StockMovement.objects.count()
        self.stdout.write(f"The books of {pools} pools balance over {rows} movements.")
