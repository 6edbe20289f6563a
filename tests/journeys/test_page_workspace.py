"""The workspace: what is arranged there stays, can be undone, saved and handed on."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from tests.journeys.panels import logged, open_workspace, panel_of, project_url
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

RUNS = """
import json, math
import wanllmdb

for n in range(4):
    run = wanllmdb.init(project="llm", id=f"run-{n}", name=f"pine-{n}", config={"seed": n})
    for step in range(100):
        loss = math.exp(-step / 40) + 0.1 * (n + 1)
        run.log({"train/loss": loss, "val/loss": loss + 0.2, "val/acc": 1 - loss / 3})
    run.finish()
print("LEDGER" + json.dumps({}))
"""

MANY = """
import json
import wanllmdb

run = wanllmdb.init(project="many", id="many")
for step in range(3):
    run.log({f"layer/w{key:04d}": float(step * key % 17) for key in range(5000)})
run.finish()
print("LEDGER" + json.dumps({}))
"""


def row(page: Page, run: str) -> Locator:
    return page.locator(f"[data-testid=run-row][data-run={run}]")


def of_row(page: Page, run: str, item: str) -> None:
    """Choose from the menu of a run."""
    row(page, run).hover()
    row(page, run).get_by_role("button", name=re.compile("^More for")).click()
    page.get_by_role("menuitem", name=item).click()


def test_what_is_arranged_is_undone_saved_and_opened_again(
    page: Page, server: ServerProcess
) -> None:
    logged(server, RUNS)
    open_workspace(page, server, "llm")

    of_row(page, "run-0", "Make it the baseline")
    expect(row(page, "run-0")).to_contain_text("Baseline")
    expect(row(page, "run-3").get_by_test_id("delta")).to_have_text(re.compile(r"^\+\d"))
    of_row(page, "run-1", "Pin to the top")
    page.get_by_role("button", name="Log Y").click()
    expect(panel_of(page, "train/loss")).to_contain_text("log")

    page.reload()
    expect(page.get_by_test_id("run-row").first).to_have_attribute("data-run", "run-0")
    expect(page.get_by_test_id("run-row").nth(1)).to_have_attribute("data-run", "run-1")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("button", name="Log Y")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(page.get_by_role("button", name="Log Y")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="Save view").click()
    page.get_by_role("textbox", name="Name").fill("With a baseline")
    page.get_by_role("checkbox", name="Shared with everybody").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="View: With a baseline")).to_be_visible()
    expect(page.get_by_text("Edited")).to_have_count(0)
    saved = page.url
    assert re.search(r"\?view=[^&]+$", saved), saved

    page.goto(project_url(server, "llm", "table"))
    page.goto(saved)
    expect(row(page, "run-0")).to_contain_text("Baseline")
    expect(page.get_by_role("button", name="Log Y")).to_have_attribute("aria-pressed", "true")


def test_a_panel_of_a_pattern_draws_all_that_match(page: Page, server: ServerProcess) -> None:
    logged(server, RUNS)
    open_workspace(page, server, "llm")
    page.get_by_role("button", name="Add panel").first.click()
    settings = page.get_by_role("dialog", name="Panel settings")
    settings.get_by_role("textbox", name="All that match a pattern").fill("loss$")
    expect(settings).to_contain_text("2 metrics match")
    assert_open_to_all(page, "the settings of a panel")
    page.keyboard.press("Escape")
    made = panel_of(page, "+1")
    expect(made.get_by_role("group", name=re.compile("8 runs"))).to_be_visible()

    page.reload()
    expect(panel_of(page, "+1")).to_contain_text("/loss$/")
    expect(settings).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert_open_to_all(page, "the keys")
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("ControlOrMeta+z")
    expect(panel_of(page, "+1")).to_have_count(0)


def test_five_thousand_keys_are_few_panels(page: Page, server: ServerProcess) -> None:
    logged(server, MANY)
    open_workspace(page, server, "many")
    expect(page.get_by_role("heading", name="layer 5,000")).to_be_visible()
    page.get_by_test_id("panels").evaluate("element => { element.scrollTop = 100_000 }")
    expect(page.locator(".chart-host[data-painted]").first).to_be_visible()
    assert page.locator("[data-testid=panel]").count() < 60
    assert page.evaluate("document.querySelectorAll('*').length") < 2500
