"""The runs table: found by conditions, walked and selected by keys, many deleted and taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import logged, project_url, written
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

LOGGED = """
import json
import wanllmdb as wandb

for n in range(6):
    run = wandb.init(project="many", name=f"run-{n}", tags=["ablation"] if n % 2 else [],
                     config={"lr": 10.0 ** -n, "model": ["vit", "resnet"][n % 2]})
    run.log({"loss": n})
    run.finish()
print("LEDGER", json.dumps({}))
"""


@pytest.mark.timeout(90)
def test_runs_are_found_by_conditions_and_changed_many_at_once(
    server: ServerProcess, page: Page
) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "many", "table"))
    rows, total = page.get_by_test_id("table-row"), page.get_by_test_id("total")
    expect(rows).to_have_count(6)

    words = page.get_by_label("Filter runs")
    words.fill('config.lr >= 1e-4 and tags has "ablation"')
    words.press("Enter")
    expect(page.get_by_test_id("condition")).to_have_count(2)
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)

    page.get_by_role("button", name="Edit as text").click()
    text = page.get_by_label("Filter as text")
    text.fill("config.lr >=")
    expect(page.get_by_text("Column 13: a value is missing after >=")).to_be_visible()
    expect(rows).to_have_count(2)  # what was good stays
    text.fill("config.lr >= 1e-4")
    expect(rows).to_have_count(5)

    page.get_by_role("grid").focus()
    for key in ("x", "j", "Shift+X"):
        page.keyboard.press(key)
    bulk = page.get_by_test_id("bulk")
    expect(bulk).to_contain_text("2 selected")
    assert_open_to_all(page, "selected runs")
    bulk.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted 2 runs")).to_be_visible()
    expect(total).to_have_text("3")
    page.get_by_label("Messages").get_by_role("button", name="Undo").click()
    expect(total).to_have_text("5")


@pytest.mark.timeout(90)
def test_runs_are_grouped_and_their_groups_opened(server: ServerProcess, page: Page) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "many", "table?group=config.model"))
    expect(page.get_by_test_id("groups")).to_have_text("2 groups")
    page.get_by_role("button", name="model = vit", exact=False).first.click()
    expect(page.get_by_role("link", name="run-4")).to_be_visible()


@pytest.mark.timeout(150)
def test_by_keys_alone_runs_are_found_selected_and_exported(
    server: ServerProcess, page: Page
) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "many", "workspace"))
    expect(page.get_by_test_id("panel").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("r")
    rows = page.get_by_test_id("table-row")
    expect(rows).to_have_count(6)

    page.keyboard.press("f")
    page.keyboard.type("config.model = vit")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(3)
    page.keyboard.press("Escape")
    page.get_by_role("grid").focus()
    for key in ("x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("bulk")).to_contain_text("3 selected")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/\w+/overview"))
    page.go_back()
    expect(rows).to_have_count(3)

    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="CSV").first).to_be_focused()
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    content = taken.value.path().read_text()
    assert content.splitlines()[0].startswith("name,")
    assert sorted(line.split(",")[0] for line in content.splitlines()[1:]) == [
        "run-0", "run-2", "run-4"
    ]  # fmt: skip
    expect(page.get_by_text("Exported many-runs.csv")).to_be_visible()


@pytest.mark.timeout(150)
def test_what_was_done_is_undone_and_done_again_after_a_reload_too(
    server: ServerProcess, page: Page
) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "many", "table?cols=state,tags,notes"))
    rows, total = page.get_by_test_id("table-row"), page.get_by_test_id("total")
    expect(rows).to_have_count(6)
    notes = page.locator("[data-index='0'] [data-column=notes]")
    notes.dblclick()
    page.keyboard.type("the good one")
    page.keyboard.press("Enter")
    expect(notes).to_have_text("the good one")

    page.get_by_label("Select row 1", exact=True).click()
    page.get_by_label("Select row 6", exact=True).click(modifiers=["Shift"])
    bulk = page.get_by_test_id("bulk")
    expect(bulk).to_contain_text("6 selected")
    bulk.get_by_role("button", name="Tag").click()
    page.get_by_label("Tags, with commas in between").fill("best")
    page.keyboard.press("Enter")
    expect(page.locator("[data-column=tags]", has_text="best")).to_have_count(6)
    bulk.get_by_role("button", name="Delete").click()
    expect(total).to_have_text("0")

    page.reload()
    expect(total).to_have_text("0")
    page.keyboard.press("Control+z")
    expect(total).to_have_text("6")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-column=tags]", has_text="best")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(notes).to_have_text("–")
    page.keyboard.press("Control+Shift+z")
    expect(notes).to_have_text("the good one")


@pytest.mark.timeout(150)
def test_deleted_runs_are_seen_in_the_bin_and_taken_back(server: ServerProcess, page: Page) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "many", "table"))
    rows = page.get_by_test_id("table-row")
    expect(rows).to_have_count(6)
    for row in ("Select row 1", "Select row 2"):
        page.get_by_label(row, exact=True).click()
    page.get_by_test_id("bulk").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(4)
    page.get_by_role("link", name="Bin").click()
    expect(page.get_by_test_id("total")).to_have_text("2")
    assert_open_to_all(page, "the bin")
    page.get_by_label("Select row 1", exact=True).click()
    page.get_by_role("button", name="Restore 1 run").click()
    expect(rows).to_have_count(1)
    page.get_by_label("Select row 1", exact=True).click()
    page.get_by_role("button", name="Remove 1 run for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove for good").click()
    expect(page.get_by_text("The bin is empty")).to_be_visible()
    page.get_by_role("link", name="Back to the runs").click()
    expect(rows).to_have_count(5)


@pytest.mark.timeout(150)
def test_columns_are_brushed_coloured_shown_as_figures_and_kept_as_a_view(
    server: ServerProcess, page: Page
) -> None:
    logged(server, LOGGED)
    page.goto(project_url(server, "many", "table?cols=state,config.model,summary.loss"))
    rows = page.get_by_test_id("table-row")
    expect(rows).to_have_count(6)
    bars = page.get_by_test_id("histogram")
    expect(bars).to_have_count(1)
    box = bars.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 8, steps=4)
    page.mouse.up()
    expect(page.get_by_test_id("condition")).to_have_count(2)
    expect(rows).to_have_count(3)

    page.get_by_role("button", name="Column loss").click()
    page.get_by_role("menuitem", name="Maximum").click()
    cell = page.locator("[data-index='0'] [data-column='max.loss']")
    expect(cell).to_have_text("5")
    page.locator("[data-index='0'] [data-column='config.model']").click(button="right")
    page.get_by_role("menuitem", name="Colour by model").click()
    expect(page.get_by_test_id("legend")).to_contain_text("Coloured by config.model")
    assert_open_to_all(page, "a coloured table with histograms")

    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name", exact=True).fill("The bad ones")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved “The bad ones”")).to_be_visible()
    page.goto(project_url(server, "many", "table"))
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="View: All runs").click()
    page.get_by_role("menuitem", name="The bad ones").click()
    expect(rows).to_have_count(3)
    expect(cell).to_have_text("5")


BEFORE = """
import wanllmdb as wandb

