"""`./do soak [--seeds N] [--only WORDS]`: every commit point with every seed, in a random order.

Prints what it did and writes it to `.data/soak.json`. The exit status is 1 where anything failed.
"""

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import connection
from rich.console import Console

from syncqueue.models import Attempt, Job
from tests.faults.stage import Stage, database_of_its_own, running_stage
from tests.faults.trials import TRIALS, Trial, run

console = Console()
# A stage grows with every trial; a fresh one keeps each trial as quick as the first.
TRIALS_A_STAGE = 40


def main(*words: str) -> int:
    given = _parsed(words)
    wanted = [
        (trial, seed)
        for seed in range(given.first, given.first + given.seeds)
        for trial in TRIALS
        if all(word in str(trial) for word in given.only)
    ]
    random.Random(given.first).shuffle(wanted)
    report = {"commit": _commit(), "runs": 0, "failed": [], "counts": Counter()}
    started = time.monotonic()
    for place in range(0, len(wanted), TRIALS_A_STAGE):
        _play(wanted[place : place + TRIALS_A_STAGE], report)
    report["seconds"] = round(time.monotonic() - started, 1)
    file = Path(settings.BASE_DIR) / ".data" / "soak.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(report, indent=2, sort_keys=True) + "\n")
    console.print(report)
    return 1 if report["failed"] else 0


def _parsed(words: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./do soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--only", nargs="*", default=[], help="words of a trial's name")
    return parser.parse_args(words)


def _play(wanted: list[tuple[Trial, int]], report: dict[str, object]) -> None:
    logs = Path(tempfile.mkdtemp(prefix="soak-"))
    with database_of_its_own(), running_stage(logs) as stage:
        stage.open_stores(2, 3)
        for trial, seed in wanted:
            report["runs"] += 1
            try:
                run(stage, [trial], seed)
            except AssertionError as error:
                report["failed"].append(f"{trial} seed {seed}: {error}"[:4000])
                console.print(f"[red]{report['failed'][-1]}[/red] {logs}")
                break
        _count(stage, report["counts"])


def _count(stage: Stage, counts: Counter) -> None:
    counts["jobs"] += Job.objects.count()
    counts["attempts"] += Attempt.objects.count()
    rows = Attempt.objects.values_list("outcome", flat=True)
    counts.update(f"attempts {outcome}" for outcome in rows)
    counts["calls"] += sum(stage.twin.counters(store.domain)["calls"] for store in stage.stores)
    connection.close()


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()
