"""Nothing moves under the reader while a training goes on: open, chosen, zoomed, scrolled."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import open_workspace, panel_of, project_url, written
from tests.journeys.processes import ServerProcess, eventually
from tests.journeys.test_page_live import WATCH_SHIFTS

SECONDS = float(os.environ.get("WANLLMDB_STILL_SECONDS", "8"))  # that it is watched; 60 by hand

TRAINING = """
import math, os, time
import wanllmdb

run = wanllmdb.init(project="still", id="still", name="still")
step = 0
while not os.path.exists("enough"):
    row = {f"part{key % 4}/m{key:02d}": math.sin(step / 20 + key) for key in range(24)}
    run.log({**row, "train/loss": 2 + math.exp(-step / 80), "val/loss": 1 + math.exp(-step / 80)})
    step += 1
    time.sleep(0.05)
run.finish()
"""

STATE = """
() => ({
    scroll: document.querySelector('[data-testid=panels]').scrollTop,
    url: location.href,
    selected: String(getSelection()),
    menus: document.querySelectorAll('[role=menu]').length,
    tops: [...document.querySelectorAll('[data-testid=panel]')].map((one) => [
        one.dataset.key, one.getBoundingClientRect().top, one.getBoundingClientRect().left,
    ]),
})
"""


@pytest.fixture
def training(server: ServerProcess, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = server.run_script(written(tmp_path, TRAINING))

    def begun() -> bool:
        projects = {one["name"] for one in server.get("/projects")["items"]}
        return "still" in projects and bool(
            server.get(f"/projects/{server.owner}/still/runs/still")["summary"]
        )

    eventually(begun, why="the training logs")
    yield process
    (tmp_path / "enough").touch()
    process.communicate(timeout=30)


def last(page: Page, key: str) -> str | None:
    return panel_of(page, key).get_by_test_id("panel-last").get_attribute("data-value")


@pytest.mark.timeout(240)
def test_nothing_moves_under_the_reader(
    server: ServerProcess, page: Page, training: subprocess.Popen[bytes]
) -> None:
    open_workspace(page, server, "still")
    panels = page.get_by_test_id("panels")
    panels.evaluate("(panels) => panels.scrollTo(0, 320)")
    panel = page.locator("[data-testid=panel]").filter(has=page.locator("[data-painted]")).nth(2)
    panel.scroll_into_view_if_needed()
    key = panel.get_attribute("data-key")
    assert key
    box = panel.locator(".chart-host").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=5)
    page.mouse.up()
    panel.get_by_role("heading").evaluate("(title) => getSelection().selectAllChildren(title)")
    panel.get_by_role("button", name=f"More for {key}").click()
    expect(page.get_by_role("menuitem", name="Publish…")).to_be_visible()

    page.evaluate(WATCH_SHIFTS)
    before = page.evaluate(STATE)
    zoomed = panel.locator(".chart-host").get_attribute("aria-label")
    value = last(page, key)
    assert before["menus"] == 1
    page.wait_for_timeout(SECONDS * 1000)  # this is what is measured: a while of live updates
    eventually(lambda: last(page, key) != value, why="the values go on")
    assert page.evaluate(STATE) == before
    assert page.evaluate("() => window.shifts") == []
    assert zoomed is not None
    page.keyboard.press("Escape")
    assert training.poll() is None


@pytest.mark.timeout(120)
def test_an_expression_is_computed_anew_as_points_come(
    server: ServerProcess, page: Page, training: subprocess.Popen[bytes]
) -> None:
    made = {"panels": {"+1": {"expression": "train/loss - val/loss", "title": "gap"}}}
    page.goto(project_url(server, "still") + f"?find=gap&d={quote(json.dumps(made))}")
    gap = panel_of(page, "+1")
    expect(gap.locator("[data-painted]")).to_be_visible()

    def rows() -> int:
        gap.hover()
        gap.get_by_role("button", name="More for gap").click()
        page.get_by_role("menuitem", name="View as table").click()
        table = page.get_by_role("dialog").get_by_role("table")
        expect(table).to_be_visible()
        values = table.locator("tbody tr td:nth-child(2)").evaluate_all(
            "all => all.map((one) => Number(one.title))"
        )
        page.keyboard.press("Escape")
        expect(table).to_be_hidden()
        assert all(abs(one - 1) < 1e-6 for one in values), values[:5]
        return len(values)

    first = rows()
    eventually(lambda: rows() > first, why="the expression grows")
    assert training.poll() is None


@pytest.mark.timeout(120)
def test_the_keyboard_alone_finds_a_panel_reads_it_and_saves_the_view(
    server: ServerProcess, page: Page, training: subprocess.Popen[bytes]
) -> None:
    page.goto(server.url)
    project = page.get_by_role("link", name=re.compile("still"))
    expect(project).to_be_visible()
    tab_until(page, "document.activeElement.textContent.includes('still')")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("panel").first).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.type("val/loss")
    expect(page.get_by_test_id("panel")).to_have_count(1)
    tab_until(page, "document.activeElement.matches('.chart-host')")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".chart-tip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="val/loss")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel-full")).to_have_count(0)
    page.keyboard.press("ControlOrMeta+s")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="View: By keyboard")).to_be_visible()
    assert training.poll() is None


def tab_until(page: Page, true: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => {true}"):
            return
    raise AssertionError(f"Tab does not come to where {true}")
