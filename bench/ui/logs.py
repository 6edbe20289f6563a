"""What a run printed against its budget B9: 100,000 lines opened, searched and scrolled."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import Figure, quantile
from bench.ui.browser import SCROLL, UNTIL, Opened
from tests.journeys.processes import ServerProcess

PROJECT: Final = "ui-logs"
RUN: Final = "talker"
TALKER: Final = """
import sys
import wanllmdb

lines = int(sys.argv[1])
run = wanllmdb.init(project="ui-logs", id="talker", name="talker")
for n in range(lines):
    print(f"step {n} loss {1 / (n + 1):.6f} worker {n % 64} needle-{n:06d}")
run.finish()
"""
LINE: Final = "[data-testid=log-lines] [data-testid=log-line]"
FOUND: Final = "[data-testid=log-found] [data-testid=log-line]"


@dataclass(frozen=True, slots=True)
class Size:
    """How often each is done, and with how many lines."""

    rounds: int = 5
    lines: int = 100_000


QUICK = Size(rounds=1, lines=5000)


def fill(server: ServerProcess, size: Size) -> None:
    """A run that printed so many lines, with the SDK.

    Raises:
        RuntimeError: its script failed.
    """
    script: Path = server.root / "talker.py"
    script.write_text(TALKER)
    talker = server.run_script(script, str(size.lines))
    said, _ = talker.communicate(timeout=300)
    if talker.returncode != 0:
        raise RuntimeError(f"the script failed: {said[-2000:]!r}")


def figures(opened: Opened, size: Size) -> Iterator[Figure]:
    """Opened, scrolled, searched."""
    page, name = opened.page, f"{size.lines:,} lines"
    opened.go(PROJECT, f"runs/{RUN}/overview")
    link = f"a[href$='/runs/{RUN}/logs']"
    page.wait_for_selector(link)
    took = []
    for _ in range(size.rounds + 1):  # the first one loads the part
        took.append(page.evaluate(UNTIL, [link, LINE, "step"]))
        page.go_back()
        page.wait_for_selector(LINE, state="detached")
    yield Figure(f"B9 {name}: opened", statistics.median(took[1:]), "ms", 400)
    page.click(link)
    page.wait_for_selector(LINE)
    frames = [quantile(sorted(page.evaluate(SCROLL, ["[data-testid=log-lines]", -400])), 0.95)
              for _ in range(size.rounds)]  # fmt: skip
    yield Figure(f"B9 {name}: scrolling, frame p95", statistics.median(frames), "ms", 33)
    field = page.get_by_label("Search lines")
    found = []
    for at in range(size.rounds):
        wanted = f"needle-{(size.lines - 1) * (at + 1) // size.rounds:06d}"
        before = opened.now()
        field.fill(wanted)
        page.wait_for_function(SAYS, arg=[FOUND, wanted])
        found.append(page.evaluate("() => seen.found") - before)
        field.fill("")
        page.wait_for_selector(LINE)
    yield Figure(f"B9 {name}: searched", statistics.median(found), "ms", 150)


SAYS: Final = """
([where, text]) => {
    if (!document.querySelector(where)?.textContent.includes(text)) return false;
    seen.found = performance.now();
    return true;
}
"""
