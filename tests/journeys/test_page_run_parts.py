"""The parts of a run's page besides its curves: what it printed, its machine, files, alerts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import logged, project_url
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

PRINTED = """
import json, sys, time
import wanllmdb as wandb

run = wandb.init(project="parts", monitor_interval=0.2)
for number in range(30_000):
    if number % 1000 == 7:
        print(f"\\x1b[31mneedle\\x1b[0m of thousand {number // 1000}", file=sys.stderr)
    else:
        print(f"line {number} is hay")
    if number % 2000 == 0:
        run.log({"loss": 1 / (number + 1)})
        time.sleep(0.1)
run.alert("Loss is NaN", "look at the data", level="ERROR")
with open("change.patch", "w") as file:
    file.write("--- a/x\\n+++ b/x\\n@@ -1 +1 @@\\n-old line\\n+new line\\n")
run.save("change.patch", policy="now")
print("the very last line")
run.finish()
print("LEDGER", json.dumps({"id": run.id}))
"""


@pytest.mark.timeout(120)
def test_lines_that_were_printed_are_reached_searched_and_shown_among_others(
    server: ServerProcess, page: Page
) -> None:
    run = logged(server, PRINTED)["id"]
    page.goto(project_url(server, "parts", f"runs/{run}/logs"))
    lines = page.get_by_test_id("log-lines")
    expect(lines.get_by_text("line 0 is hay")).to_be_visible()
    assert page.get_by_test_id("log-line").count() < 200, "only lines on the screen exist"
    lines.focus()
    page.keyboard.press("End")
    expect(lines.get_by_text("the very last line")).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("NEEDLE of")
    found = page.get_by_test_id("log-found")
    expect(found.get_by_test_id("log-line")).to_have_count(30)
    expect(page.get_by_role("status").filter(has_text="match")).to_contain_text("30 matches in")
    expect(found.locator("mark").first).to_have_text("needle of")
    expect(found.get_by_test_id("log-line").first).to_have_attribute("data-stream", "stderr")
    page.get_by_title("Match case").click()
    expect(page.get_by_role("status").filter(has_text="match")).to_contain_text("0 matches")
    page.get_by_title("Match case").click()

    found.get_by_role("button", name=re.compile("Show line")).nth(20).click()
    expect(lines.get_by_text("of thousand 20")).to_be_visible()
    expect(lines.get_by_text("line 20008 is hay")).to_be_visible()
    coloured = lines.locator("[data-ansi=red]", has_text="needle").first
    expect(coloured).to_be_visible()
    assert_open_to_all(page, "logs")


@pytest.mark.timeout(120)
def test_the_machine_files_and_alerts_of_a_run_are_shown(server: ServerProcess, page: Page) -> None:
    run = logged(server, PRINTED)["id"]
    page.goto(project_url(server, "parts", f"runs/{run}"))
    alerts = page.get_by_test_id("alerts")
    expect(alerts).to_contain_text("Loss is NaN")
    expect(alerts.get_by_role("img", name="Error")).to_be_visible()

    page.get_by_role("link", name="System").click()
    memory = page.locator("[data-testid=panel][data-key='system/memory']")
    expect(memory.get_by_test_id("panel-last")).to_have_attribute("data-value", re.compile(r"\d"))
    expect(page.locator("[data-testid=panel][data-key='loss']")).to_have_count(0)
    assert_open_to_all(page, "system")

    page.get_by_role("link", name="Files").click()
    page.get_by_test_id("files").get_by_role("button", name="change.patch").click()
    expect(page.get_by_test_id("file-preview")).to_contain_text("+new line")
    assert "file=change.patch" in page.url, "a link leads to the file"
    with page.expect_download() as download:
        page.get_by_test_id("file-preview").get_by_role("link", name="Download").click()
    assert download.value.path().read_text().endswith("+new line\n")
    assert_open_to_all(page, "files")
