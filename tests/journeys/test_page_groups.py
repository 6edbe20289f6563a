"""Runs in groups: what a group draws is seen, named, opened, and handed on by a short link."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect
from tests.journeys.panels import logged, open_workspace, panel_of
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

RUNS = """
import json, math
import wanllmdb

for n in range(6):
    config = {"lr": 0.1 if n % 2 else 0.01, "seed": n // 2}
    run = wanllmdb.init(project="llm", id=f"run-{n}", name=f"pine-{n}", config=config)
    for step in range(60):
        loss = math.exp(-step / 30) + (1 if n % 2 else 3) + 0.4 * (n // 2)
        run.log({"train/loss": loss, "train/tokens": step * 4096})
    run.finish()
print("LEDGER" + json.dumps({}))
"""


def drawn(panel: Locator) -> Locator:
    """What a panel says that it draws, once it draws this many groups."""
    return panel.get_by_role("group")


def settled_picture(page: Page, panel: Locator) -> bytes:
    """The plot of a panel, once two pictures of it are the same."""
    page.mouse.move(5, 5)
    before = b""
    for _ in range(40):
        now = panel.locator(".chart-host").screenshot()
        if now == before:
            return now
        before = now
        page.wait_for_timeout(150)
    raise AssertionError("the panel goes on changing")


def test_groups_draw_a_band_and_a_link_shows_another_user_the_same(
    page: Page, server: ServerProcess, browser: Browser
) -> None:
    logged(server, RUNS)
    open_workspace(page, server, "llm", "?agg=mean:none")
    page.get_by_role("button", name="Group", exact=True).click()
    picker = page.get_by_role("dialog", name="Group runs")
    picker.get_by_role("checkbox", name="lr").check()
    groups = page.get_by_test_id("group-row")
    expect(groups).to_have_count(2)
    assert_open_to_all(page, "the workspace with its grouping")
    panel = panel_of(page, "train/loss")
    expect(drawn(panel)).to_have_accessible_name(re.compile("2 runs"))
    page.keyboard.press("Escape")
    bare = settled_picture(page, panel)

    page.get_by_role("button", name="By lr").click()
    picker.get_by_label("Band").select_option("minmax")
    page.keyboard.press("Escape")
    with_band = settled_picture(page, panel)
    assert with_band != bare

    groups.first.get_by_role("button", name=re.compile("3 runs")).click()
    expect(page.get_by_test_id("run-row")).to_have_count(3)
    groups.first.get_by_role("button", name=re.compile("^Show")).click()
    expect(drawn(panel)).to_have_accessible_name(re.compile("1 run"))
    groups.first.get_by_role("button", name=re.compile("^Show")).click()
    expect(drawn(panel)).to_have_accessible_name(re.compile("2 runs"))

    page.get_by_role("button", name="Copy a link to this view").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    page.context.grant_permissions(["clipboard-read"])
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"/s/[\w-]+$", link), link
    other = member(page, server, browser)
    other.goto(link)
    expect(other.get_by_test_id("group-row")).to_have_count(2)
    there = panel_of(other, "train/loss")
    expect(drawn(there)).to_have_accessible_name(re.compile("2 runs"))
    assert settled_picture(other, there) == settled_picture(page, panel)
    other.context.close()


def member(page: Page, server: ServerProcess, browser: Browser) -> Page:
    """The page of another user, whom the owner let into the project."""
    headers = {"X-Wanllmdb-Csrf": "1", "Origin": server.url}
    api = f"{server.url}/api/v1"
    user = {"name": "vic", "password": "a long passphrase of vic"}
    made = page.request.post(f"{api}/users", data=user, headers=headers)
    assert made.ok, made.text()
    path = f"{api}/projects/{server.owner}/llm/members/vic"
    let_in = page.request.put(path, data={"role": "viewer"}, headers=headers)
    assert let_in.ok, let_in.text()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    login = {"username": "vic", "password": user["password"]}
    signed = context.request.post(f"{api}/auth/login", data=login, headers=headers)
    assert signed.ok, signed.text()
    return context.new_page()


def test_a_wrong_filter_is_told_and_what_was_found_stays(page: Page, server: ServerProcess) -> None:
    logged(server, RUNS)
    open_workspace(page, server, "llm", "?x=key:train/tokens")
    rows = page.get_by_test_id("run-row")
    expect(rows).to_have_count(6)
    field = page.get_by_role("textbox", name="Filter runs")
    field.fill("config.lr = 0.1 and config.seed < 2")
    expect(rows).to_have_count(2)
    field.fill("config.lr = 0.1 and config.seed <")
    expect(page.get_by_role("alert")).to_contain_text(
        re.compile(r"^Column \d+: a value is missing")
    )
    expect(rows).to_have_count(2)
    field.fill("")
    expect(rows).to_have_count(6)
