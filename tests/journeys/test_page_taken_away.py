"""What is taken of a panel: pictures for print, exactly the numbers drawn, a script."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, expect
from tests.journeys.panels import logged, open_workspace, panel_of
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

RUNS = """
import json, math
import wanllmdb

run = wanllmdb.init(project="paper", id="long", name="long")
for step in range(10_000):
    run.log({"loss": math.exp(-step / 3000) + 0.05 * math.sin(step * 1.7)})
run.finish()
few = wanllmdb.init(project="paper", id="few", name="few")
for step in range(40):
    few.log({"loss": 2.0 - step / 40, "odd": step if step % 7 else math.nan}, step=step * 10)
few.finish()
print("LEDGER" + json.dumps({}))
"""

LARGEST = 300_000  # bytes of a figure of 10 000 points


def taken(page: Page, panel: Locator, key: str, item: str) -> Download:
    panel.hover()
    panel.get_by_role("button", name=f"More for {key}").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return download.value


def published(page: Page, panel: Locator, form: str) -> bytes:
    """The figure that the dialog makes, 80 mm wide, with a legend and in Times."""
    panel.hover()
    panel.get_by_role("button", name="More for loss").click()
    page.get_by_role("menuitem", name="Publish…").click()
    dialog = page.get_by_role("dialog", name="Publish loss")
    dialog.get_by_label("Format").select_option(form)
    dialog.get_by_label("Width", exact=True).fill("80")
    dialog.get_by_label("Legend").select_option("bottom")
    dialog.get_by_role("combobox", name="Text").select_option("serif")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    expect(dialog).to_have_count(0)
    assert download.value.suggested_filename == f"loss.{form}"
    return Path(download.value.path()).read_bytes()


@pytest.mark.timeout(120)
def test_figures_for_print_are_vectors_of_modest_size(server: ServerProcess, page: Page) -> None:
    logged(server, RUNS)
    open_workspace(page, server, "paper")
    panel = panel_of(page, "loss")
    pdf = published(page, panel, "pdf")
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) <= LARGEST
    svg = published(page, panel, "svg")
    assert b"<svg" in svg[:200]
    assert b"80mm" in svg[:400]
    assert b"<image" not in svg
    assert len(svg) <= LARGEST

    # In full screen as well, where the curves are finer.
    panel.get_by_role("button", name="loss in full screen").click()
    full = page.get_by_test_id("panel-full")
    expect(full.locator("[data-painted]")).to_be_visible()
    full.get_by_role("button", name="More for loss").click()
    page.get_by_role("menuitem", name="Publish…").click()
    expect(page.get_by_role("dialog", name="Publish loss")).to_be_visible()
    assert_open_to_all(page, "how a figure is wanted")


@pytest.mark.timeout(120)
def test_numbers_and_script_are_what_is_drawn(server: ServerProcess, page: Page) -> None:
    logged(server, RUNS)
    open_workspace(page, server, "paper", "?hide=long")
    panel = panel_of(page, "loss")
    text = Path(taken(page, panel, "loss", "Export CSV").path()).read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    stored = server.points("paper", "few", "loss")
    assert {row["name"] for row in rows} == {"few"}, "a hidden run is not drawn"
    drawn = [(int(float(row["step"])), float(row["value"])) for row in rows]
    assert [step for step, _ in drawn] == [step for step, _ in stored]
    assert all(math.isclose(a[1], b[1], rel_tol=1e-6) for a, b in zip(drawn, stored, strict=True))

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.hover()
    panel.get_by_role("button", name="More for loss").click()
    page.get_by_role("menuitem", name="Copy as matplotlib").click()
    expect(page.get_by_text("Script copied")).to_be_visible()
    script = page.evaluate("() => navigator.clipboard.readText()")
    compile(script, "figure.py", "exec")
    assert "import matplotlib.pyplot as plt" in script
    assert "few" in script
    assert taken(page, panel, "loss", "Export PNG").suggested_filename == "loss.png"
