"""The chart engine in a real browser: how long painting takes, and that it leaves pixels.

Usage: python -m bench.chart_engine [--json] [--rounds N] [--screenshots FOLDER]

Builds frontend/bench/chart.html as it would be shipped, opens it in the system's Chromium and
paints the cases of the page's budgets. Every panel's pixels are read back: an engine that paints
nothing is the fastest one.
"""

from __future__ import annotations

import argparse
import http.server
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import Figure, as_json, quantile, table
from playwright.sync_api import Page, sync_playwright

FRONTEND = Path(__file__).resolve().parents[1] / "frontend"

CASES: list[tuple[str, float, dict[str, Any]]] = [
    ("24 panels × 20 × 1000", 350, {"panels": 24, "lines": 20, "points": 1000}),
    ("24 panels × 20 × 1000, bands", 600,
     {"panels": 24, "lines": 20, "points": 1000, "band": True}),
    ("24 panels × 20 × 1000, smoothed", 600,
     {"panels": 24, "lines": 20, "points": 1000, "smoothing": 0.6}),
    ("24 panels × 100 × 500", 700, {"panels": 24, "lines": 100, "points": 500}),
    ("1 panel × 1000 × 500", 300, {"panels": 1, "lines": 1000, "points": 500}),
    ("1 panel × 10 × 100k", 300, {"panels": 1, "lines": 10, "points": 100_000}),
]  # fmt: skip

SHOWN: dict[str, dict[str, Any]] = {
    "workspace": {"panels": 9, "lines": 18, "points": 600, "smoothing": 0.6, "baseline": True},
    "few-runs-bands": {"panels": 6, "lines": 4, "points": 400, "band": True, "special": True},
    "hundred-runs": {"panels": 6, "lines": 100, "points": 300},
}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps quiet about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def bench_page() -> Iterator[str]:
    """The built bench page, served on a free port; its address."""
    with tempfile.TemporaryDirectory(prefix="wanllmdb-chart-") as folder:
        npx = shutil.which("npx")
        if npx is None:
            raise SystemExit("npx is needed to build the bench page: install Node 20 and npm")
        build = [npx, "vite", "build", "--config", "bench/vite.config.ts", "--outDir", folder]
        subprocess.run([*build, "--emptyOutDir", "--logLevel", "warn"], cwd=FRONTEND, check=True)
        handler = partial(_Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/chart.html"
        finally:
            server.shutdown()
            server.server_close()


@contextmanager
def browser_page(url: str) -> Iterator[Page]:
    """The page in Chromium, high enough for 24 panels to be in sight at once."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is needed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 1960})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda line: problems.append(line.text) if line.type == "error" else None
        )
        page.goto(url)
        page.wait_for_function("window.bench !== undefined")
        yield page
        browser.close()
        if problems:
            raise SystemExit(f"the page complained: {problems}")


def painting(page: Page, rounds: int) -> Iterator[Figure]:
    """Time to all panels painted, and the longest task of the page meanwhile."""
    for name, goal, case in CASES:
        found = [page.evaluate("(what) => bench.paint(what)", case) for _ in range(rounds)]
        empty = [one for one in found if min(one["ink"]) < 100]
        if empty:
            raise SystemExit(f"{name}: a panel was left empty: {empty[0]['ink']}")
        yield Figure(name, statistics.median(one["ms"] for one in found), "ms", goal)
        longest = statistics.median(one["longest"] for one in found)
        yield Figure(f"{name}: longest task of the page", longest, "ms", 50)


def moving(page: Page) -> Iterator[Figure]:
    """What a pointer move costs, and how live data keeps up."""
    page.evaluate("(what) => bench.paint(what)", CASES[0][2])
    times = sorted(page.evaluate("() => bench.hover(120)"))
    yield Figure("hover over 24 panels, script, p50", quantile(times, 0.5), "ms")
    yield Figure("hover over 24 panels, script, p95", quantile(times, 0.95), "ms", 4)
    live = page.evaluate("() => bench.live(4)")
    yield Figure("live 10 Hz × 24 panels: frames of the page", live["fps"], "/s", 55, at_least=True)
    yield Figure("live: repaints of the slowest panel", live["repaints"], "/s", 4, at_least=True)
    yield Figure("live: longest task of the page", live["longest"], "ms", 50)


def decoding(page: Page) -> Iterator[Figure]:
    """What a frame of curves costs before it can be drawn."""
    took = [page.evaluate("() => bench.decode(100, 1000)") for _ in range(5)]
    yield Figure("decode 100 lines × 1000 points × 4 columns", statistics.median(took), "ms", 3)


def screenshots(page: Page, folder: Path) -> None:
    """Each scene in both themes, plain and with the pointer on a line."""
    folder.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": 1120, "height": 800})
    for theme in ("light", "dark"):
        for name, what in SHOWN.items():
            page.mouse.move(1, 1)
            page.evaluate("(what) => bench.paint(what)", {**what, "theme": theme})
            page.screenshot(path=folder / f"{name}-{theme}.png")
            box = page.locator(".plot").nth(1).bounding_box()
            if box is None:
                raise SystemExit("the second panel is not on the page")
            page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.55)
            page.wait_for_timeout(200)
            page.evaluate("() => bench.hub().painted()")
            page.screenshot(path=folder / f"{name}-{theme}-hover.png")


def main() -> int:
    """Measure and print; exit status 0 whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--only-screenshots", action="store_true")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    with bench_page() as url, browser_page(url) as page:
        if not arguments.only_screenshots:
            figures = [*painting(page, arguments.rounds), *moving(page), *decoding(page)]
        if arguments.screenshots:
            screenshots(page, arguments.screenshots)
    print(as_json(figures) if arguments.json else table(figures))
    print(f"load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
