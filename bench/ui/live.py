"""Live data against B3, B6 and B11: how soon it is painted, how smoothly, and what it leaves."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.figures import Figure
from bench.ui.browser import Opened
from bench.ui.filling import Filling, curves
from bench.ui.workspace import KEYS, SIGHT


@dataclass(frozen=True, slots=True)
class Size:
    """How many single points, how long is looked at many, and how often they come."""

    rounds: int = 5
    seconds: float = 180.0
    hertz: float = 10.0


QUICK = Size(rounds=3, seconds=5.0)


def figures(opened: Opened, size: Size) -> Iterator[Figure]:
    """All rows: a point on its way, then many of them."""
    page = opened.page
    project = f"ui-live-{time.time_ns()}"  # those of the time before have their points already
    with Filling(opened.server, project) as filling:
        names = [filling.run(f"live-{n}") for n in range(4)]
        for n, name in enumerate(names):
            filling.log(name, KEYS, curves(300, len(KEYS), n))
        opened.go(project)
        opened.painted(SIGHT)
        opened.frames()
        yield arriving(opened, filling, names[0], size)
        enough = threading.Event()

        def log() -> None:
            step = 300 + size.rounds
            while not enough.wait(1 / size.hertz):
                for n, name in enumerate(names):
                    filling.log(name, KEYS, curves(1, len(KEYS), n), step)
                step += 1

        logging = threading.Thread(target=log)
        logging.start()
        try:
            page.wait_for_timeout(2000)
            since, before = opened.now(), held(opened)
            told = page.evaluate(LIVE, size.seconds)
            grown = held(opened) / before - 1
        finally:
            enough.set()
            logging.join()
    yield Figure("B6 live: frames of the page", told["fps"], "/s", 55, at_least=True)
    yield Figure("B6 live: repaints of the slowest panel in sight", told["repaints"], "/s", 4,
                 at_least=True)  # fmt: skip
    yield Figure(f"B6 heap after {size.seconds:.0f} s of live data", grown * 100, "% more", 10)
    yield Figure("B3 live: longest task", opened.longest(since), "ms", 50)
    yield Figure(f"B11 shift of the layout in {size.seconds:.0f} s of live data",
                 opened.shifted(since), "", 0)  # fmt: skip


LIVE = """
async (seconds) => {
    const hosts = [...document.querySelectorAll('[data-testid=panel] [data-painted]')].filter((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
    });
    const before = hosts.map((one) => Number(one.dataset.painted));
    const start = performance.now();
    let frames = 0;
    while (performance.now() - start < seconds * 1000) {
        await new Promise(requestAnimationFrame);
        frames += 1;
    }
    const took = (performance.now() - start) / 1000;
    const repaints = hosts.map((one, i) => Number(one.dataset.painted) - before[i]);
    return { fps: frames / took, repaints: Math.min(...repaints) / took };
}
"""  # noqa: E501


def arriving(opened: Opened, filling: Filling, run: str, size: Size) -> Figure:
    """From the moment at which a row is sent to the moment at which it is painted."""
    took = []
    for n in range(size.rounds):
        opened.page.wait_for_timeout(500)  # what came before is painted
        opened.page.evaluate("() => { seen.painted = null }")
        sent = time.time() * 1000
        filling.log(run, KEYS, curves(1, len(KEYS), n), 300 + n)
        opened.page.wait_for_function("() => seen.painted !== null", polling=20)
        took.append(opened.page.evaluate("() => performance.timeOrigin + seen.painted") - sent)
    return Figure("B6 live: from sending a row to its pixels", statistics.median(took), "ms", 750)


def held(opened: Opened) -> float:
    """Bytes of the page's heap that are still needed."""
    session = opened.page.context.new_cdp_session(opened.page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used
