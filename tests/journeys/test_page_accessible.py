"""Every page, in both themes, as axe sees it: nothing that shuts anybody out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.panels import hover, logged, open_workspace, panel_of, project_url
from tests.journeys.processes import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

LOGGED = """
import json
import wanllmdb as wandb

ids = []
for name in ("first", "second", "third"):
    run = wandb.init(project="seen", name=name, config={"lr": 0.1, "name": name}, tags=["a tag"])
    for i in range(60):
        run.log({"train/loss": 1 / (i + 1), "train/acc": i / 60, "eval/loss": 2 / (i + 1)})
    run.finish(1 if name == "second" else 0)
    ids.append(run.id)
print("LEDGER", json.dumps({"ids": ids}))
"""

RUN_AXE = """
async () => {
    await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)));
    const found = await window.axe.run(document, { resultTypes: ['violations'] });
    return found.violations.map(({ id, nodes }) => ({
        rule: id,
        where: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
    }));
}
"""


def violations(page: Page) -> list[dict[str, object]]:
    # The page's policy refuses foreign scripts: axe comes in through the debugger, as an extension.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate("() => {" + AXE.read_text() + "\n}")
    return page.evaluate(RUN_AXE)


def assert_open_to_all(page: Page, what: str) -> None:
    found = violations(page)
    assert found == [], f"{what}: {json.dumps(found, indent=2)[:4000]}"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_shuts_anybody_out(
    server: ServerProcess, page: Page, browser: Browser, theme: str
) -> None:
    first = logged(server, LOGGED)["ids"][0]
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]

    def visit(path: str, seen: Callable[[], object]) -> None:
        page.goto(f"{server.url}{path}")
        seen()
        assert page.locator("html").get_attribute("data-theme") == theme
        assert_open_to_all(page, f"{path} in {theme}")

    visit("/", lambda: expect(page.get_by_test_id("project-row")).to_be_visible())
    visit("/settings", lambda: expect(page.get_by_role("table")).to_be_visible())
    visit(
        f"/{server.owner}/seen/table",
        lambda: expect(page.get_by_test_id("table-row")).to_have_count(3),
    )
    visit(
        f"/{server.owner}/seen/runs/{first}/overview",
        lambda: expect(page.get_by_test_id("summary")).to_contain_text("train/loss"),
    )

    open_workspace(page, server, "seen", "?smooth=ema:0.6&log=y")
    hover(page, panel_of(page, "train/loss"), 0.5)
    assert_open_to_all(page, f"the workspace with a tooltip, in {theme}")
    page.mouse.move(700, 20)
    panel_of(page, "train/loss").hover()
    page.get_by_role("button", name="More for train/loss").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert_open_to_all(page, f"the workspace with a menu, in {theme}")

    stranger = browser.new_context(color_scheme=theme)  # type: ignore[arg-type]
    door = stranger.new_page()
    door.goto(project_url(server, "seen"))
    expect(door.get_by_role("button", name="Sign in")).to_be_visible()
    assert_open_to_all(door, f"the sign-in page in {theme}")
    stranger.close()


@pytest.mark.timeout(60)
def test_the_search_for_violations_finds_one(server: ServerProcess, page: Page) -> None:
    page.goto(f"{server.url}/settings")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert [found["rule"] for found in violations(page)] == ["button-name"]
