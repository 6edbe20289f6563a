"""Reading what was logged: the table, a run, the keyboard alone, and the value under the cursor."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import hover, logged, open_workspace, panel_of, project_url
from tests.journeys.processes import ServerProcess

LOGGED = """
import json, math
import wanllmdb as wandb

ids = {}
for i, name in enumerate(("alpha-run", "beta-run", "gamma-run")):
    run = wandb.init(project="reading", name=name, config={"lr": 0.1 * (i + 1), "opt": {"name": "adam"}})
    for step in range(200):
        row = {"train/loss": (3 + i) * math.exp(-step / 50) + 0.001 * step, "train/accuracy": step / 200}
        run.log(row, step=step * 10)
    run.summary["score"] = [0.2, 0.9, 0.5][i]
    run.finish()
    ids[name] = run.id
print("LEDGER", json.dumps(ids))
"""  # noqa: E501


def names(page: Page) -> list[str]:
    return page.get_by_test_id("table-row").locator("a").all_inner_texts()


@pytest.mark.timeout(60)
def test_the_table_sorts_by_a_result_and_filters_by_words(
    server: ServerProcess, page: Page
) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "reading", "table"))
    rows = page.get_by_test_id("table-row")
    expect(rows).to_have_count(3)
    assert names(page) == ["gamma-run", "beta-run", "alpha-run"], "the newest first"

    score = page.get_by_role("columnheader").filter(has_text="score")
    score.get_by_role("button").first.click()
    expect(score).to_have_attribute("aria-sort", "descending")
    expect(rows.first).to_contain_text("beta-run")
    assert names(page) == ["beta-run", "gamma-run", "alpha-run"]
    score.get_by_role("button").first.click()
    expect(rows.first).to_contain_text("alpha-run")
    assert names(page) == ["alpha-run", "gamma-run", "beta-run"]

    page.get_by_label("Filter runs").fill("gamma")
    expect(rows).to_have_count(1)
    expect(page.get_by_test_id("total")).to_have_text("1")
    page.reload()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("gamma-run")
    page.get_by_label("Filter runs").fill("nothing is called this")
    page.get_by_role("button", name="Clear filter").click()
    expect(rows).to_have_count(3)


@pytest.mark.timeout(60)
def test_a_run_shows_what_it_was_told_what_came_out_and_where_it_ran(
    server: ServerProcess, page: Page
) -> None:
    run = logged(server, LOGGED)["beta-run"]
    page.goto(project_url(server, "reading", f"runs/{run}"))
    expect(page.get_by_role("heading", name="beta-run")).to_be_visible()
    config, summary = page.get_by_test_id("config"), page.get_by_test_id("summary")
    expect(config.locator("div").filter(has_text="lr")).to_contain_text("0.2")
    expect(config.locator("div").filter(has_text="opt.name")).to_contain_text("adam")
    stored = server.points("reading", run, "train/loss")
    loss = summary.locator("div").filter(has_text="train/loss").locator("[data-value]")
    assert float(loss.get_attribute("data-value") or "nan") == stored[-1][1]
    expect(summary.locator("div").filter(has_text="score")).to_contain_text("0.9")
    environment = page.get_by_test_id("environment")
    expect(environment.locator("div").filter(has_text="python").first).to_contain_text("3.")
    page.get_by_role("link", name="Charts").click()
    expect(panel_of(page, "train/loss").get_by_test_id("panel-last")).to_have_attribute(
        "data-value", re.compile(r"\d")
    )


@pytest.mark.timeout(60)
def test_the_keyboard_alone_opens_a_project_filters_it_and_opens_a_run(
    server: ServerProcess, page: Page
) -> None:
    run = logged(server, LOGGED)["alpha-run"]
    page.goto(server.url)
    expect(page.get_by_test_id("project-row")).to_be_visible()
    tab_to(page, "reading")
    page.keyboard.press("Enter")
    rows = page.get_by_test_id("run-row")
    expect(rows).to_have_count(3)
    page.keyboard.press("f")
    expect(page.get_by_label("Filter runs")).to_be_focused()
    page.keyboard.type("alpha")
    expect(rows).to_have_count(1)
    tab_to(page, "alpha-run")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{run}/overview")
    expect(page.get_by_role("heading", name="alpha-run")).to_be_visible()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until a link with this text has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("() => document.activeElement.matches('a') ? "
                                "document.activeElement.textContent : ''")  # fmt: skip
        if text in focused:
            return
    raise AssertionError(f"Tab does not come to {text!r}")


@pytest.mark.timeout(60)
def test_the_crosshair_stands_in_every_panel_and_the_tooltip_says_what_is_stored(
    server: ServerProcess, page: Page
) -> None:
    ids = logged(server, LOGGED)
    open_workspace(page, server, "reading")
    hover(page, panel_of(page, "train/loss"), 0.3)
    tip = page.locator(".chart-tip")
    step = int(tip.locator(".chart-tip-x").inner_text().replace(",", ""))
    assert step % 10 == 0, "the cursor stands at a step that was logged"
    assert 0 < step < 1990
    for name, run in ids.items():
        stored = dict(server.points("reading", run, "train/loss"))[step]
        row = tip.locator(".chart-tip-row").filter(has_text=name)
        expect(row.locator(".chart-tip-value")).to_have_text(f"{stored:#.4g}")

    crosses = page.locator("[data-testid=panel] .chart-cross").evaluate_all(
        "all => all.map((one) => one.hidden ? null : new DOMMatrix(one.style.transform).e)"
    )
    assert len(crosses) == 2
    assert None not in crosses, "the other panel has its crosshair too"

    share = 0.7
    hover(page, panel_of(page, "train/accuracy"), share)
    moved = page.locator("[data-testid=panel] .chart-cross").evaluate_all(
        "all => all.map((one) => one.hidden ? null : new DOMMatrix(one.style.transform).e)"
    )
    assert all(after > before + 50 for before, after in zip(crosses, moved, strict=True))
