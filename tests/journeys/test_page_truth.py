"""What the page draws is what was logged: nothing is sampled away, moved or made up.

A single point among a million (ten million with WANLLMDB_SOAK) is on the screen at every zoom;
the same question has the same answer and the same pixels; a hidden run changes no other run's
numbers; a NaN is a gap and not the end of a smoothed curve.
"""

from __future__ import annotations

import io
import os
import re

import httpx
import numpy as np
import pytest
from bench.ui.filling import Filling, curves
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.journeys.panels import open_workspace, panel_of
from tests.journeys.processes import ServerProcess, eventually

POINTS = 10_000_000 if os.environ.get("WANLLMDB_SOAK") else 1_000_000
KEY = "train/loss"
COLOURED = 60  # how far the channels of a line's pixel are apart; axes and grids are grey
READ_OUT = re.compile("^panel-(last|best)$")  # in the header, once the curves are there
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
EDGE = 24  # pixels at the ends of a plot where its axis and frame are


def picture(panel: Locator) -> NDArray[np.int16]:
    """The pixels of the panel's chart as they are on the screen."""
    shot = panel.locator(".chart-host").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(np.int16)


def line_pixels(panel: Locator) -> NDArray[np.bool_]:
    """Where a run's line is."""
    shown = picture(panel)
    return np.asarray(shown.max(axis=2) - shown.min(axis=2) > COLOURED)


