"""Runs beside each other: chosen by keyboard, in figures and curves, in groups; taken away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import logged, panel_of, project_url, written
from tests.journeys.processes import ServerProcess, eventually
from tests.journeys.test_page_accessible import assert_open_to_all

LOGGED = """
import json
import wanllmdb as wandb

refs = []
for project, models in (("vision", ("res", "res", "vit", "vit")), ("other", ("res",))):
    for n, model in enumerate(models):
        config = {"model": model, "seed": n % 2, "epochs": 3}
        run = wandb.init(project=project, name=f"{model}-{n}", config=config, tags=["a tag"])
        for i in range(40):
            run.log({"loss": 1 / (i + 1) + 0.1 * n, "acc": i / 40 - 0.01 * n})
        run.finish(1 if n == 3 else 0)
        refs.append(f"{run.entity}/{project}/{run.id}")
print("LEDGER", json.dumps({"refs": refs}))
"""


def compare_url(server: ServerProcess, refs: list[str], rest: str = "") -> str:
    return f"{server.url}/runs/compare?ids={','.join(refs)}{rest}"


def choose_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


@pytest.mark.timeout(180)
def test_runs_are_chosen_and_compared_by_keyboard(server: ServerProcess, page: Page) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "vision", "compare"))
    expect(page.get_by_role("list", name="Runs").get_by_role("checkbox")).to_have_count(4)

    page.get_by_label("Search runs").focus()
    page.keyboard.type("res")
    expect(page.get_by_role("list", name="Runs").get_by_role("checkbox")).to_have_count(2)
    page.get_by_label("All 2").focus()
    page.keyboard.press("Space")
    expect(page.get_by_test_id("picker")).to_contain_text("2 runs chosen")
    page.get_by_role("button", name="Compare", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("chip")).to_have_count(2)
    expect(page.get_by_test_id("tiles")).to_contain_text("100 %")

    page.get_by_test_id("chip").nth(1).get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Make it the baseline").press("Enter")
    expect(page.get_by_test_id("chip").nth(1)).to_have_attribute("data-base", "true")

    page.get_by_role("tab", name="Stats").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    rows = page.get_by_test_id("table-row")
    expect(rows.filter(has_text="config.seed")).to_have_count(1)
    expect(rows.filter(has_text="config.epochs")).to_have_count(0)
    page.get_by_role("button", name="Only differing").press("Enter")
    expect(rows.filter(has_text="config.epochs")).to_have_count(1)
    page.get_by_label("Find rows").fill("^config.ep")
    expect(page.get_by_test_id("diff-rows")).to_contain_text("1 of")

    page.get_by_role("button", name="Export").press("Enter")
    with page.expect_download() as kept:
        page.get_by_role("menuitem", name="Download CSV").press("Enter")
    lines = kept.value.path().read_text().splitlines()
    assert sorted(lines[0].split(",")) == ["key", "res-0", "res-1"]
    assert lines[1:] == ["config.epochs,3,3"]


@pytest.mark.timeout(180)
def test_runs_of_two_projects_stand_beside_each_other(server: ServerProcess, page: Page) -> None:
    refs = logged(server, LOGGED)["refs"]
    page.goto(compare_url(server, [*refs, f"{server.owner}/vision/nobody"]))
    expect(page.get_by_test_id("chip")).to_have_count(5)
    expect(page.get_by_text("1 run not there")).to_be_visible()
    tiles = page.get_by_test_id("tiles")
    expect(tiles).to_contain_text("Metrics tracked2")
    expect(tiles).to_contain_text("80 %")
    page.get_by_role("button", name="loss").click()
    expect(page.get_by_test_id("table-row").first).to_contain_text("vit-3")
    page.get_by_role("button", name="loss").click()
    expect(page.get_by_test_id("table-row").first).to_contain_text("best")

    choose_tab(page, "Charts")
    expect(panel_of(page, "loss").locator("[data-painted]")).to_be_visible()

    choose_tab(page, "Analysis")
    page.get_by_role("combobox", name="Groups").select_option("config.model")
    expect(page.get_by_test_id("grouped-key").first).to_contain_text("Welch t")
    page.get_by_role("combobox", name="Paired by").select_option("config.seed")
    expect(page.get_by_test_id("grouped-key").first).to_contain_text("paired")

    choose_tab(page, "Code")
    expect(page.get_by_role("table", name="Code of the runs")).to_be_visible()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_part_of_the_comparison_shuts_anybody_out(
    server: ServerProcess, page: Page, theme: str
) -> None:
    refs = logged(server, LOGGED)["refs"]
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(project_url(server, "vision", "compare"))
    expect(page.get_by_role("list", name="Runs").get_by_role("checkbox")).to_have_count(4)
    assert_open_to_all(page, f"the choice of runs in {theme}")
    seen = {
        "stats": page.get_by_test_id("table-row").first,
        "diff": page.get_by_test_id("table-row").first,
        "charts": page.locator("[data-painted]").first,
        "analysis": page.get_by_test_id("grouped-key").first,
        "code": page.get_by_test_id("table-row").first,
    }
    for tab, part in seen.items():
        page.goto(compare_url(server, refs, f"&tab={tab}"))
        expect(part).to_be_visible()
        assert_open_to_all(page, f"{tab} in {theme}")


def test_more_than_a_hundred_are_refused_with_a_way_on(server: ServerProcess, page: Page) -> None:
    page.goto(compare_url(server, [f"a/b/r{n}" for n in range(130)]))
    expect(page.get_by_text("130 runs are too many to compare")).to_be_visible()
    page.get_by_role("button", name="Compare the first 100").click()
    expect(page.get_by_test_id("compared")).to_have_text("100 runs")


GOES_ON = """
import sys, time
import wanllmdb as wandb

run = wandb.init(project="vision", id="going", name="going", config={"model": "new"})
while True:
    run.log({"loss": time.time() % 7, "count": 1})
    time.sleep(0.1)
"""


@pytest.mark.timeout(180)
def test_news_of_a_run_move_nothing(server: ServerProcess, page: Page, faults: Faults) -> None:
    refs = logged(server, LOGGED)["refs"]
    script = server.run_script(written(server.root, GOES_ON))
    try:
        eventually(lambda: server.get(f"/projects/{server.owner}/vision/runs?q=going")["items"])
        going = f"{server.owner}/vision/going"
        page.set_viewport_size({"width": 900, "height": 500})
        page.goto(compare_url(server, [going, *refs], "&tab=diff"))
        page.get_by_role("button", name="Only differing").click()
        table = page.get_by_role("region", name="Differences")
        value = page.locator("[data-row='summary.loss'] [role=cell]").nth(1)
        page.get_by_label("Find rows").fill("summary")
        expect(value).to_be_visible()
        before = value.text_content()
        table.evaluate("(it) => it.scrollTo(60, 0)")
        expect(value).not_to_have_text(before or "")
        assert table.evaluate("(it) => it.scrollLeft") == 60
    finally:
        script.kill()
        script.communicate()
