"""Before there is a run: the page says how to log one, waits for it, and opens it."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import panel_of, project_url, written
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

SLOW = """
import time
import wanllmdb

run = wanllmdb.init(project="{project}", name="the first")
time.sleep(4)
for step in range(100):
    run.log({{"loss": 1 / (step + 1)}})
run.finish()
"""


def made(server: ServerProcess, project: str) -> None:
    request = urllib.request.Request(
        f"{server.url}/api/v1/projects",
        data=json.dumps({"name": project}).encode(),
        headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=20).close()


@pytest.mark.timeout(90)
def test_the_page_of_a_new_server_opens_the_first_run_with_its_first_metric(
    server: ServerProcess, page: Page
) -> None:
    page.goto(server.url)
    first = page.get_by_test_id("first-run")
    expect(first).to_contain_text(f"wanllmdb login --host {server.url}")
    expect(first.get_by_role("status")).to_contain_text("Waiting for the first run")
    page.get_by_role("tab", name="HF Trainer").click()
    expect(first).to_contain_text('report_to="wandb"')
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy HF Trainer code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "TrainingArguments" in page.evaluate("() => navigator.clipboard.readText()")
    for theme in ("light", "dark"):  # what pulses while it waits would never come to rest
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert_open_to_all(page, f"the first lines in {theme}")

    # What the page says is what runs: the lines of its first tab, as they stand there.
    page.get_by_role("tab", name="Python").click()
    code = first.get_by_role("tabpanel").locator("pre").inner_text()
    script = server.run_script(written(server.root, code))
    page.wait_for_url(re.compile(r"/first/runs/[^/]+/charts$"))
    expect(panel_of(page, "loss").locator("[data-painted]")).to_be_visible()
    script.communicate(timeout=60)


@pytest.mark.timeout(90)
def test_an_empty_project_waits_until_its_run_has_logged_something(
    server: ServerProcess, page: Page
) -> None:
    made(server, "empty")
    page.goto(project_url(server, "empty"))
    first = page.get_by_test_id("first-run")
    expect(first).to_contain_text('project="empty"')
    script = server.run_script(written(server.root, SLOW.format(project="empty")))
    expect(first.get_by_role("status")).to_contain_text("the first has begun")
    page.wait_for_url(re.compile(r"/empty/runs/[^/]+/charts$"))
    expect(panel_of(page, "loss").locator("[data-painted]")).to_be_visible()
    script.communicate(timeout=60)
    page.goto(project_url(server, "empty"))
    expect(page.get_by_test_id("run-row")).to_have_count(1)
