"""Import a file of products: a preview first; with --apply it is carried out."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogue.domain.feeds import BadFeedError
from catalogue.enums import ErrandState, RowState
from catalogue.models import ImportRun
from catalogue.services.feeds import read_file
from catalogue.services.imports import start_import, take_step
from stores.models import Store, Workspace

MOST_TOLD = 20


class Command(BaseCommand):
    help = "Read a CSV or XLSX file, one row a variant by SKU or ID, and say what it would set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="its short name")
        parser.add_argument("--by", required=True, help="whose name the changes carry")
        parser.add_argument("--store", help="whose own values it sets: the address of a store")
        parser.add_argument("--apply", action="store_true", help="carry it out, here and now")
        parser.add_argument("--queue", action="store_true", help="leave it to the workers")

    def handle(self, *_: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace “{options['workspace']}”.")
        path: Path = options["file"]
        try:
            content, by = path.read_bytes(), options["by"]
            store_id = _store(workspace, options["store"])
            run = read_file(workspace.pk, path.name, content, by=by, store_id=store_id)
        except (BadFeedError, OSError) as error:
            raise CommandError(str(error)) from error
        self._preview(run)
        if options["apply"] or options["queue"]:
            self._carry_out(run, options["by"], here=options["apply"])

    def _preview(self, run: ImportRun) -> None:
        self.stdout.write(f"{run.rows_read} rows would set {run.values_wanted} values.")
        if run.ignored:
            self.stdout.write(f"Columns that mean nothing here: {', '.join(run.ignored)}")
        told = run.rows.exclude(reason="").exclude(state=RowState.SAME)
        for row in told[:MOST_TOLD]:
            self.stdout.write(f"Row {row.number} ({row.key}): {row.reason}")
        if told.count() > MOST_TOLD:
            self.stdout.write(f"... and {told.count() - MOST_TOLD} more rows.")
        for objection in run.objections:
            self.stdout.write(f"The gates will hold it: {objection}")

    def _carry_out(self, run: ImportRun, by: str, *, here: bool) -> None:
        run = start_import(run.pk, by=by)
        if run.state == ErrandState.HELD:
            raise CommandError(f"Held at the gates until a person releases it: {run.reason}")
        while here and take_step(run.pk):
            run.refresh_from_db()
            self.stdout.write(f"row {run.cursor}")
        run.refresh_from_db()
        self.stdout.write(f"Import {run.pk} is {run.state}. {run.reason} Cause {run.cause_id}")


def _store(workspace: Workspace, domain: str | None) -> int | None:
    if domain is None:
        return None
    store_id = Store.objects.filter(workspace=workspace, domain=domain).values_list("pk", flat=True)
    if not store_id:
        raise CommandError(f"There is no store “{domain}” in this workspace.")
    return int(store_id[0])
