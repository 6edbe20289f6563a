"""Fixtures of the journeys: a running server, and a page in the system's Chromium."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    expect,
    sync_playwright,
)
from tests.journeys.processes import ServerProcess

ROOT = Path(__file__).resolve().parents[2]

expect.set_options(timeout=20_000)  # nothing is promised of how long a busy machine takes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/journeys/" in str(item.path):
            item.add_marker(pytest.mark.journey)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path).start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium; the script says what to install where there is none."""
    found = subprocess.run(
        [str(ROOT / "scripts" / "chromium.sh")], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@pytest.fixture
def browser(chromium_path: str) -> Iterator[Browser]:
    """A browser for one test: its event loop must not run while other tests use theirs."""
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic",
                  "--disable-background-networking", "--disable-component-update"],
        )  # fmt: skip
        yield instance
        instance.close()


class Faults:
    """What a page complained of: script errors, refused requests, requests to other origins."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def forgive(self, pattern: str) -> None:
        """Leave out what a test provoked itself; there must have been some of it."""
        left = [one for one in self.found if not re.search(pattern, one)]
        assert left != self.found, f"no fault was like {pattern!r}: {self.found}"
        self.found = left

    def watch(self, page: Page, origin: str) -> None:
        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                where = message.location.get("url", "").removeprefix(origin)
                self.found.append(f"console: {message.text} {where}".rstrip())

        def asked(request: Request) -> None:
            if request.url.startswith(("http:", "https:")) and not request.url.startswith(origin):
                self.found.append(f"other origin: {request.url}")

        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("dialog", self._refuse)
        page.on("console", said)
        page.on("request", asked)

    def _refuse(self, dialog: Dialog) -> None:
        self.found.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def page(browser: Browser, server: ServerProcess, faults: Faults) -> Iterator[Page]:
    """A page that is signed in by the printed one-time link; its faults fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    faults.watch(opened, server.url)
    opened.goto(server.sign_in_url())
    opened.wait_for_url(lambda url: "/login" not in url, timeout=15_000)
    yield opened
    context.close()
    assert faults.found == []
