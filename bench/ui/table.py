"""The table of runs against its budget B7: 10,000 runs of 60 columns; and 100,000 to go through."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
from bench import runs_table
from bench.figures import Figure, quantile
from bench.ui.browser import Opened
from tests.journeys.processes import ServerProcess

TEN: Final = "table-10k"
HUNDRED: Final = "table-100k"
MORE: Final = 50  # keys of config beside the usual ones: 60 columns in all
COLUMNS: Final = [
    *("state", "created_at", "duration", "config.lr", "config.depth", "config.model"),
    *(f"config.p{at:02d}" for at in range(MORE)),
    *("summary.loss", "summary.accuracy", "summary.epoch"),
]  # and the name
ROW: Final = "[data-testid=table-row]:not([aria-busy])"


@dataclass(frozen=True, slots=True)
class Size:
    """How often each is done, and with how many runs."""

    rounds: int = 5
    ten: int = 10_000
    hundred: int = 100_000


QUICK = Size(rounds=1, ten=400, hundred=1000)


def fill(server: ServerProcess, size: Size) -> None:
    """Two projects, written into the catalog while the server stands still; it runs before."""
    headers = {"Authorization": f"Bearer {server.key}"}
    for name in (TEN, HUNDRED):
        answer = httpx.post(f"{server.url}/api/v1/projects", json={"name": name}, headers=headers)
        answer.raise_for_status()
    server.stop()
    catalog = server.root / "data" / "catalog.db"
    runs_table.fill(catalog, size.ten, project=TEN, more=MORE)
    runs_table.fill(catalog, size.hundred, project=HUNDRED)
    server.start()


def figures(opened: Opened, size: Size) -> Iterator[Figure]:
    """All rows of the table."""
    query = f"?cols={','.join(COLUMNS)}"
    yield from opening(opened, size, query)
    yield from moving(opened, size, f"{size.ten:,} × {len(COLUMNS) + 1}")
    yield from asking(opened, size, query)
    opened.go(HUNDRED, "table")
    opened.page.wait_for_selector(ROW, timeout=60_000)
    yield from moving(opened, size, f"{size.hundred:,} runs")
    yield from jumping(opened, size)


def opening(opened: Opened, size: Size, query: str) -> Iterator[Figure]:
    """From the address to the first rows, and from the data to the first rows."""
    whole, drawing, tasks, shifts = [], [], [], []
    for _ in range(size.rounds + 1):
        opened.page.add_init_script(WATCH_ROWS)
        opened.go(TEN, "table", query)
        opened.page.wait_for_function("() => seen.rows !== undefined", timeout=60_000)
        opened.frames()
        whole.append(opened.page.evaluate("() => seen.rows"))
        drawing.append(opened.page.evaluate("() => seen.rows - seen.answered"))
        tasks.append(opened.longest(0.0))
        opened.page.wait_for_timeout(500)
        shifts.append(opened.shifted(0.0))
    name = f"table {size.ten:,} × {len(COLUMNS) + 1}"
    note = "from the last byte of the answer to the frame behind the rows"
    yield Figure(f"B7 {name}: first rows", _median(drawing[1:]), "ms", 200, note=note)
    yield Figure(f"B7 {name}: opened cold, first rows", _median(whole[1:]), "ms")
    yield Figure(f"B3 {name}: longest task while it opens", _median(tasks[1:]), "ms")
    yield Figure(f"B11 {name}: shift of the layout, opening", max(shifts), "", 0)


WATCH_ROWS = """
(() => {
    const answered = () => Math.max(0, ...performance.getEntriesByType('resource')
        .filter((one) => one.name.endsWith('/runs/search')).map((one) => one.responseEnd));
    const look = () => {
        if (document.querySelector('[data-testid=table-row]:not([aria-busy])')) {
            seen.rows = performance.now();
            seen.answered = answered();
        } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})();
"""


def moving(opened: Opened, size: Size, name: str) -> Iterator[Figure]:
    """400 pixels a frame down, and across; how many nodes the document has meanwhile."""
    page = opened.page
    for way in ("down", "across"):
        every, most, tasks, nodes = [], [], [], 0
        for _ in range(size.rounds):
            since = opened.now()
            told = page.evaluate(SCROLL, way)
            frames = sorted(told["frames"])
            every.append(quantile(frames, 0.95))
            most.append(frames[-1])
            tasks.append(opened.longest(since))
            nodes = max(nodes, told["nodes"])
        yield Figure(f"B7 table {name}: frame, {way}, p95", _median(every), "ms", 33)
        yield Figure(f"B7 table {name}: longest frame, {way}", _median(most), "ms", 100)
        yield Figure(f"B7 table {name}: nodes of the document, {way}", nodes, "", 1500)
        yield Figure(f"B3 table {name}: longest task, {way}", _median(tasks), "ms")
    page.evaluate("() => document.querySelector('[role=region][aria-label=Runs]').scrollTo(0, 0)")


SCROLL = """
async (way) => {
    const box = document.querySelector('[role=region][aria-label=Runs]');
    box.scrollTo(0, 0);
    await new Promise((done) => setTimeout(done, 300));
    const frames = [];
    let nodes = 0;
    let before = await new Promise(requestAnimationFrame);
    for (let i = 0; i < 60; i += 1) {
        if (way === 'down') box.scrollTop += 400;
        else box.scrollLeft += i < 30 ? 200 : -200;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
        if (i % 10 === 0) nodes = Math.max(nodes, document.getElementsByTagName('*').length);
    }
    return { frames, nodes };
}
"""


def asking(opened: Opened, size: Size, query: str) -> Iterator[Figure]:
    """A click on a header, and a condition: until other rows stand there."""
    page = opened.page
    took: dict[str, list[float]] = {"sorted": [], "filtered": []}
    for at in range(size.rounds + 1):
        low = random.Random(at).uniform(0.001, 0.02)
        opened.go(TEN, "table", query)
        page.wait_for_selector(ROW, timeout=60_000)
        opened.frames()
        page.wait_for_timeout(500)
        took["sorted"].append(page.evaluate(SORT))
        page.wait_for_timeout(300)
        words = page.get_by_label("Filter runs")
        words.fill(f"config.lr > {low:.6f} and summary.loss < 0.5")
        took["filtered"].append(page.evaluate(FILTER))
    name = f"table {size.ten:,} × {len(COLUMNS) + 1}"
    yield Figure(f"B7 {name}: from a click on a header to its order", _median(took["sorted"][1:]),
                 "ms", 300)  # fmt: skip
    yield Figure(f"B7 {name}: from Enter on a condition to its runs",
                 _median(took["filtered"][1:]), "ms", 300)  # fmt: skip


CHANGED = """
    const first = () => document.querySelector('[data-index="0"]:not([aria-busy])')?.dataset.row;
    const total = () => document.querySelector('[data-testid=total]')?.textContent;
    const [row, many] = [first(), total()];
    const until = async () => {
        const start = performance.now();
        while (first() === row && total() === many) {
            if (performance.now() - start > 20_000) throw new Error('nothing came of it');
            await new Promise(requestAnimationFrame);
        }
        await new Promise(requestAnimationFrame);
        return performance.now() - start;
    };
"""
SORT = (
    "async () => {"
    + CHANGED
    + """
    const header = [...document.querySelectorAll('[role=columnheader] button')]
        .find((one) => one.textContent === 'lr');
    header.click();
    return until();
}"""
)
FILTER = (
    "async () => {"
    + CHANGED
    + """
    const field = document.querySelector('[aria-label="Filter runs"]');
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    return until();
}"""
)


def jumping(opened: Opened, size: Size) -> Iterator[Figure]:
    """To anywhere in a hundred thousand rows, as a drag of the scroll bar does."""
    took = [opened.page.evaluate(JUMP, (at + 1) / (size.rounds + 2)) for at in range(size.rounds)]
    yield Figure(f"table {size.hundred:,} runs: from a jump to the rows there", _median(took), "ms",
                 300)  # fmt: skip


JUMP = """
async (share) => {
    const box = document.querySelector('[role=region][aria-label=Runs]');
    const start = performance.now();
    box.scrollTop = share * box.scrollHeight;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const there = () => {
        const { top, bottom } = box.getBoundingClientRect();
        return [...document.querySelectorAll('[data-testid=table-row]')].filter((one) => {
            const at = one.getBoundingClientRect();
            return at.bottom > top + 150 && at.top < bottom;
        });
    };
    while (there().length === 0 || there().some((one) => one.ariaBusy === 'true')) {
        if (performance.now() - start > 20_000) throw new Error('no rows came');
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - start;
}
"""


def _median(values: list[float]) -> float:
    return statistics.median(values)