def spike_at(panel: Locator) -> int | None:
    """The column in which the line comes to the upper third; the flat line lies at the bottom."""
    lines = line_pixels(panel)
    [columns] = np.nonzero(lines[: lines.shape[0] // 3].any(axis=0))
    return int(columns.mean()) if len(columns) and np.ptp(columns) < 12 else None


def seen_spike(page: Page, panel: Locator) -> int:
    """Its column, once the panel has drawn it."""
    page.mouse.move(2, 2)
    expect(page.locator(".chart-tip")).to_be_hidden()
    return eventually(lambda: spike_at(panel), seconds=30, why="the spike is on the screen")


def paints(panel: Locator) -> int:
    """How often the panel was painted."""
    return int(panel.locator("[data-painted]").get_attribute("data-painted") or 0)


def zoom(page: Page, panel: Locator, column: int, pixels: int) -> None:
    """Drag over what is this far to the left and right of a column."""
    box = panel.locator(".chart-host").bounding_box()
    assert box
    y = box["y"] + box["height"] * 0.6
    page.mouse.move(box["x"] + column - pixels, y)
    page.mouse.down()
    page.mouse.move(box["x"] + column, y)
    page.mouse.move(box["x"] + column + pixels, y)
    page.mouse.up()


def columns_of(page: Page, key: str) -> dict[str, list[str]]:
    """The panel's table, with every digit, by the name of the run."""
    panel_of(page, key).hover()
    page.get_by_role("button", name=f"More for {key}").click()
    page.get_by_role("menuitem", name="View as table").click()
    table = page.get_by_role("dialog").get_by_role("table")
    expect(table).to_be_visible()
    names = table.locator("thead th").all_inner_texts()
    rows: list[list[str]] = table.locator("tbody tr").evaluate_all(
        "all => all.map((row) => [...row.cells].map((cell) => cell.title || cell.textContent))"
    )
    page.keyboard.press("Escape")
    expect(table).to_be_hidden()
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def answer(server: ServerProcess, project: str, runs: list[str]) -> bytes:
    """The curves as the page gets them; it reads its own answers as streams and keeps none."""
    asked = {"project": f"{server.owner}/{project}", "runs": runs, "keys": [KEY, "val/loss"]}
    headers = {
        "Authorization": f"Bearer {server.key}",
        "Accept": "application/vnd.wanllmdb.series+binary",
    }
    said = httpx.post(f"{server.url}/api/v1/curves", json=asked, headers=headers, timeout=60)
    return said.raise_for_status().content


@pytest.mark.timeout(600)
def test_one_point_among_a_million_is_seen_at_every_zoom(server: ServerProcess, page: Page) -> None:
    spike, part = POINTS * 5 // 8 + 321, 100_000
    noise = np.random.default_rng(1)
    with Filling(server, "truth") as filling:
        run = filling.run("long")
        for first in range(0, POINTS, part):
            values = noise.uniform(0, 0.01, (part, 1))
            if first <= spike < first + part:
                values[spike - first] = 1.0
            filling.log(run, [KEY], values, first)
        filling.finish([run])
    open_workspace(page, server, "truth")
    panel = panel_of(page, KEY)
    width = line_pixels(panel).shape[1]
    column = seen_spike(page, panel)
    assert 0.5 * width < column < 0.75 * width, "it stands where it was logged"
    for level in range(4):  # each shows about a tenth of what the one before showed
        before = paints(panel)
        zoom(page, panel, column, width // 20)
        eventually(lambda before=before: paints(panel) > before, why="it is drawn anew")
        column = seen_spike(page, panel)
        assert 0.35 * width < column < 0.65 * width, f"in the middle, zoomed {level + 1} times"


@pytest.mark.timeout(120)
def test_two_loads_have_the_same_bytes_and_the_same_pixels(
    server: ServerProcess, page: Page
) -> None:
    with Filling(server, "truth") as filling:
        runs = [filling.run(f"run-{n}") for n in range(5)]
        for n, run in enumerate(runs):
            filling.log(run, [KEY, "val/loss", "val/acc"], curves(30_000, 3, n))
        filling.finish(runs)

    def load() -> tuple[bytes, NDArray[np.int16]]:
        open_workspace(page, server, "truth", "?smooth=ema:0.6")
        page.mouse.move(2, 2)
        for panel in page.get_by_test_id("panel").all():
            expect(panel.get_by_test_id(READ_OUT)).to_be_visible()
        page.evaluate(TWO_FRAMES)
        shown = [picture(panel) for panel in page.get_by_test_id("panel").all()]
        return answer(server, "truth", runs), np.concatenate(shown)

    (first, drawn), (second, again) = load(), load()
    assert len(first) > 10_000
    assert first == second
    assert (drawn.max(axis=2) - drawn.min(axis=2) > COLOURED).sum() > 500, "something is drawn"
    assert np.array_equal(drawn, again)


@pytest.mark.timeout(120)
def test_a_hidden_run_changes_no_other_runs_numbers(server: ServerProcess, page: Page) -> None:
    with Filling(server, "truth") as filling:
        runs = [filling.run(f"run-{n}") for n in range(4)]
        for n, run in enumerate(runs):  # of other lengths: none is on another's grid
            filling.log(run, [KEY], curves(20_000 + 7_001 * n, 1, n))
        filling.finish(runs)
    open_workspace(page, server, "truth", "?smooth=ema:0.8")
    before = columns_of(page, KEY)
    page.get_by_role("button", name="Show run-3").click()
    expect(page.get_by_role("button", name="Show run-3")).to_have_attribute("aria-pressed", "false")
    after = columns_of(page, KEY)
    assert set(before) - set(after) == {"run-3"}

    def by_x(table: dict[str, list[str]], run: str) -> dict[str, str]:
        [axis, *_] = table.values()
        return {x: value for x, value in zip(axis, table[run], strict=True) if value}

    for run in ("run-0", "run-1", "run-2"):
        both = by_x(before, run).keys() & by_x(after, run).keys()
        assert len(both) > 50
        assert {x: by_x(before, run)[x] for x in both} == {x: by_x(after, run)[x] for x in both}


@pytest.mark.timeout(120)
def test_a_smoothed_curve_goes_on_after_nan(server: ServerProcess, page: Page) -> None:
    values = curves(2_000, 1, 3)
    values[400:420] = np.nan
    values[1_000] = np.inf
    with Filling(server, "truth") as filling:
        run = filling.run("holed")
        filling.log(run, [KEY], values)
        filling.finish([run])
    open_workspace(page, server, "truth", "?smooth=ema:0.9")
    panel = panel_of(page, KEY)
    last = panel.get_by_test_id(READ_OUT)
    expect(last).to_have_attribute("data-value", re.compile(r"^-?\d"))
    page.mouse.move(2, 2)

    def to_its_end() -> bool:
        lines = line_pixels(panel)
        return bool(lines[:, lines.shape[1] // 2 : -EDGE].any(axis=0).mean() > 0.95)

    eventually(to_its_end, why="the curve is drawn to its end")
