"""What a page shows when it has nothing to show: no such thing, no answer, no match, no room."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import logged, open_workspace, project_url
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

RUNS = """
import json
import wanllmdb

for n in range(2):
    run = wanllmdb.init(project="states", id=f"run-{n}", name=f"a run with a name that is long {n}", tags=["a tag"])
    for step in range(30):
        run.log({"train/loss": 1 / (step + 1), "a/key/that/is/long/enough/to/be/cut": step})
        print("a line that is longer than a telephone is wide, and says nothing of any interest", step)
    run.finish(n)
print("LEDGER" + json.dumps({}))
"""  # noqa: E501


@pytest.mark.timeout(120)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_not_there_is_said(
    server: ServerProcess, page: Page, faults: Faults, theme: str
) -> None:
    logged(server, RUNS)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(project_url(server, "of-somebody-else"))
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert_open_to_all(page, f"a foreign project in {theme}")
    page.goto(project_url(server, "states", "runs/nobody/overview"))
    expect(page.get_by_role("heading", name="There is no such run")).to_be_visible()
    assert_open_to_all(page, f"no such run in {theme}")
    page.goto(f"{server.url}/no/such/page/at/all")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    faults.forgive("status of 404")

    open_workspace(page, server, "states")
    page.get_by_label("Filter runs").fill("nothing is called this")
    expect(page.get_by_text("No run matches")).to_be_visible()
    assert_open_to_all(page, f"no run matches in {theme}")
    page.get_by_role("button", name="Clear filter").click()
    expect(page.get_by_test_id("run-row")).to_have_count(2)
    page.get_by_label("Find panels").fill("no panel is called this")
    expect(page.get_by_text("0 of 2 panels match")).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(page.get_by_test_id("panel")).to_have_count(2)


@pytest.mark.timeout(120)
def test_an_answer_that_fails_is_told_with_its_request_and_asked_again(
    server: ServerProcess, page: Page, faults: Faults
) -> None:
    logged(server, RUNS)
    broken = {
        "title": "Internal error",
        "status": 500,
        "code": "internal",
        "detail": "The disk is gone.",
        "instance": "urn:request:a1b2",
    }

    def fail(route: Route) -> None:
        route.fulfill(status=500, json=broken, headers={"Content-Type": "application/problem+json"})

    page.route("**/states/keys*", fail)
    page.goto(project_url(server, "states"))
    alert = page.get_by_role("alert").filter(has_text="The disk is gone.")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("a1b2")
    expect(page.get_by_test_id("run-row")).to_have_count(2)
    assert_open_to_all(page, "an answer that failed")
    page.unroute("**/states/keys*")
    alert.get_by_role("button", name="Retry").click()
    expect(page.get_by_test_id("panel")).to_have_count(2)
    faults.forgive("status of 500")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("width", [320, 360])
def test_on_a_telephone_nothing_is_wider_than_the_screen(
    server: ServerProcess, page: Page, width: int
) -> None:
    logged(server, RUNS)
    page.set_viewport_size({"width": width, "height": 700})
    parts = ("overview", "charts", "logs", "files", "artifacts", "code")
    paths = [f"/{server.owner}/states/runs/run-1/{part}" for part in parts]
    for path in ("/", f"/{server.owner}/states/workspace", "/settings", *paths):
        page.goto(server.url + path)
        expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} wide"
        rail = page.get_by_role("navigation", name="Pages").get_by_role("link")
        for link in rail.all():
            box = link.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["height"] >= 24


@pytest.mark.timeout(120)
def test_a_line_of_the_log_has_a_link_and_long_lines_are_wrapped(
    server: ServerProcess, page: Page
) -> None:
    logged(server, RUNS)
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(project_url(server, "states", "runs/run-0/logs"))
    lines = page.get_by_test_id("log-line")
    expect(lines.first).to_be_visible()
    high = lines.first.bounding_box()
    page.get_by_role("button", name="Wrap").click()
    page.wait_for_function(
        "(high) => document.querySelector('[data-testid=log-line]').offsetHeight > 1.5 * high",
        arg=high and high["height"],
    )
    page.get_by_role("button", name="Wrap").click()
    page.get_by_role("button", name="Link to line 7", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]line=7$"))
    page.reload()
    expect(page.locator("[data-index='6'][class*=marked]")).to_be_visible()