for n in range(60):
    wandb.init(project="living", name=f"old-{n}", config={"lr": n}).finish()
print("LEDGER", {})
"""

LIVING = """
import time
import wanllmdb as wandb

run = wandb.init(project="living", name="going")
for n in range(10_000):
    run.log({"loss": n})
    if n % 20 == 19:
        other = wandb.init(project="living", name=f"new-{n}", reinit="create_new")
        other.log({"loss": 1})
        other.finish()
    time.sleep(0.05)
"""


@pytest.mark.timeout(200)
def test_runs_that_come_and_change_move_nothing_under_the_reader(
    server: ServerProcess, page: Page
) -> None:
    logged(server, BEFORE)
    training = server.run_script(written(server.root, LIVING))
    try:
        page.goto(project_url(server, "living", "table?cols=state,config.lr~130,summary.loss"))
        going = page.locator("[data-testid=table-row]", has_text="going")
        expect(going.locator("[data-column='summary.loss']")).not_to_have_text("–")
        box = page.get_by_role("region", name="Runs", exact=True)
        box.evaluate("(one) => { one.scrollTop = 900 }")
        expect(page.locator("[data-index='30']")).to_be_visible()
        page.locator("[data-index='30'] input").click()
        page.locator("[data-index='31'] [data-column='config.lr']").click(button="right")
        menu = page.get_by_role("menu")
        expect(menu).to_be_visible()
        seen = """() => ({
            top: document.querySelector('[role=region][aria-label=Runs]').scrollTop,
            rows: [...document.querySelectorAll('[data-testid=table-row]')].map((one) =>
                [one.dataset.index, one.dataset.row, one.getBoundingClientRect().top]),
            widths: [...document.querySelectorAll('[role=columnheader]')].map((one) =>
                one.getBoundingClientRect().width),
            menu: document.querySelector('[role=menu]').getBoundingClientRect().top,
        })"""
        before = page.evaluate(seen)
        fresh = page.get_by_role("button", name=re.compile(r"\d+ new runs?"))
        expect(fresh).to_be_visible()
        expect(fresh).to_have_text(re.compile(r"^[3-9] new"))
        assert page.evaluate(seen) == before
        expect(page.get_by_test_id("bulk")).to_contain_text("1 selected")
        page.keyboard.press("Escape")
        fresh.click()
        expect(page.locator("[data-index='0']")).to_contain_text("new-")
    finally:
        training.kill()
        training.communicate()
