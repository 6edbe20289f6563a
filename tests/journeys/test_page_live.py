"""The page beside a running training: it stays still, loses nothing, and can stop it."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import (
    ledger_of,
    open_workspace,
    panel_of,
    project_url,
    shown_value,
    written,
)
from tests.journeys.processes import ServerProcess, eventually

Train = Callable[..., "subprocess.Popen[bytes]"]

TRAINING = """
import json, math, os, sys, time
import wanllmdb as wandb

seconds, late = float(sys.argv[1]), float(sys.argv[2])
run = wandb.init(project="live", name="steady")
start, step, last = time.monotonic(), 0, None
try:
    while (age := time.monotonic() - start) < seconds and not os.path.exists("enough"):
        last = 2 * math.exp(-step / 80) + 0.01 * math.sin(step)
        row = {"train/loss": last, "train/accuracy": 1 - last / 3, "eval/loss": last + 0.1}
        if age > late:
            row["late/one"] = float(step)
        run.log(row)
        step += 1
        time.sleep(0.05)
    how = "ended"
except KeyboardInterrupt:
    how = "interrupted"
run.finish()
print("LEDGER", json.dumps({"id": run.id, "rows": step, "last": last, "how": how}))
"""

WATCH_SHIFTS = """
() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) {
            const moved = shift.sources.map(({ node, previousRect, currentRect }) => ({
                node: (node?.outerHTML ?? node?.textContent ?? '').slice(0, 200),
                from: [previousRect.x, previousRect.y, previousRect.width],
                to: [currentRect.x, currentRect.y, currentRect.width],
            }));
            window.shifts.push([shift.value, moved]);
        }
    }).observe({ type: 'layout-shift' });
}
"""


@pytest.fixture
def train(server: ServerProcess, tmp_path: Path) -> Iterator[Train]:
    """Starts trainings beside the page; those that a failed test leaves are ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start(seconds: float, late: float = math.inf) -> subprocess.Popen[bytes]:
        script = written(tmp_path, TRAINING)
        started.append(server.run_script(script, str(seconds), str(late)))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def begun(server: ServerProcess) -> str:
    """Wait until the run is there and has logged, and return its id."""
    runs = f"/projects/{server.owner}/live/runs"

    def first() -> str | None:
        if "live" not in {one["name"] for one in server.get("/projects")["items"]}:
            return None
        items = server.get(runs)["items"]
        return items[0]["id"] if items and items[0]["summary"] else None

    return eventually(first, why="the training logs")


def rows_of(page: Page, key: str) -> list[list[str]]:
    """What the panel draws, as its table says it with every digit."""
    panel_of(page, key).hover()
    page.get_by_role("button", name=f"More for {key}").click()
    page.get_by_role("menuitem", name="View as table").click()
    table = page.get_by_role("dialog").get_by_role("table")
    expect(table).to_be_visible()
    rows: list[list[str]] = table.locator("tbody tr").evaluate_all(
        "all => all.map((row) => [...row.cells].map((cell) => cell.title))"
    )
    page.keyboard.press("Escape")
    expect(table).to_be_hidden()
    return rows


@pytest.mark.timeout(90)
def test_nothing_moves_while_a_training_runs_and_a_new_key_comes_by_itself(
    server: ServerProcess, page: Page, train: Train
) -> None:
    training = train(15, late=8)
    begun(server)
    open_workspace(page, server, "live")
    expect(panel_of(page, "late/one")).to_have_count(0)
    page.evaluate(WATCH_SHIFTS)
    page.evaluate("() => { window.openedOnce = true; }")
    panel = panel_of(page, "train/loss")
    before = shown_value(panel)
    expect(panel_of(page, "late/one")).to_be_visible(timeout=20_000)
    expect(panel_of(page, "late/one").get_by_test_id("panel-last")).to_be_visible()
    ledger = ledger_of(training.communicate(timeout=60)[0].decode(), training.returncode)
    expect(page.get_by_test_id("running")).to_have_count(0)
    eventually(
        lambda: math.isclose(shown_value(panel), ledger["last"], rel_tol=1e-12),
        why="the page comes to the last value",
    )
    assert shown_value(panel) != before
    assert page.evaluate("() => window.openedOnce"), "the page was not loaded anew"
    assert page.evaluate("() => window.shifts") == []


@pytest.mark.timeout(90)
def test_a_server_that_restarts_is_told_and_leaves_no_gap_in_the_curve(
    server: ServerProcess, page: Page, faults: Faults, train: Train
) -> None:
    training = train(80)
    run = begun(server)
    open_workspace(page, server, "live")
    panel = panel_of(page, "train/loss")
    seen = shown_value(panel)

    server.kill()
    bar = page.get_by_text("Reconnecting…")
    expect(bar).to_be_visible(timeout=10_000)
    expect(panel).to_be_visible()
    server.start()
    expect(bar).to_be_hidden(timeout=20_000)
    assert training.poll() is None, "the training outlives the server"
    eventually(lambda: shown_value(panel) != seen, why="the curve goes on")
    (server.root / "enough").touch()

    ledger = ledger_of(training.communicate(timeout=60)[0].decode(), training.returncode)
    eventually(
        lambda: math.isclose(shown_value(panel), ledger["last"], rel_tol=1e-12),
        why="the page comes to the last value",
    )
    stored = server.points("live", run, "train/loss")
    assert [step for step, _ in stored] == list(range(ledger["rows"]))
    drawn = rows_of(page, "train/loss")
    assert [int(step) for step, _ in drawn] == list(range(ledger["rows"])), "no gap on the page"
    assert all(
        math.isclose(float(text.replace("\u2212", "-")), value, rel_tol=1e-6)
        for (_, text), (_, value) in zip(drawn, stored, strict=True)
    )
    # What a browser says of a server that is killed amid requests, is away, and is not ready yet.
    faults.forgive(
        "ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)"
        "|WebSocket connection|status of 503"
    )


@pytest.mark.timeout(90)
def test_stop_on_the_page_interrupts_the_training(
    server: ServerProcess, page: Page, train: Train
) -> None:
    training = train(80)
    run = begun(server)
    page.goto(project_url(server, "live", f"runs/{run}"))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stopping…")).to_be_disabled()
    output = training.communicate(timeout=30)[0].decode()
    ledger = ledger_of(output, training.returncode)
    assert ledger["how"] == "interrupted"
    expect(page.get_by_test_id("state").first).not_to_have_text("running", timeout=10_000)
    expect(page.get_by_role("button", name="Stopping…")).to_have_count(0)
    assert len(server.points("live", run, "train/loss")) == ledger["rows"]
