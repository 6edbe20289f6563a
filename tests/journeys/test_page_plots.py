"""Plots of a project's runs: drawn of what was logged, brushed, filtered, and open to all."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import logged, project_url
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

LOGGED = """
import json
import wanllmdb as wandb

for i in range(12):
    config = {"lr": 10.0 ** -(1 + i % 4), "model": "vit" if i % 2 else "resnet", "epochs": 3}
    run = wandb.init(project="plotted", name=f"run-{i}", config=config)
    run.log({"loss": 1 + i % 4 + i / 100, "acc": 1 / (1 + i)})
    run.finish()
print("LEDGER", json.dumps({}))
"""


@pytest.mark.timeout(180)
def test_runs_are_drawn_brushed_and_weighed(server: ServerProcess, page: Page) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "plotted", "plots"))
    expect(page.get_by_test_id("plotted")).to_have_text("12 runs")
    plot = page.get_by_test_id("plot")
    expect(plot).to_have_attribute("data-kind", "parallel")
    expect(plot.locator("[data-painted]")).to_be_visible()
    # By itself: what differs, and the loss; `epochs` is the same in all.
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_text(["Run", "lr", "model", "loss"])
    expect(page.get_by_test_id("inside-row").first).to_contain_text("run-0")
    assert_open_to_all(page, "parallel axes")

    # Limits by the keyboard are a brush: it is in the URL, and a filter elsewhere.
    page.get_by_role("button", name="Axes").click()
    field = page.get_by_label("lr from")
    field.fill("0.05")
    field.press("Enter")
    expect(page.get_by_test_id("inside")).to_have_text("3 of 12 runs")
    expect(page).to_have_url(re.compile("brush=config.lr"))
    page.reload()
    expect(page.get_by_test_id("inside")).to_have_text("3 of 12 runs")
    table = page.get_by_role("link", name="Open in table").get_attribute("href") or ""
    assert "config.lr" in table, table
    page.get_by_role("button", name="Clear brushes").click()
    expect(page.get_by_test_id("inside")).to_have_text("12 runs")

    for name, kind in (("Scatter", "scatter"), ("Correlations", "matrix"), ("Groups", "box")):
        page.get_by_role("tab", name=name).click()
        expect(plot).to_have_attribute("data-kind", kind)
        expect(plot.locator("[data-painted]")).to_be_visible()
        assert_open_to_all(page, json.dumps(name))
    page.get_by_role("tab", name="Importance").click()
    expect(page.get_by_test_id("parameter").first).to_contain_text("lr")

    page.get_by_label("Filter runs").fill("config.model = ")
    page.get_by_label("Filter runs").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Column")
    page.get_by_label("Filter runs").fill("config.model = vit")
    page.get_by_label("Filter runs").press("Enter")
    expect(page.get_by_test_id("plotted")).to_have_text("6 runs")
    page.get_by_label("Filter runs").fill("config.model = none-such")
    page.get_by_label("Filter runs").press("Enter")
    page.get_by_role("button", name="Clear filter").last.click()
    expect(page.get_by_test_id("plotted")).to_have_text("12 runs")
