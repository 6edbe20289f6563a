"""`make bench-ui`: the page against its budgets, in Chromium, with a real server.

Usage: python -m bench.ui.run [--json] [--quick] [--slack 1.25] [--only PART]

Medians of five. Every panel's pixels are read back and all panels are waited for: what paints
nothing is the fastest. `--quick` tries every measurement once, to see that it works. With
`--slack` the exit status is 1 if a figure is beyond so many times its budget.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import chart_engine
from bench.figures import Figure, as_json, line, table
from bench.ui import comparison, live, logs, workspace
from bench.ui import table as runs
from bench.ui.browser import opened
from tests.journeys.processes import ServerProcess

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
SKIPPED = {"B12": "every page in both themes: tests/journeys/test_page_accessible.py"}


def of_weight(*, quick: bool) -> Iterator[Figure]:
    """B1: what is loaded, as the page was built."""
    del quick  # it is one look at files
    node = shutil.which("node")
    if node is None:
        raise SystemExit("node is needed to weigh the page: install Node 20")
    told = subprocess.run(
        [node, "scripts/budget.mjs"], cwd=FRONTEND, capture_output=True, text=True, check=False
    )
    for name, weight, limit in re.findall(r"(\w+) +([\d.]+) of (\d+) KB gz", told.stdout):
        yield Figure(f"B1 {name}, compressed", float(weight), "KB", float(limit))


def of_engine(*, quick: bool) -> Iterator[Figure]:
    """B2 to B6 of the chart engine alone."""
    with chart_engine.bench_page() as url, chart_engine.browser_page(url) as page:
        rounds = 1 if quick else 5
        measured = (*chart_engine.painting(page, rounds), *chart_engine.moving(page),
                    *chart_engine.decoding(page))  # fmt: skip
        for each in measured:
            name = f"{budget_of(each.name)} engine: {each.name}"
            yield Figure(name, each.value, each.unit, each.goal, each.at_least)


def budget_of(case: str) -> str:
    """Under which budget a case of the engine falls."""
    beginnings = {
        "hover": "B5",
        "decode": "B8",
        "1 panel": "B4",
        "live 10": "B6",
        "live: rep": "B6",
    }
    if "longest task" in case:
        return "B3"
    return next((one for start, one in beginnings.items() if case.startswith(start)), "B2")


def of_workspace(*, quick: bool) -> Iterator[Figure]:
    """The workspace with real runs, and while some go on."""
    with _server() as server:
        workspace.fill(server)
        with opened(server) as page:
            yield from workspace.figures(page, workspace.QUICK if quick else workspace.Size())
            yield from live.figures(page, live.QUICK if quick else live.Size())
            yield Figure("B1 requests to other origins", len(page.foreign), "", 0)


def of_table(*, quick: bool) -> Iterator[Figure]:
    """The table of runs."""
    size = runs.QUICK if quick else runs.Size()
    with _server() as server:
        runs.fill(server, size)
        with opened(server) as page:
            yield from runs.figures(page, size)


def of_logs(*, quick: bool) -> Iterator[Figure]:
    """What a run printed."""
    size = logs.QUICK if quick else logs.Size()
    with _server() as server:
        logs.fill(server, size)
        with opened(server) as page:
            yield from logs.figures(page, size)


def of_comparison(*, quick: bool) -> Iterator[Figure]:
    """Runs beside each other."""
    size = comparison.QUICK if quick else comparison.Size()
    with _server() as server:
        comparison.fill(server, size)
        with opened(server) as page:
            yield from comparison.figures(page, size)


@contextmanager
def _server() -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-ui-") as folder:
        server = ServerProcess(Path(folder), fresh=True).start()
        try:
            yield server
        finally:
            server.stop()


PARTS: dict[str, Callable[..., Iterator[Figure]]] = {
    "weight": of_weight,
    "engine": of_engine,
    "workspace": of_workspace,
    "table": of_table,
    "logs": of_logs,
    "comparison": of_comparison,
}


def beyond(figure: Figure, slack: float) -> bool:
    """Whether a figure misses its budget by more than the slack."""
    if figure.value is None:
        return True
    if figure.goal is None:
        return False
    if figure.at_least:
        return figure.value < figure.goal / slack
    return figure.value > figure.goal * slack


def main() -> int:
    """Measure and print; the exit status tells of budgets only with `--slack`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--slack", type=float)
    parser.add_argument("--only", choices=PARTS)
    arguments = parser.parse_args()
    found: list[Figure] = []
    for part, measured in PARTS.items():
        if arguments.only in {None, part}:
            for figure in measured(quick=arguments.quick):
                found.append(figure)
                print(line(figure), file=sys.stderr, flush=True)
    if arguments.json:
        print(as_json(found))
    else:
        print(f"\n{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        print(table(found))
        for budget, reason in SKIPPED.items():
            print(f"{budget} {reason}")
    return int(arguments.slack is not None and any(beyond(each, arguments.slack) for each in found))


if __name__ == "__main__":
    sys.exit(main())
