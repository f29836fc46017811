"""`make demo`: three shops, the whole product, and a report of what was seen to work."""

import os
import signal
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from apimio_sync import postgres
from apimio_sync.demo import stage
from apimio_sync.demo.browser import Operator, Twin
from apimio_sync.demo.play import SHOPS, Play
from apimio_sync.demo.report import Report, StepFailedError
from stores.models import Workspace


class Command(BaseCommand):
    help = "Start everything on this machine, play the main job, report, and keep serving."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the report")

    def handle(self, *_: Any, **options: Any) -> None:
        if stage.STAGE not in os.environ:
            stage.enter(sys.argv[2:])
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            held = self._play(once=options["once"])
        finally:
            connections.close_all()
            postgres.stop()
        sys.exit(0 if held else 1)

    def _play(self, *, once: bool) -> bool:
        report = Report()
        report.title("Store Sync — demo")
        with report.step("a fresh database"):
            call_command("migrate", verbosity=0)
            call_command("collectstatic", verbosity=0, interactive=False)
            workspace = _people()
        plan = stage.plan()
        with stage.processes(plan):
            report.say(f"twin {plan.twin_url}   web {plan.web_url}")
            try:
                Play(workspace, Operator(plan), Twin(plan), report).run()
            except StepFailedError as error:
                report.held = False
                self.stderr.write(f"The demo could not go on: {error}")
            _conclude(report, plan)
            if not once:
                _serve()
        return report.held


def _people() -> Workspace:
    get_user_model().objects.create_superuser(stage.LOGIN, password=stage.PASSWORD)
    return Workspace.objects.create(name="Summit Goods", slug="summit")


def _conclude(report: Report, plan: stage.Plan) -> None:
    report.title("Every step held." if report.held else "NOT every step held; see above.")
    report.say(f"Hub      {plan.web_url}/admin/   login {stage.LOGIN} / {stage.PASSWORD}")
    report.say(f"Panel    {plan.twin_url}/_twin/panel   (all shops side by side, and their faults)")
    for domain in SHOPS:
        report.say(f"Shop     {plan.twin_url}/shops/{domain}/admin   (storefront: without /admin)")


def _serve() -> None:
    """Keep serving until somebody presses Ctrl-C."""
    sys.stdout.write("\nServing. Ctrl-C ends the demo.\n")
    sys.stdout.flush()
    try:
        signal.pause()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
