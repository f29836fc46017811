"""`python -m tests.bench [module]`: run the benchmarks, print one table, write .data/bench.json."""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

import django
from django.conf import settings
from rich.console import Console
from rich.table import Table

MODULES = (
    "queue", "rivals", "claims", "pickup", "calls", "pace", "intake", "merge", "fanout", "pull",
    "twin", "latency",
)  # fmt: skip
EXPECTED = {
    "queue_vs_procrastinate": (">=", 20),
    "pickup_p95_ms": ("<=", 20),
    "fairness_p95_ratio": ("<=", 1.1),
    "claim_1m_vs_empty": ("<=", 2),
    "claim_hot_lane_vs_empty": ("<=", 2),
    "calls_vs_limit": (">=", 0.9),
    "pace_used": (">=", 0.95),
    "pace_throttled": ("<=", 0.01),
    "intake_vs_bare": (">=", 0.7),
    "overhead_p95_ms": ("<=", 60),
    "merge_changes_per_s": (">=", 1000),
    "fanout_10k_x10_s": ("<=", 10),
    "pull_3k_growth_mb": ("<=", 20),
    "pull_100k_growth_mb": ("<=", 20),
    "twin_mutations_per_s": (">=", 500),
    "twin_mutations_heard_per_s": (">=", 500),
    "twin_deliveries_per_s": (">=", 1000),
    "twin_100k_products_mb": ("<=", 2000),
}
console = Console()


def main(wanted: list[str]) -> int:
    """Exit status 1 where a benchmark failed; a missed expectation is only marked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apimio_sync.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()
    here = Path(__file__).parent
    present = [name for name in MODULES if (here / f"{name}.py").exists()]
    if unknown := set(wanted) - set(present):
        console.print(f"There is no benchmark {', '.join(sorted(unknown))}: {', '.join(present)}.")
        return 2
    report = settings.BASE_DIR / ".data" / "bench.json"
    kept = json.loads(report.read_text()) if wanted and report.exists() else {}
    figures, failed = measure(wanted or present)
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps({**kept, **figures}, indent=2, sort_keys=True) + "\n")
    console.print(table_of(figures), f"Written to {report.relative_to(settings.BASE_DIR)}")
    for name in failed:
        console.print(f"[red]The benchmark {name} failed; see above.[/red]")
    return 1 if failed else 0


def measure(names: list[str]) -> tuple[dict[str, float], list[str]]:
    """Every benchmark in a database of its own: the figures, and the names of those that failed."""
    from tests.bench.database import bench_database  # noqa: PLC0415  needs Django set up

    figures: dict[str, float] = {}
    failed: list[str] = []
    for name in names:
        console.print(f"Measuring {name} ...")
        try:
            with bench_database():
                figures |= importlib.import_module(f"tests.bench.{name}").run()
        except Exception:  # noqa: BLE001  one that fails must not hide the others
            traceback.print_exc()
            failed.append(name)
    return figures, failed


def table_of(figures: dict[str, float]) -> Table:
    """The figures beside what is expected of them on two cores."""
    table = Table("figure", "measured", "expected", "")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.2f}", *verdict(name, value))
    return table


def verdict(name: str, value: float) -> tuple[str, str]:
    """What is expected of a figure, and whether it holds."""
    if name not in EXPECTED:
        return "", ""
    sign, bound = EXPECTED[name]
    met = value >= bound if sign == ">=" else value <= bound
    return f"{sign} {bound:g}", "[green]met[/green]" if met else "[red]missed[/red]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
