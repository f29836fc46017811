"""`python -m tests.bench.document`: the figures of `.data/bench.json` as `docs/benchmarks.md`."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.__main__ import EXPECTED

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / ".data" / "bench.json"
MEANING = {
    "queue_vs_procrastinate": "no-op jobs/s in order per lane, over Procrastinate's; such decisions"
    " of ours wait for no disk (30.3 when they did)",
    "queue_jobs_per_s": "no-op jobs/s in order per lane, two processes",
    "procrastinate_jobs_per_s": "the same by Procrastinate 3.10 with `lock=`, two processes",
    "django_q2_jobs_per_s": "plain django-q2, its ORM broker, two workers; it keeps no order",
    "dramatiq_jobs_per_s": "Dramatiq over Redis, two processes; no order, not durable",
    "pickup_p50_ms": "from the commit of a job to its start, on an idle node",
    "pickup_p95_ms": "from the commit of a job to its start, on an idle node",
    "claim_empty_ms": "one claim where little waits",
    "claim_100k_ms": "one claim where 100,000 lanes wait",
    "claim_1m_ms": "one claim where a million lanes wait",
    "claim_1m_vs_empty": "one claim where a million lanes wait, over that of the empty table",
    "claim_hot_lane_vs_empty": "one claim beside a blocked lane of 20,000 jobs, over it, too",
    "calls_per_s": "calls/s to a shop that takes 50 ms for each",
    "calls_vs_limit": "calls/s over what the threads could do without any work between two calls",
    "pace_used": "share of the restored points that a backlog spends",
    "pace_throttled": "share of calls that were answered THROTTLED meanwhile",
    "intake_per_s": "webhooks/s that are verified, stored with their job and answered",
    "bare_intake_per_s": "the same server and middleware, with a view that only answers",
    "intake_vs_bare": "webhooks/s over those of the view that only answers",
    "fairness_p95_ratio": "p95 of the other stores beside one of 30 s latency and one with 90 % of"
    " the traffic, over their p95 alone",
    "quiet_p95_ms": "p95 of those stores alone",
    "beside_bad_neighbours_p95_ms": "p95 of those stores beside the two bad neighbours",
    "overhead_p95_ms": "edit in the hub until a store shows it, less the shop's own time; 3 stores",
    "merge_changes_per_s": "attribute changes merged, told to the ledger and queued, one core",
    "fanout_10k_x10_s": "seconds to queue a batch of 10,000 edits for 10 stores",
    "pull_100k_products_per_s": "products/s of a first pull of 100,000",
    "pull_100k_peak_mb": "peak memory of the worker that pulls 100,000 products",
    "twin_mutations_per_s": "the twin: product mutations/s, nobody listening",
    "twin_mutations_heard_per_s": "the twin: product mutations/s with webhooks on",
    "twin_deliveries_per_s": "the twin: webhooks posted/s",
    "twin_100k_products_mb": "the twin: memory with 100,000 products",
}


def main() -> None:
    figures = json.loads(FIGURES.read_text())
    rows = [_row(name, figures[name]) for name in MEANING if name in figures]
    rows += [_row(name, figures[name]) for name in sorted(figures.keys() - MEANING.keys())]
    lines = [
        "# Benchmarks",
        "",
        "Written by `python -m tests.bench.document` from what `make bench` measured.",
        "",
        f"- date: {datetime.now(tz=UTC):%Y-%m-%d}, commit `{_commit()}`",
        f"- machine: {_machine()}; PostgreSQL, workers, twin and web server all on it",
        "- rerun: `make bench` for all, `./do bench MODULE` for one of `tests/bench/`",
        "",
        "Such machines are noisy: ratios of one run mean more than absolute numbers.",
        "",
        "| figure | measured | expected | what it is |",
        "|---|---:|---|---|",
        *rows,
    ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines) + "\n")


def _row(name: str, value: float) -> str:
    sign, bound = EXPECTED.get(name, ("", None))
    expected = f"{sign.replace('>=', '≥').replace('<=', '≤')} {bound:g}" if bound else ""
    return f"| `{name}` | {value:,.2f} | {expected} | {MEANING.get(name, '')} |"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
