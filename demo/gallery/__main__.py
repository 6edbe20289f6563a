"""`make screenshots`: pictures of every page, light and dark, into docs/images.

Starts a server of its own on a folder that is removed afterwards, logs the trainings of
`trainings`, and opens the pages in the system's Chromium.

Usage: python -m demo.gallery CHROMIUM [--only WORD] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, sync_playwright
from tests.journeys.processes import ServerProcess, eventually

REPOSITORY = Path(__file__).resolve().parents[2]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 780}
SETTLED_MS = 1200  # after the last request: curves are drawn, what fades in has faded in
PAINTED = """() => {
    const seen = [...document.querySelectorAll('[data-testid=panel]')].filter((panel) => {
        const { top, bottom } = panel.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    });
    return seen.every((panel) => panel.querySelector('[data-painted]'));
}"""


# Whoever takes the pictures has folders of their own, which nobody else needs to read.
WITHOUT_FOLDERS = """(folders) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const folder of folders) {
            if (node.data.includes(folder)) node.data = node.data.replaceAll(folder, "~");
        }
    }
}"""


@dataclass(frozen=True)
class Shot:
    """A picture: its name, where, and what is done there first."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None
    phone: bool = False
    signed_in: bool = True


def _open_settings(page: Page) -> None:
    panel = page.get_by_test_id("panel").first
    panel.hover()
    panel.get_by_role("button", name="Settings of").click()


def _point(page: Page) -> None:
    box = page.locator("[data-testid=panel][data-key='train/loss']").bounding_box()
    if box is not None:
        page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.6)


BEST = "run-08,run-09,run-12,run-13,run-14,run-15"
IDS = ",".join(f"{{owner}}/vision/{run}" for run in BEST.split(","))

SHOTS = (
    Shot("workspace", "/{owner}/vision/workspace?smooth=ema:0.5&latest=24", _point),
    Shot("workspace-groups", "/{owner}/vision/workspace?latest=48&group=config.lr&agg=mean:std"),
    Shot("panel-settings", "/{owner}/vision/workspace?smooth=ema:0.5", _open_settings),
    Shot("panel-full", "/{owner}/vision/workspace?panel=train%2Floss&smooth=ema:0.5"),
    Shot("runs", "/{owner}/vision/table"),
    Shot(
        "runs-filtered",
        "/{owner}/vision/table?f=config.lr <= 0.03 and state = finished",
    ),
    Shot("runs-groups", "/{owner}/vision/table?group=config.optimizer,config.lr"),
    Shot("compare", "/runs/compare?ids=" + IDS),
    Shot("compare-diff", "/runs/compare?tab=diff&ids=" + IDS),
    Shot("compare-charts", "/runs/compare?tab=charts&ids=" + IDS),
    Shot("compare-analysis", "/runs/compare?tab=analysis&ids=" + IDS),
    Shot("plots-parallel", "/{owner}/vision/plots?plot=parallel"),
    Shot("plots-scatter", "/{owner}/vision/plots?plot=scatter"),
    Shot("plots-importance", "/{owner}/vision/plots?plot=importance"),
    Shot("plots-correlations", "/{owner}/vision/plots?plot=correlations"),
    Shot("plots-groups", "/{owner}/vision/plots?plot=groups&by=config.lr"),
    Shot("run", "/{owner}/vision/runs/run-08/overview"),
    Shot("run-charts", "/{owner}/vision/runs/run-live/charts"),
    Shot("run-media", "/{owner}/vision/runs/run-08/media"),
    Shot("run-system", "/{owner}/vision/runs/run-live/system"),
    Shot("run-logs", "/{owner}/vision/runs/run-live/logs"),
    Shot("run-files", "/{owner}/vision/runs/run-08/files"),
    Shot("run-artifacts", "/{owner}/vision/runs/run-08/artifacts"),
    Shot("run-code", "/{owner}/vision/runs/run-08/code"),
    Shot("projects", "/"),
    Shot("settings", "/settings"),
    Shot("bin", "/{owner}/vision/bin"),
    Shot("login", "/login", signed_in=False),
    Shot("phone-workspace", "/{owner}/vision/workspace", phone=True),
    Shot("phone-run", "/{owner}/vision/runs/run-08/overview", phone=True),
    Shot("phone-runs", "/{owner}/vision/table", phone=True),
)


def main() -> None:
    """Take the pictures."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("chromium")
    told.add_argument("--only", default="", help="pictures whose names hold this")
    told.add_argument("--into", type=Path, default=REPOSITORY / "docs" / "images")
    asked = told.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox"])
        session = signed_in(browser, server)
        wanted = [shot for shot in SHOTS if asked.only in shot.name]
        for theme in ("light", "dark"):
            for shot in wanted:
                take(browser, server, shot, theme, asked.into, session)
        browser.close()


@contextmanager
def serving(folder: Path) -> Iterator[ServerProcess]:
    """A server with all trainings in it, the last of which is on."""
    server = ServerProcess(folder, fresh=True).start()
    script = Path(__file__).with_name("trainings.py")
    lasting = server.run_script(script, "lasting")  # the first of them, with the first colour
    try:
        live = f"/projects/{server.owner}/vision/runs/run-live"
        eventually(lambda: _has(server, live), seconds=60, why="the first training begins")
        print("logging the trainings …", flush=True)
        output, _ = server.run_script(script).communicate(timeout=300)
        print(output.decode()[-2000:] if b"Error" in output else "", end="")
        time.sleep(20)  # until the first has come to where it waits
        yield server
    finally:
        lasting.kill()
        lasting.wait()
        server.stop()


def _has(server: ServerProcess, path: str) -> bool:
    try:
        return bool(server.get(path))
    except OSError:
        return False


def signed_in(browser: Browser, server: ServerProcess) -> StorageState:
    """The session of a browser that used the one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.sign_in_url())
    page.wait_for_url(lambda url: "/login" not in url, timeout=20_000)
    session = context.storage_state()
    context.close()
    return session


def take(
    browser: Browser,
    server: ServerProcess,
    shot: Shot,
    theme: str,
    into: Path,
    session: StorageState,
) -> None:
    """One picture."""
    context = browser.new_context(
        viewport=PHONE if shot.phone else WIDE,  # type: ignore[arg-type]
        color_scheme=theme,  # type: ignore[arg-type]
        device_scale_factor=2 if shot.phone else 1,
        reduced_motion="reduce",
        storage_state=session if shot.signed_in else None,
    )
    page = context.new_page()
    page.goto(server.url + shot.path.format(owner=server.owner))
    page.wait_for_timeout(SETTLED_MS)
    page.wait_for_function(PAINTED, timeout=30_000)
    page.evaluate(WITHOUT_FOLDERS, [str(REPOSITORY), str(server.root)])
    if shot.prepare is not None:
        shot.prepare(page)
        page.wait_for_timeout(SETTLED_MS)
    name = shot.name if theme == "light" else f"{shot.name}-dark"
    into.mkdir(parents=True, exist_ok=True)
    target = into / f"{name}.png"
    page.screenshot(path=target)
    context.close()
    shrink(target)
    print(f"{name}: {target.stat().st_size // 1000} kB", flush=True)


def shrink(path: Path) -> None:
    """The same picture in fewer bytes. All its colours stay: a run has one on every page."""
    with Image.open(path) as image:
        image.convert("RGB").save(path, optimize=True)


if __name__ == "__main__":
    main()
