"""The page keeps its budgets B2 to B8 (docs/explanation/performance.md), and half as much again.

Other tests run beside this one, and a clock cannot tell their work from the page's. So it is
measured how much slower the machine is meanwhile, times are allowed to be as much longer, and what
is still too slow is measured again: a page that has become slow is slow every time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Self

import pytest
from bench import chart_engine
from bench.figures import Figure, line
from bench.ui import live, workspace
from bench.ui import run as bench_ui
from bench.ui import table as runs
from bench.ui.browser import opened
from tests.journeys.processes import ServerProcess

SLACK: Final = 1.5
ATTEMPTS: Final = 4
CLOCKED: Final = {"ms", "/s"}  # what other work makes worse


class Slowness:
    """How many times longer than alone a thread needs for its work: 1 on an idle machine."""

    PIECE: Final = 0.004  # seconds of work
    PAUSE: Final = 0.05

    def __init__(self) -> None:
        self._wall = self._worked = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self.PAUSE):
            began, worked = time.perf_counter(), time.thread_time()
            while time.thread_time() - worked < self.PIECE:
                pass
            self._wall += time.perf_counter() - began
            self._worked += time.thread_time() - worked

    @property
    def factor(self) -> float:
        return max(1.0, self._wall / self._worked) if self._worked else 1.0


def assert_within_budgets(measure: Callable[[], Iterator[Figure]]) -> None:
    """Every figure keeps its budget at least once."""
    missed: dict[str, str] = {}
    for attempt in range(ATTEMPTS):
        with Slowness() as slowness:
            figures = list(measure())
        over = {
            one.name: f"{line(one)} (the machine was {slowness.factor:.1f} × slower)"
            for one in figures
            if bench_ui.beyond(one, SLACK * (slowness.factor if one.unit in CLOCKED else 1))
        }
        missed = over if attempt == 0 else {name: over[name] for name in missed if name in over}
        if not missed:
            return
    pytest.fail("\n".join(missed.values()))


@pytest.mark.timeout(600)
def test_the_engine_paints_within_its_budgets(chromium_path: str) -> None:
    assert chromium_path
    with chart_engine.bench_page() as url, chart_engine.browser_page(url) as page:

        def measure() -> Iterator[Figure]:
            yield from chart_engine.painting(page, 1)
            yield from chart_engine.moving(page)
            yield from chart_engine.decoding(page)

        assert_within_budgets(measure)


@pytest.mark.timeout(600)
def test_the_workspace_keeps_its_budgets(server: ServerProcess, chromium_path: str) -> None:
    assert chromium_path
    workspace.fill(server)
    with opened(server) as page:

        def measure() -> Iterator[Figure]:
            yield from workspace.figures(page, workspace.QUICK)
            yield from live.figures(page, live.QUICK)

        assert_within_budgets(measure)
        assert page.foreign == []


@pytest.mark.timeout(600)
def test_the_table_keeps_its_budgets(server: ServerProcess, chromium_path: str) -> None:
    assert chromium_path
    runs.fill(server, runs.QUICK)
    with opened(server) as page:
        assert_within_budgets(lambda: runs.figures(page, runs.QUICK))
