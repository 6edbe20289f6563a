"""What can be done with a run: measured against, compared, gone on with, deleted and taken back."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import logged, project_url
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

RUNS = """
import json, sys
import wanllmdb

for n in range(2):
    run = wanllmdb.init(project="acts", id=f"run-{n}", name=f"oak-{n}", config={"lr": 0.1, "model": {"depth": n}})
    if n == 0:
        open("data.csv", "w").write("a,b\\n1,2\\n")
        data = wanllmdb.Artifact("digits", "dataset")
        data.add_file("data.csv")
        run.log_artifact(data)
    else:
        run.use_artifact("digits:latest")
    for step in range(20):
        run.log({"loss": 1 / (step + 1) + n})
    run.finish()
print("LEDGER" + json.dumps({}))
"""  # noqa: E501

IN_GIT = """
import json, os, sys
os.chdir("repo")
import wanllmdb

run = wanllmdb.init(project="acts", id="in-git")
run.log({"loss": 1})
run.finish()
print("LEDGER" + json.dumps({}))
"""


def menu(page: Page, item: str) -> None:
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


@pytest.mark.timeout(120)
def test_a_run_is_measured_against_compared_resumed_deleted_and_taken_back(
    server: ServerProcess, page: Page
) -> None:
    logged(server, RUNS)
    page.goto(project_url(server, "acts", "runs/run-0/overview"))
    menu(page, "Set as baseline")
    header = page.locator("header").filter(has=page.get_by_role("heading", name="oak-0"))
    expect(header.get_by_text("Baseline", exact=True)).to_be_visible()

    page.goto(project_url(server, "acts"))
    expect(page.locator("[data-testid=run-row][data-run=run-0]")).to_contain_text("Baseline")
    expect(page.locator("[data-run=run-1]").get_by_test_id("delta")).to_be_visible()
    assert "base=run-0" in page.url

    page.goto(project_url(server, "acts", "runs/run-1/overview"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    menu(page, "Copy resume command")
    expect(page.get_by_text("Resume command copied")).to_be_visible()
    said = page.evaluate("() => navigator.clipboard.readText()")
    assert said.startswith(f"WANLLMDB_ENTITY={server.owner} WANLLMDB_PROJECT=acts ")
    assert "WANLLMDB_RUN_ID=run-1 WANLLMDB_RESUME=must python " in said
    page.get_by_role("button", name="Copy config").click()
    page.get_by_role("menuitem", name="Copy as YAML").click()
    expect(page.get_by_text("Config copied as YAML")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "lr: 0.1\nmodel:\n  depth: 1"

    menu(page, "Compare with the baseline")
    page.wait_for_url(re.compile(r"/runs/compare\?ids="))
    expect(page.get_by_role("main")).to_contain_text("oak-0")
    expect(page.get_by_role("main")).to_contain_text("oak-1")
    page.go_back()
    page.get_by_role("button", name="Compare with…").click()
    page.wait_for_url(re.compile(r"/runs/compare\?ids=[^&]+run-1$"))
    page.go_back()

    menu(page, "Delete run")
    page.wait_for_url(re.compile(r"/acts/table"))
    rows = page.get_by_test_id("table-row")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Undo").last.click()
    page.wait_for_url(re.compile(r"/runs/run-1/"))
    expect(page.get_by_role("heading", name="oak-1")).to_be_visible()
    assert len(server.points("acts", "run-1", "loss")) == 20


@pytest.mark.timeout(120)
def test_the_artifacts_and_the_code_of_a_run(server: ServerProcess, page: Page) -> None:
    logged(server, RUNS)
    repo = server.root / "repo"
    repo.mkdir()
    (repo / "net.py").write_text("depth = 3\n")
    for told in (["init", "-q"], ["add", "net.py"], ["commit", "-q", "-m", "one"]):
        name = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *name, *told], cwd=repo, check=True)
    (repo / "net.py").write_text("depth = 4\n")
    logged(server, IN_GIT)

    page.goto(project_url(server, "acts", "runs/run-1/artifacts"))
    used = page.get_by_test_id("used")
    expect(used).to_contain_text("digits:v0")
    used.locator("summary").click()
    expect(used.get_by_role("link", name="oak-0")).to_be_visible()
    with page.expect_download() as download:
        used.get_by_role("link", name="data.csv").click()
    assert download.value.path().read_text() == "a,b\n1,2\n"
    assert_open_to_all(page, "the artifacts of a run")

    page.goto(project_url(server, "acts", "runs/in-git/code"))
    expect(page.get_by_test_id("git")).to_contain_text("there were changes")
    patch = page.get_by_test_id("patch").filter(has_text="Not committed")
    expect(patch).to_contain_text("-depth = 3")
    expect(patch).to_contain_text("+depth = 4")
    assert_open_to_all(page, "the code of a run")
