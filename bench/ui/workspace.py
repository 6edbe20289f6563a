"""The workspace against its budgets: opening, scrolling, pointing; in a real page."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.figures import Figure, quantile
from bench.ui.browser import SCROLL, Opened
from bench.ui.filling import Filling, curves
from tests.journeys.processes import ServerProcess

KEYS = [f"train/loss_{n:02d}" for n in range(24)]  # a header says the best of a loss
SLOW = 2_000_000  # bytes a second
SIGHT = 6  # panels that are in sight at 1440 × 900, at least


@dataclass(frozen=True, slots=True)
class Size:
    """How often each is done."""

    rounds: int = 5


QUICK = Size(rounds=1)


def fill(server: ServerProcess) -> None:
    """Two projects of 24 keys: 20 runs of 1000 rows, 100 runs of 500."""
    for project, runs, rows in (("ui-20", 20, 1000), ("ui-100", 100, 500)):
        with Filling(server, project) as filling:
            names = [filling.run(f"run-{n:03d}", {"seed": n}) for n in range(runs)]
            for n, name in enumerate(names):
                filling.log(name, KEYS, curves(rows, len(KEYS), n))
            filling.finish(names)


def figures(opened: Opened, size: Size) -> Iterator[Figure]:
    """All rows of the workspace."""
    yield from opening(opened, size)
    yield streaming(opened, size)
    yield from moving(opened, size)
    yield from changing(opened, size)


def opening(opened: Opened, size: Size) -> Iterator[Figure]:
    """From the address to the painted panels, and from the data to the painted panels."""
    for project, runs in (("ui-20", 20), ("ui-100", 100)):
        whole, painting, tasks, shifts, most = [], [], [], [], 0
        for _ in range(size.rounds):
            with_curves = _Flights(opened)
            opened.go(project, query=f"?latest={runs}")  # of many runs it shows 20 by itself
            opened.painted(SIGHT)
            if (shown := opened.page.get_by_test_id("shown").inner_text()) != f"{runs} shown":
                raise RuntimeError(f"not all of {runs} runs are drawn: {shown}")
            whole.append(opened.page.evaluate("() => seen.painted"))
            painting.append(max(0.0, whole[-1] - opened.page.evaluate(LAST_CURVES)))
            tasks.append(opened.longest(0.0))
            shifts.append(opened.shifted(0.0))
            most = max(most, with_curves.end())
        name = f"workspace of 24 keys × {runs} runs"
        yield Figure(f"B10 {name}: opened cold, panels painted", _median(whole), "ms", 1500)
        yield Figure(f"B2 {name}: painted after the data", _median(painting), "ms", 250)
        yield Figure(f"B3 {name}: longest task while it opens", _median(tasks), "ms", 50)
        yield Figure(f"B8 {name}: questions under way", most, "", 2)
        yield Figure(f"B11 {name}: shift of the layout, opening", max(shifts), "", 0)


LAST_CURVES = """
() => Math.max(0, ...performance.getEntriesByType('resource')
    .filter((one) => one.name.endsWith('/api/v1/curves')).map((one) => one.responseEnd))
