"""A comparison that is kept: as a view, undone and done again, at a step, as files."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import logged, panel_of, project_url
from tests.journeys.processes import ServerProcess

# Names that mean something to those who read tables; a commit; runs that never logged a key.
LOGGED = r"""
import json, os, subprocess, time
import wanllmdb as wandb

os.makedirs("code")
os.chdir("code")
who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
for told in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "first"]):
    subprocess.run(["git", *told], check=True)
commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout
ids = []
for n, name in enumerate(['=1+1 "a", 50%', r"b_1 | c^2 & \d {e} #$~", "plain"]):
    run = wandb.init(
        project="kept", name=name, config={"text": name, "seed": n}, tags=["a tag", "b_c"][: n + 1],
        settings={"monitor_interval": 0.2},
    )
    for i in range(100):
        row = {"loss": 1 / (i + 1) + n, "half": float("nan") if n == 1 else i / 2}
        if n == 0:
            row["alone"] = i
        run.log(row)
    time.sleep(1.5)
    run.finish(1 if n == 2 else 0)
    ids.append(run.id)
print("LEDGER", json.dumps({"ids": ids, "commit": commit.strip()}))
"""


def taken(page: Page, what: str) -> str:
    """What is downloaded from the menu."""
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as kept:
        page.get_by_role("menuitem", name=what).click()
    return kept.value.path().read_bytes().decode()


@pytest.mark.timeout(180)
def test_a_comparison_is_kept_changed_undone_and_found_again(
    server: ServerProcess, page: Page
) -> None:
    ids = logged(server, LOGGED)["ids"]
    page.goto(project_url(server, "kept", f"compare?ids={','.join(ids)}"))
    chips, rows = page.get_by_test_id("chip"), page.get_by_test_id("table-row")
    expect(rows).to_have_count(3)

    page.get_by_label("At step").fill("9")
    page.get_by_label("At step").press("Enter")
    expect(page.get_by_role("button", name="loss at 9")).to_be_visible()
    expect(rows.nth(0)).to_contain_text("0.1000")
    page.get_by_role("button", name="loss at 9").click()
    expect(page).to_have_url(re.compile("sort="))

    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name").fill("At nine")
    page.get_by_role("checkbox", name="Shared").check()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="View: At nine")).to_be_visible()
    expect(page.get_by_text("Edited")).to_have_count(0)

    chips.nth(2).get_by_role("button").click()
    page.get_by_role("menuitem", name="Remove from comparison").click()
    expect(chips).to_have_count(2)
    expect(page.get_by_text("Edited")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(chips).to_have_count(3)
    expect(page.get_by_text("Edited")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(chips).to_have_count(2)
    page.reload()
    page.get_by_role("button", name="Undo").click()
    expect(chips).to_have_count(3)

    # The view alone brings all of it back, also where no project is named.
    view = re.search(r"view=([^&]+)", page.url)
    assert view
    page.goto(project_url(server, "kept", f"compare?view={view[1]}"))
    expect(chips).to_have_count(3)
    expect(page.get_by_role("button", name="loss at 9")).to_be_visible()

    page.get_by_role("button", name="View: At nine").click()
    page.get_by_role("menuitem", name="Delete view").click()
    expect(page.get_by_role("button", name="View: Not saved")).to_be_visible()
    page.get_by_label("Messages").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="View: At nine")).to_be_visible()


@pytest.mark.timeout(180)
def test_a_comparison_is_taken_away_in_every_format(server: ServerProcess, page: Page) -> None:
    ledger = logged(server, LOGGED)
    page.goto(project_url(server, "kept", f"compare?ids={','.join(ledger['ids'])}"))
    expect(page.get_by_test_id("table-row")).to_have_count(3)
    expect(page.get_by_test_id("tiles")).to_contain_text("66.7 %")
    expect(page.get_by_test_id("table-row").first).to_contain_text(ledger["commit"][:7])

    head, *lines = csv.reader(io.StringIO(taken(page, "Download CSV")))
    assert head[:5] == ["Run", "State", "Duration", "Git", "Tags"]
    table = [dict(zip(head, line, strict=True)) for line in lines]
    assert table[0]["Run"] == '\'=1+1 "a", 50%'  # what begins like a formula is none
    assert (table[2]["State"], table[2]["Tags"]) == ("failed", "a tag b_c")
    assert {line["Git"] for line in table} == {ledger["commit"]}
    assert [float(line["loss"]) for line in table] == [0.01, 1.01, 2.01]
    assert [line["half"] for line in table] == ["49.5", "NaN", "49.5"]
    assert [line["alone"] for line in table] == ["99", "", ""]

    markdown = taken(page, "Download Markdown").splitlines()
    cells = {len(re.findall(r"(?<!\\)\|", line)) for line in markdown}
    assert cells == {len(head) + 1}  # no name opens a cell of its own

    latex = taken(page, "Download LaTeX")
    rows = [line for line in latex.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {len(head) - 1}
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 1
    bare = re.sub(r"\\textbackslash\{\}|\\[&%$#_{}]|\\[a-z]+(\{\})?|\\\\", "", latex)
    inside = bare.split("tabular", 1)[1].rsplit("tabular", 1)[0]
    assert not re.search(r"[&%$#_^~]", re.sub(r" & |\$-\$", "", inside)), inside


@pytest.mark.timeout(180)
def test_machines_are_compared_too(server: ServerProcess, page: Page) -> None:
    ids = logged(server, LOGGED)["ids"]
    page.goto(project_url(server, "kept", f"compare?ids={','.join(ids)}&tab=system"))
    panel = panel_of(page, "system/cpu")
    expect(panel.locator("[data-painted]")).to_be_visible()
    page.get_by_test_id("metrics").click()
    page.get_by_label("Find metrics").fill("memory")
    page.get_by_role("button", name="None").click()
    page.get_by_role("checkbox").first.check()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel")).to_have_count(1)
    expect(panel).to_have_count(0)
