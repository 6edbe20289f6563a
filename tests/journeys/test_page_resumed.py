"""The page beside a run that is killed and resumed: the line is the latest one, live and later."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator

from playwright.sync_api import Page, expect
from tests.journeys.panels import hover, open_workspace, panel_of, shown_value, written
from tests.journeys.processes import ServerProcess, eventually

# The first attempt is at 9 and has a spike of 50 at step 600; the second one is at 5.
TRAINING = """
import sys, time
import wanllmdb as wandb

first, last, level = map(int, sys.argv[1:])
wandb.init(project="resumed", id="again", name="again", resume="allow")
for step in range(first, last):
    wandb.log({"loss": 50.0 if step == 600 and level == 9 else level + step / 1e6}, step=step)
time.sleep(600)
"""


@contextlib.contextmanager
def training(server: ServerProcess, first: int, last: int, level: int) -> Iterator[None]:
    process: subprocess.Popen[bytes] = server.run_script(
        written(server.root, TRAINING), str(first), str(last), str(level)
    )
    try:
        yield
    finally:
        process.kill()
        process.communicate()


def test_a_line_that_is_watched_is_drawn_anew_when_its_run_is_resumed(
    page: Page, server: ServerProcess
) -> None:
    with training(server, 0, 700, 9):
        eventually(lambda: count(server) == 700, why="the first attempt came")
        open_workspace(page, server, "resumed")
        panel = panel_of(page, "loss")
        eventually(lambda: shown_value(panel) == 9 + 699 / 1e6, why="its last value is shown")
        expect(panel.get_by_role("group")).to_have_attribute("aria-label", re.compile("0 to 699"))
    with training(server, 500, 520, 5):
        eventually(lambda: shown_value(panel) == 5 + 519 / 1e6, why="the second attempt is shown")
        # What the first attempt logged behind step 500 is gone, without a reload and after one.
        for _ in range(2):
            expect(panel.get_by_role("group")).to_have_attribute(
                "aria-label", re.compile("0 to 519")
            )
            hover(page, panel, 0.95)
            step = page.locator(".chart-tip-x").inner_text()
            value = page.locator(".chart-tip-value").first.inner_text()
            assert 500 <= int(step) < 520
            assert float(value) == 5.0 + float(f"{int(step) / 1e6:.3f}")
            page.reload()
            eventually(lambda: shown_value(panel) == 5 + 519 / 1e6, why="the same after a reload")
    assert len(server.points("resumed", "again", "loss")) == 520


def count(server: ServerProcess) -> int:
    try:
        return len(server.points("resumed", "again", "loss"))
    except OSError:
        return 0
