"""A browser that keeps the time: Chromium, signed in, with ears for what a reader would feel.

In every page `seen` gathers the long tasks of the main thread, the shifts of the layout and the
moments at which the first panel with data and the last one were painted; `Opened` keeps what left
for other origins.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Page, Request, sync_playwright
from tests.journeys.processes import ServerProcess

WATCH: Final = """
window.seen = { tasks: [], shifts: [], painted: null, valued: false, first: null };
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) seen.tasks.push([one.startTime, one.duration]);
}).observe({ type: 'longtask', buffered: true });
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
        if (!one.hadRecentInput) seen.shifts.push([one.startTime, one.value]);
    }
}).observe({ type: 'layout-shift', buffered: true });
new MutationObserver((changes) => {
    const now = performance.now();
    if (changes.some(({ attributeName }) => attributeName === 'data-painted')) {
        seen.painted = now;
        if (seen.valued) seen.first ??= now;
    }
    if (document.querySelector('[data-testid^=panel-][data-value]')) seen.valued = true;
}).observe(document, {
    subtree: true, attributes: true, attributeFilter: ['data-painted', 'data-value'],
});
"""

# A header says a value once the curves came; then the panel is painted.
ALL_PAINTED: Final = """
(count) => {
    const panels = [...document.querySelectorAll('[data-testid=panel]')].filter((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    });
    return panels.length >= count && panels.every((one) =>
        one.querySelector('[data-painted]') && one.querySelector('[data-testid^=panel-][data-value]'));
}
"""  # noqa: E501

# Colourful pixels of each canvas: what is left empty was not drawn fast, it was not drawn.
INK: Final = """
() => [...document.querySelectorAll('[data-testid=panel] canvas')].filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return one.width > 100 && bottom > 0 && top < innerHeight;
}).map((one) => {
    const copy = new OffscreenCanvas(one.width, one.height).getContext('2d');
    copy.drawImage(one, 0, 0);
    const { data } = copy.getImageData(0, 0, one.width, one.height);
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) {
        const most = Math.max(data[i], data[i + 1], data[i + 2]);
        if (data[i + 3] && most - Math.min(data[i], data[i + 1], data[i + 2]) > 40) ink += 1;
    }
    return ink;
})
"""


# Frames while a box is scrolled there and back: milliseconds between them.
SCROLL: Final = """
async ([where, by]) => {
    const box = document.querySelector(where);
    const took = [];
    let before = await new Promise(requestAnimationFrame);
    const away = (by > 0) === (box.scrollTop > 0);
    const step = away ? -by : by;
    for (let i = 0; i < 40; i += 1) {
        box.scrollTop += step;
        const now = await new Promise(requestAnimationFrame);
        took.push(now - before);
        before = now;
    }
    return took;
}
"""

# From a click to the first frame in which there is what it leads to, which says these words.
UNTIL: Final = """
async ([what, there, words]) => {
    const start = performance.now();
    const target = document.querySelector(what);
    for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup']) {
        const how = { bubbles: true, button: 0 };
        target.dispatchEvent(
            kind[0] === 'p' ? new PointerEvent(kind, how) : new MouseEvent(kind, how));
    }
    target.click();
    while (!document.querySelector(there)?.textContent.includes(words)) {
        if (performance.now() - start > 20_000) throw new Error(`${there} does not come`);
        await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}
"""


@dataclass
class Opened:
    """A page of a server, and the requests that it sent elsewhere."""

    page: Page
    server: ServerProcess
    foreign: list[str] = field(default_factory=list)

    def go(self, project: str, rest: str = "workspace", query: str = "") -> None:
        """Open a part of a project anew."""
        self.page.goto(f"{self.server.url}/{self.server.owner}/{project}/{rest}{query}")

    def painted(self, panels: int) -> None:
        """Wait until all panels in sight are, at least so many; then look that they are not empty.

        Raises:
            RuntimeError: one was left empty.
        """
        # Not with every frame: to look costs a layout, which would be measured, too.
        self.page.wait_for_function(ALL_PAINTED, arg=panels, timeout=60_000, polling=100)
        self.frames()
        inked: list[int] = [ink for ink in self.page.evaluate(INK) if ink > 0]
        if len(inked) < panels or min(inked) < 50:
            raise RuntimeError(f"panels were left empty: {inked} of {panels}")

    def frames(self) -> None:
        """Two frames: what was decided is on the screen."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def now(self) -> float:
        """The page's clock, in milliseconds."""
        return self.page.evaluate("() => performance.now()")

    def longest(self, since: float) -> float:
        """The longest task of the main thread that began after a moment."""
        tasks: list[tuple[float, float]] = self.page.evaluate("() => seen.tasks")
        return max((took for at, took in tasks if at >= since), default=0.0)

    def shifted(self, since: float) -> float:
        """How much the layout shifted after a moment."""
        shifts: list[tuple[float, float]] = self.page.evaluate("() => seen.shifts")
        return sum(value for at, value in shifts if at >= since)


@contextmanager
def opened(server: ServerProcess) -> Iterator[Opened]:
    """A window of 1440 × 900, signed in.

    Raises:
        SystemExit: there is no Chromium.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is needed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(WATCH)
        found = Opened(context.new_page(), server)

        def asked(request: Request) -> None:
            if request.url.startswith("http") and not request.url.startswith(server.url):
                found.foreign.append(request.url)

        found.page.on("request", asked)
        found.page.goto(server.sign_in_url())
        found.page.wait_for_url(lambda url: "/login" not in url, timeout=30_000)
        yield found
        browser.close()
