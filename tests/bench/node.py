"""`python -m tests.bench.node`: a worker node that knows the handlers of the benchmarks.

`bench.noop` decides at once; `bench.call` asks a platform that answers after the seconds its
payload says.
"""

import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import django
from django.core.management import call_command

NOOP, CALL = "bench.noop", "bench.call"


def register_handlers() -> None:
    from syncqueue.domain import handling  # noqa: PLC0415  Django is set up first
    from syncqueue.enums import Outcome  # noqa: PLC0415

    class Noop(handling.SqlOnly):
        def plan(self, *_: Any, now: datetime) -> handling.Settled:  # noqa: ARG002
            return handling.Settled(Outcome.NOTHING_TO_DO)

    class Slow:
        def plan(
            self,
            job: handling.JobView,
            _followers: Sequence[handling.JobView],
            *,
            now: datetime,  # noqa: ARG002
        ) -> handling.Call:
            return handling.Call({"seconds": job.payload["seconds"]}, None)

        def send(self, request: dict[str, Any], _context: object) -> handling.Answer:
            time.sleep(request["seconds"])
            return handling.Answer(body={})

        def settle(self, *_: Any, now: datetime) -> None:  # noqa: ARG002
            return None

    handling.register(NOOP, Noop())
    handling.register(CALL, Slow())


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apimio_sync.settings")
    django.setup()
    register_handlers()
    call_command("qcluster")


if __name__ == "__main__":
    sys.exit(main())
