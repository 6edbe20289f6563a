"""The first road: a training process logs, and the page draws it while it runs."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.journeys.panels import ledger_of, panel_of, project_url, shown_value, written
from tests.journeys.processes import ServerProcess, eventually

TRAINING = """
import json, math, os, sys, time
import wanllmdb as wandb

run = wandb.init(project="journey", name="bright-curve", config={"lr": 0.1})
last = None
until = time.monotonic() + float(sys.argv[1])
step = 0
while time.monotonic() < until:
    last = 2.0 * math.exp(-step / 80) + 0.01 * math.sin(step)
    run.log({"train/loss": last, "train/accuracy": 1 - last / 3, "lr": 0.1})
    step += 1
    time.sleep(0.02)
run.summary["best"] = 0.5
run.finish()
print("LEDGER", json.dumps({"id": run.id, "rows": step, "last": last}))
"""


@pytest.mark.timeout(120)
def test_the_page_draws_a_training_while_it_runs_and_ends_at_its_last_value(
    server: ServerProcess, page: Page, tmp_path: Path
) -> None:
    training = server.run_script(written(tmp_path, TRAINING), "14")

    eventually(
        lambda: "journey" in {p["name"] for p in server.get("/projects")["items"]},
        why="the project appears",
    )
    page.goto(project_url(server, "journey"))
    row = page.get_by_test_id("run-row").filter(has_text="bright-curve")
    expect(row).to_be_visible(timeout=15_000)
    panel = panel_of(page, "train/loss")
    expect(panel).to_be_visible(timeout=15_000)
    assert training.poll() is None, "the training still runs while its curve is on the page"

    first = shown_value(panel)
    eventually(lambda: painted_pixels(panel) > 50, why="the curve is drawn, not only its axes")
    eventually(lambda: shown_value(panel) != first, why="the curve goes on without a reload")

    output = training.communicate(timeout=60)[0].decode()
    ledger = ledger_of(output, training.returncode)
    eventually(
        lambda: math.isclose(shown_value(panel), ledger["last"], rel_tol=1e-12),
        why=f"the page shows the last value that was logged, {ledger['last']}",
    )
    stored = server.points("journey", ledger["id"], "train/loss")
    assert [step for step, _ in stored] == list(range(ledger["rows"]))
    assert stored[-1][1] == ledger["last"]
    run = server.get(f"/projects/{server.owner}/journey/runs/{ledger['id']}")
    assert (run["state"], run["logged"], run["lost"]) == ("finished", ledger["rows"], 0)
    assert run["summary"]["best"] == 0.5


def painted_pixels(panel: Locator) -> int:
    """Pixels of the panel, as shown on screen, whose colour is a curve's and not grey text's."""
    shown = np.asarray(Image.open(io.BytesIO(panel.screenshot())).convert("RGB")).astype(int)
    return int(((shown.max(axis=2) - shown.min(axis=2)) > 60).sum())
