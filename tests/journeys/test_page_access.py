"""Every page, part, menu and dialog, in both themes, as axe sees it; and by the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import logged, open_workspace, panel_of, project_url
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

LOGGED = """
import json
import wanllmdb as wandb

ids = []
for n in range(10):
    config = {"lr": 10.0 ** -(1 + n % 4), "seed": n % 2, "model": "vit" if n % 2 else "resnet"}
    run = wandb.init(project="seen", name=f"run-{n}", config=config, tags=["a tag"])
    for i in range(30):
        run.log({"train/loss": (1 + n) / (i + 1), "train/acc": i / 60, "lr": config["lr"]})
    if n == 0:
        run.log({"picture": wandb.Html("<p>drawn</p>")})
        print("a line of the log")
        artifact = wandb.Artifact("weights", type="model")
        with artifact.new_file("weights.txt") as file:
            file.write("1 2 3")
        run.log_artifact(artifact)
    run.finish(1 if n == 3 else 0)
    ids.append(run.id)
print("LEDGER", json.dumps({"ids": ids}))
"""

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
OF_A_RUN = ("overview", "charts", "media", "system", "logs", "files", "artifacts", "code")
OF_COMPARE = ("stats", "diff", "charts", "analysis", "code", "system")
OF_PLOTS = ("parallel", "scatter", "importance", "correlations", "groups")


class Eyes:
    """Looks at pages in one theme, and at what opens on them."""

    def __init__(self, server: ServerProcess, page: Page, theme: str) -> None:
        self.server, self.page, self.theme = server, page, theme
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]

    def visit(self, path: str, *seen: Locator) -> None:
        self.page.goto(f"{self.server.url}{path}")
        for part in seen or (self.page.get_by_role("heading").first,):
            expect(part).to_be_visible()
        expect(self.page.locator("html")).to_have_attribute("data-theme", self.theme)
        self.look(path)

    def look(self, what: str) -> None:
        assert_open_to_all(self.page, f"{what} in {self.theme}")

    def opened(self, what: str, by: Callable[[], None], role: str = "menu") -> None:
        """Open it, look, and close it as everything closes."""
        by()
        expect(self.page.get_by_role(role).last).to_be_visible()  # type: ignore[arg-type]
        self.look(what)
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role(role)).to_have_count(0)  # type: ignore[arg-type]


@pytest.mark.timeout(300)
@THEMES
def test_pages_of_all_projects_and_of_one(
    server: ServerProcess, page: Page, browser: Browser, theme: str, faults: Faults
) -> None:
    ids = logged(server, LOGGED)["ids"]
    eyes, place = Eyes(server, page, theme), f"/{server.owner}/seen"
    rows = page.get_by_test_id("table-row")
    eyes.visit("/", page.get_by_test_id("project-row"))
    eyes.opened("the search", lambda: page.keyboard.press("Control+k"), "dialog")
    eyes.opened("the keys", lambda: page.keyboard.press("Control+/"), "dialog")
    eyes.visit("/settings", page.get_by_role("table").first)
    eyes.visit("/nobody/nothing", page.get_by_text("There is nothing here"))
    eyes.visit("/s/none", page.get_by_text("There is nothing here"))
    eyes.visit(f"{place}/table", rows.nth(9))
    eyes.visit(f"{place}/table?group=config.model", page.get_by_text("resnet").first)
    for part in OF_A_RUN:
        eyes.visit(f"{place}/runs/{ids[0]}/{part}")
    eyes.visit(f"{place}/runs/none/overview")

    faults.forgive("404")  # of what is not there

    door = browser.new_context(color_scheme=theme).new_page()  # type: ignore[arg-type]
    door.goto(f"{server.url}{place}")
    expect(door.get_by_role("button", name="Sign in")).to_be_visible()
    assert_open_to_all(door, f"the sign-in page in {theme}")
    door.context.close()


@pytest.mark.timeout(300)
@THEMES
def test_comparisons_and_plots(server: ServerProcess, page: Page, theme: str) -> None:
    ids = ",".join(logged(server, LOGGED)["ids"])
    eyes, place = Eyes(server, page, theme), f"/{server.owner}/seen"
    eyes.visit(f"{place}/compare", page.get_by_role("checkbox", name=re.compile("run-9")))
    for part in OF_COMPARE:
        tab = page.get_by_role("tab", name=part.title())
        eyes.visit(f"{place}/compare?ids={ids}&tab={part}&at=5", tab)
    eyes.visit(f"{place}/compare?ids={ids}", page.get_by_test_id("table-row").first)
    chip = page.get_by_test_id("chip").first.get_by_role("button")
    eyes.opened("a run's menu", lambda: chip.press("Enter"))
    eyes.opened("exports", lambda: page.get_by_role("button", name="Export").press("Enter"))
    views = page.get_by_role("button", name="View: Not saved")
    eyes.opened("saved views", lambda: views.press("Enter"))
    metrics = page.get_by_test_id("metrics")
    eyes.opened("the choice of metrics", lambda: metrics.press("Enter"), "dialog")
    save = page.get_by_role("button", name="Save view")
    eyes.opened("the name of a view", lambda: save.press("Enter"), "dialog")
    choose = page.get_by_role("button", name="Choose runs")
    eyes.opened("the choice of runs", lambda: choose.press("Enter"), "dialog")

    for kind in OF_PLOTS:
        painted = page.get_by_test_id("plot").locator("[data-painted]").first
        weighed = page.get_by_test_id("parameter").first
        seen = weighed if kind == "importance" else painted
        eyes.visit(f"{place}/plots?plot={kind}", seen)
    eyes.visit(f"{place}/plots", page.get_by_test_id("inside-row").first)
    eyes.opened("columns", lambda: page.get_by_test_id("columns").press("Enter"), "dialog")
    axes = page.get_by_role("button", name="Axes")
    eyes.opened("axes", lambda: axes.press("Enter"), "dialog")
    take = page.get_by_role("button", name=re.compile("^Download "))
    eyes.opened("pictures", lambda: take.press("Enter"))
    take.press("Enter")
    publish = page.get_by_role("menuitem", name="Publish…")
    eyes.opened("pictures for print", lambda: publish.press("Enter"), "dialog")


@pytest.mark.timeout(300)
@THEMES
def test_the_workspace(server: ServerProcess, page: Page, theme: str) -> None:
    logged(server, LOGGED)
    eyes = Eyes(server, page, theme)
    open_workspace(page, server, "seen")
    eyes.look("the workspace")
    more = page.get_by_role("button", name="More for train/loss")
    panel_of(page, "train/loss").hover()
    eyes.opened("a panel's menu", lambda: more.press("Enter"))
    views = page.get_by_role("button", name=re.compile("^View: "))
    eyes.opened("saved views", lambda: views.press("Enter"))
    open_workspace(page, server, "seen", "?panel=train%2Floss")
    eyes.look("a panel in full")
    open_workspace(page, server, "seen", "?group=config.model")
    eyes.look("the workspace in groups")


@pytest.mark.timeout(240)
def test_runs_are_opened_filtered_compared_and_taken_away_by_keyboard(
    server: ServerProcess, page: Page, tmp_path: Path
) -> None:
    """No pointer from the first page to a file on the disk."""
    logged(server, LOGGED)
    keys = page.keyboard
    page.goto(server.url)
    expect(page.get_by_test_id("project-row")).to_be_visible()

    # Open: the search finds the project's run, and leads there.
    keys.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.type("seen")
    option = page.get_by_role("option", name=re.compile("seen")).first
    expect(option).to_be_visible()
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/seen"))

    # Filter: the runs of one model.
    page.goto(project_url(server, "seen", "plots"))
    expect(page.get_by_test_id("plotted")).to_have_text("10 runs")
    reach(page, page.get_by_label("Filter runs"))
    keys.type("config.model = vit")
    keys.press("Enter")
    expect(page.get_by_test_id("plotted")).to_have_text("5 runs")

    # Compare: those that were found.
    reach(page, page.get_by_role("link", name="Compare").last)
    keys.press("Enter")
    expect(page.get_by_test_id("chip")).to_have_count(5)
    reach(page, page.get_by_role("tab", name="Stats"))
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(page.get_by_role("tab", name="Diff")).to_have_attribute("aria-selected", "true")

    # Export: the differences as a file.
    reach(page, page.get_by_role("button", name="Export"))
    keys.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    entry = page.get_by_role("menuitem", name="Download Markdown")
    for _ in range(8):
        if entry.evaluate("(it) => it === document.activeElement"):
            break
        keys.press("ArrowDown")
    with page.expect_download() as kept:
        keys.press("Enter")
    kept.value.save_as(tmp_path / "differences.md")
    lines = (tmp_path / "differences.md").read_text().splitlines()
    assert lines[0].startswith("| key | run-")
    assert any(line.startswith("| config.lr |") for line in lines)


def reach(page: Page, wanted: Locator, most: int = 80) -> None:
    """Go on with Tab until it has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(most):
        if wanted.evaluate("(it) => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"No way by Tab to {wanted}")