"""


class _Flights:
    """How many questions for curves were under way at once."""

    def __init__(self, opened: Opened) -> None:
        self._page, self._now, self._most = opened.page, 0, 0
        self._heard: list[tuple[str, Callable[..., None]]] = [
            ("request", lambda one: self._count(one.url, 1)),
            ("requestfinished", lambda one: self._count(one.url, -1)),
            ("requestfailed", lambda one: self._count(one.url, -1)),
        ]
        for name, hear in self._heard:
            self._page.on(name, hear)  # type: ignore[call-overload]

    def _count(self, url: str, change: int) -> None:
        if url.endswith("/api/v1/curves"):
            self._now += change
            self._most = max(self._most, self._now)

    def end(self) -> int:
        for name, hear in self._heard:
            self._page.remove_listener(name, hear)
        return self._most


def streaming(opened: Opened, size: Size) -> Figure:
    """Over a line that takes a while, what came first is painted before the rest is there."""
    session = opened.page.context.new_cdp_session(opened.page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": SLOW, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", slow)
    before = []
    for _ in range(size.rounds):
        opened.go("ui-20")
        opened.painted(SIGHT)
        opened.page.wait_for_load_state("networkidle")
        before.append(opened.page.evaluate(LAST_CURVES) > opened.page.evaluate("() => seen.first"))
    session.send("Network.emulateNetworkConditions", slow | {"downloadThroughput": -1})
    session.detach()
    name = "B8 a panel painted before the last curve came, at 16 Mbit/s"
    return Figure(name, 100 * statistics.mean(before), "%", 100, at_least=True)


def moving(opened: Opened, size: Size) -> Iterator[Figure]:
    """Scrolling over all panels, and a pointer that goes over one of them."""
    page = opened.page
    opened.go("ui-20")
    opened.painted(SIGHT)
    frames, tasks = [], []
    for _ in range(size.rounds):
        since = opened.now()
        frames.append(quantile(sorted(page.evaluate(SCROLL, ["[data-testid=panels]", 120])), 0.95))
        tasks.append(opened.longest(since))
        opened.painted(SIGHT)
    yield Figure("B3 scrolling 24 panels: frame p95", _median(frames), "ms", 33)
    yield Figure("B3 scrolling 24 panels: longest task", _median(tasks), "ms", 50)
    page.evaluate("() => { document.querySelector('[data-testid=panels]').scrollTop = 0 }")
    opened.painted(SIGHT)
    since = opened.now()
    moved = page.evaluate(HOVER, 30 if size.rounds == 1 else 120)
    yield Figure("B5 pointer over the workspace: script p95", quantile(sorted(moved["ms"]), 0.95),
                 "ms", 4)  # fmt: skip
    yield Figure("B5 crosshairs that stood in the same frame", moved["same"] * 100, "%", 100,
                 at_least=True)  # fmt: skip
    yield Figure("B3 pointer over the workspace: longest task", opened.longest(since), "ms", 50)


HOVER = """
async (moves) => {
    const hosts = [...document.querySelectorAll('[data-testid=panel] .chart-host')].filter((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
    });
    const { left, top, width, height } = hosts[0].getBoundingClientRect();
    const places = () => hosts.map((one) => {
        const cross = one.querySelector('.chart-cross');
        return cross && !cross.hidden ? cross.style.transform : null;
    });
    const ms = [];
    let same = 0;
    for (let i = 0; i < moves; i += 1) {
        const clientX = left + 60 + ((width - 90) * ((i * 37) % moves)) / moves;
        const start = performance.now();
        hosts[0].dispatchEvent(
            new PointerEvent('pointermove', { clientX, clientY: top + height / 2, bubbles: true }));
        ms.push(performance.now() - start);
        await new Promise(requestAnimationFrame);
        await new Promise((done) => setTimeout(done));
        if (places().every((one) => one !== null)) same += 1;
    }
    return { ms, same: same / moves };
}
"""  # noqa: E501


def changing(opened: Opened, size: Size) -> Iterator[Figure]:
    """To another part of the project and back, when both were there before."""
    page = opened.page
    opened.go("ui-20")
    opened.painted(SIGHT)
    took = []
    for _ in range(size.rounds + 1):  # the first one loads the parts
        for part, there in (("table", "[data-testid=table-row]"), ("workspace", "[data-painted]")):
            took.append(page.evaluate(WALK, [f"/ui-20/{part}", there]))
    yield Figure("B10 to another part of the project and back", _median(took[2:]), "ms", 200)


WALK = """
async ([path, there]) => {
    const link = [...document.querySelectorAll('a')].find((one) => one.pathname.endsWith(path));
    if (!link) throw new Error(`no link to ${path}`);
    const start = performance.now();
    link.click();
    while (!document.querySelector(there)) {
        if (performance.now() - start > 10_000) throw new Error(`${path} does not come`);
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - start;
}
"""


def _median(values: list[float]) -> float:
    return statistics.median(values)
