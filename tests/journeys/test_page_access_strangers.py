"""Who may see nothing is told nothing: what is not theirs looks as what is not there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import logged
from tests.journeys.processes import ServerProcess

HUSH = "hush"  # stands in all names of what is another's
PHRASE = "a long enough password"

LOGGED = """
import json
import wanllmdb as wandb

ids = []
for n in range(9):
    config = {"hush-key": n, "model": "hush-model"}
    run = wandb.init(project="hush", name=f"hush-{n}", config=config, tags=["hush-tag"])
    run.log({"hush/loss": 1 / (n + 1)})
    run.finish()
    ids.append(run.id)
print("LEDGER", json.dumps({"ids": ids}))
"""

PAGES = (
    "", "/workspace", "/table", "/compare", "/compare?ids={run}&tab=diff", "/plots",
    "/plots?plot=importance", "/runs/{run}/overview", "/runs/{run}/charts", "/runs/{run}/media",
    "/runs/{run}/system", "/runs/{run}/logs", "/runs/{run}/files", "/runs/{run}/artifacts",
    "/runs/{run}/code", "/workspace?view={view}",
)  # fmt: skip


def ask(server: ServerProcess, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
    """The status and the JSON of a route, for whoever holds the key."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}/api/v1{path}", content, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def kept(server: ServerProcess) -> dict[str, str]:
    """A run, a view, a link of the owner's project, and another user who is no member."""
    place = f"/projects/{server.owner}/{HUSH}"
    run = logged(server, LOGGED)["ids"][0]
    view = {"name": "hush view", "kind": "workspace", "shared": True, "content": {"hush": 1}}
    _, view = ask(server, f"{place}/views", view, server.key)
    link = {"path": f"/{server.owner}/{HUSH}/workspace", "state": "find=hush"}
    _, link = ask(server, f"{place}/links", link, server.key)
    user = {"name": "sam", "password": PHRASE}
    status, said = ask(server, "/users", user, server.key)
    assert status == 201, said
    return {"run": run, "view": view["id"], "link": link["hash"]}


def sign_in(page: Page, server: ServerProcess) -> None:
    page.goto(f"{server.url}/login")
    page.get_by_label("User name").fill("sam")
    page.get_by_label("Password or API key").fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def words(page: Page) -> str:
    """All that a page says, its title and its labels among it."""
    said = page.evaluate(
        """() => document.title + document.body.innerText + [...document.querySelectorAll(
            '[title],[aria-label],input')].map((one) => [one.title, one.ariaLabel, one.value])"""
    )
    return str(said)


@pytest.fixture
def stranger(browser: Browser, server: ServerProcess) -> BrowserContext:
    return browser.new_context(viewport={"width": 1280, "height": 800})


@pytest.mark.timeout(240)
def test_a_foreign_page_and_a_missing_one_look_the_same(
    server: ServerProcess, stranger: BrowserContext, faults: Faults
) -> None:
    ids = kept(server)
    page = stranger.new_page()
    faults.watch(page, server.url)
    sign_in(page, server)
    expect(page.get_by_role("main")).not_to_be_empty()
    assert HUSH not in words(page)

    for path in PAGES:
        said: list[str] = []
        for project, known in ((HUSH, ids), ("none", dict.fromkeys(ids, "none"))):
            page.goto(f"{server.url}/{server.owner}/{project}{path.format(**known)}")
            expect(page.get_by_text("There is nothing here")).to_be_visible()
            text = words(page)
            said.append(text.replace(project, "…").replace(known["run"], "…"))
        assert said[0] == said[1], path

    # Beside each other, a foreign run is one that is not there.
    refs = [f"{server.owner}/{HUSH}/{ids['run']}", f"{server.owner}/none/none"]
    page.goto(f"{server.url}/runs/compare?ids={','.join(refs)}")
    expect(page.get_by_text("2 runs not there, or not yours to see")).to_be_visible()
    assert f"{HUSH}-0" not in words(page)

    seen: list[str] = []
    for link in (ids["link"], "0" * len(ids["link"])):
        page.goto(f"{server.url}/s/{link}")
        expect(page.get_by_text("There is nothing here")).to_be_visible()
        seen.append(words(page).replace(link, "…"))
        assert page.url.endswith(f"/s/{link}")
    assert seen[0] == seen[1]
    assert HUSH not in seen[0]
    faults.forgive("404")
    assert faults.found == []
    stranger.close()


@pytest.mark.timeout(120)
def test_who_is_not_signed_in_sees_the_door_alone(
    server: ServerProcess, stranger: BrowserContext
) -> None:
    ids = kept(server)
    page = stranger.new_page()
    for path in (*PAGES, "/s/{link}"):
        at = path.format(**ids)
        whole = f"{server.url}/s/{ids['link']}" if path.startswith("/s/") else None
        page.goto(whole or f"{server.url}/{server.owner}/{HUSH}{at}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert HUSH not in words(page)
    for path, body in (
        ("/projects", None),
        ("/runs/lookup", {"runs": [f"{server.owner}/{HUSH}/{ids['run']}"]}),
        ("/compare", {"runs": [f"{server.owner}/{HUSH}/{ids['run']}"]}),
        (f"/links/{ids['link']}", None),
    ):
        status, said = ask(server, path, body)
        assert status == 401
        assert HUSH not in json.dumps(said)
    stranger.close()
