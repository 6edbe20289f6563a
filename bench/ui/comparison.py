"""The page that compares runs against its budget B13: 100 runs of 500 keys of config."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from bench.figures import Figure
from bench.ui.browser import UNTIL, Opened
from bench.ui.filling import Filling
from tests.journeys.processes import ServerProcess

PROJECT: Final = "ui-compare"
TAB: Final = "[role=tab]:nth-child({})"
ROW: Final = "[role=tabpanel] [data-testid=table-row]"


@dataclass(frozen=True, slots=True)
class Size:
    """How often it is done, with how many runs of how many keys."""

    rounds: int = 5
    runs: int = 100
    keys: int = 500


QUICK = Size(rounds=1, runs=20, keys=100)


def names(size: Size) -> list[str]:
    """Of the runs, which are their ids, too."""
    return [f"run-{n:03d}" for n in range(size.runs)]


def fill(server: ServerProcess, size: Size) -> None:
    """Runs of which every other key differs."""
    with Filling(server, PROJECT) as filling:
        for n, name in enumerate(names(size)):
            config = {f"part{k % 10}.key{k:03d}": n * k if k % 2 else k for k in range(size.keys)}
            filling.run(name, config)
            filling.log(name, ["loss"], np.array([[1.0 / (n + 1)]]))
        filling.finish(names(size))


def figures(opened: Opened, size: Size) -> Iterator[Figure]:
    """From the click on the part to its rows."""
    page = opened.page
    opened.go(PROJECT, "compare", f"?ids={','.join(names(size))}")
    page.get_by_role("tab", name="Diff").wait_for()
    page.get_by_test_id("tiles").wait_for()
    took = []
    for _ in range(size.rounds + 1):  # the first one loads what it shows
        took.append(page.evaluate(UNTIL, [TAB.format(2), ROW, "part"]))
        page.evaluate(UNTIL, [TAB.format(1), "[data-testid=tiles]", ""])
    what = f"B13 {size.runs} runs × {size.keys} keys of config"
    yield Figure(f"{what}: differences painted", statistics.median(took[1:]), "ms", 400)
