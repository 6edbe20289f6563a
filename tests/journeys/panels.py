"""Parts of the page as the journeys see them: runs that were logged, panels, what panels say."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate
from tests.journeys.processes import ServerProcess

IN_SIGHT_AND_PAINTED = """
() => {
    const seen = [...document.querySelectorAll('[data-testid=panel]')].filter((panel) => {
        const { top, bottom } = panel.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    });
    return seen.length > 0 && seen.every((panel) => panel.querySelector('[data-painted]'));
}
"""
MAX_SCREENS = 40
# Resolves once the page has drawn what the scrolling brought near.
ONE_SCREEN_ON = """
(panels) => new Promise((resolve) => {
    panels.scrollBy(0, panels.clientHeight);
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve)));
})
"""


def logged(server: ServerProcess, script: str, *arguments: str) -> dict[str, Any]:
    """Run a script to its end, and return what it printed behind LEDGER."""
    path = server.root / "logged.py"
    path.write_text(script)
    output = server.run_script(path, *arguments)
    return ledger_of(output.communicate(timeout=60)[0].decode(), output.returncode)


def ledger_of(output: str, returncode: int) -> dict[str, Any]:
    assert returncode == 0, output
    return json.loads(output.split("LEDGER", 1)[1].splitlines()[0])


def written(root: Path, script: str) -> Path:
    """The script as a file, for a process that is to run beside the page."""
    path = root / "train.py"
    path.write_text(script)
    return path


def project_url(server: ServerProcess, project: str, rest: str = "workspace") -> str:
    return f"{server.url}/{server.owner}/{project}/{rest}"


def open_workspace(page: Page, server: ServerProcess, project: str, query: str = "") -> None:
    """Open the workspace and wait until every panel in sight is painted."""
    page.goto(project_url(server, project) + query)
    expect(page.get_by_test_id("panel").first).to_be_visible(timeout=15_000)
    page.wait_for_function(IN_SIGHT_AND_PAINTED, timeout=15_000)


def panel_of(page: Page, key: str) -> Locator:
    """The panel of a key, whatever the key is called."""
    return page.locator(f"[data-testid=panel][data-key={json.dumps(key, ensure_ascii=False)}]")


def scrolled_to(page: Page, key: str) -> Locator:
    """The panel of a key, wherever it is: only panels near the window are in the page."""
    panel = panel_of(page, key)
    page.get_by_test_id("panels").evaluate("(panels) => panels.scrollTo(0, 0)")
    for _ in range(MAX_SCREENS):
        if panel.count() > 0 and _came_into_view(panel):
            return panel
        page.get_by_test_id("panels").evaluate(ONE_SCREEN_ON)
    raise AssertionError(f"no screen of the workspace has a panel {key!r}")


def _came_into_view(panel: Locator) -> bool:
    """Whether it was there until it was in sight; a screen that goes by takes its panels along."""
    try:
        panel.scroll_into_view_if_needed(timeout=5_000)
    except Error as error:
        if isinstance(error, TooLate) or "not attached" in str(error):
            return False
        raise
    return True


def shown_value(panel: Locator) -> float:
    """The last value in the panel's header, at full precision."""
    text = panel.get_by_test_id("panel-last").get_attribute("data-value", timeout=15_000)
    return float(text) if text else math.nan


def hover(page: Page, panel: Locator, share: float) -> None:
    """Put the pointer at this share of the panel's width, and wait for the tooltip."""
    panel.scroll_into_view_if_needed()
    box = panel.locator(".chart-host").bounding_box()
    assert box
    x, y = box["x"] + share * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(page.locator(".chart-tip")).to_be_visible()
