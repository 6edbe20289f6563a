"""The loss receipt on the run page: green, red and open, in both themes, by keyboard."""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.processes import ServerProcess
from tests.journeys.test_page_accessible import assert_open_to_all

from wanllmdb import wire
from wanllmdb.wire import Kind

T0 = 1_700_000_000_000_000
ROWS = 1204
FINISH = {"exit_code": 0, "time_us": None, "logged": ROWS, "lost": 6}
PICTURES = os.environ.get("WANLLMDB_TEST_PICTURES")  # a folder, for whoever wants to look


def post(server: ServerProcess, path: str, body: bytes, kind: str = wire.CONTENT_TYPE) -> None:
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": kind}
    request = urllib.request.Request(f"{server.url}/api/v1{path}", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status in (200, 201)


def write_run(server: ServerProcess, name: str, *ends: tuple[int, Any], rows: int = ROWS) -> str:
    """A run of one writer that logged so many rows and said these records at its end."""
    run = f'{{"id": "{name}", "project": "receipts", "writer": "rank-0"}}'
    post(server, "/runs", run.encode(), "application/json")
    records = [
        (at, int(Kind.ROW), wire.encode([at, T0 + at, {"loss": 1 / at}]))
        for at in range(1, rows + 1)
    ]
    records += [
        (at, int(kind), wire.encode(payload)) for at, (kind, payload) in enumerate(ends, rows + 1)
    ]
    place = f"/projects/{server.owner}/receipts/runs/{name}"
    post(server, f"{place}/writers/rank-0/batches", wire.pack(0, records))
    return f"{server.url}/{server.owner}/receipts/runs/{name}"


def look(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_run_shows_its_receipt(server: ServerProcess, page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    loss = {"reason": "disk", "count": 6, "detail": "No space left on device"}
    whole = write_run(
        server, "whole", (Kind.FINISH, FINISH), (Kind.TALLY, {"rows": ROWS, "lost": {}})
    )
    holed = write_run(
        server,
        "holed",
        (Kind.LOSS, loss),
        (Kind.FINISH, FINISH),
        (Kind.TALLY, {"rows": ROWS + 4129, "lost": {"disk": 6}}),
    )
    going = write_run(server, "going")

    page.goto(whole)
    line = page.get_by_test_id("receipt")
    expect(line).to_have_text("complete: 1\u00a0204 rows")
    line.focus()
    page.keyboard.press("Enter")
    receipt = page.get_by_role("dialog", name="Loss receipt")
    expect(receipt).to_contain_text("1\u00a0204 rows logged, 1\u00a0204 stored.")
    receipt.get_by_role("button", name="Count again").click()
    expect(receipt).to_contain_text("1\u00a0204 points read again, all that came.")
    look(page, f"whole-{theme}")
    assert_open_to_all(page, f"the receipt of a complete run, {theme}")
    page.keyboard.press("Escape")
    expect(receipt).not_to_be_visible()
    expect(line).to_be_focused()

    page.goto(holed)
    expect(line).to_contain_text("incomplete: 6 rows never reached the disk of the writer")
    line.click()
    expect(receipt).to_contain_text("No space left on device")
    expect(receipt).to_contain_text("4 123 rows of writer rank-0 are not here")
    expect(receipt).to_contain_text("wanllmdb sync")
    look(page, f"holed-{theme}")
    assert_open_to_all(page, f"the receipt of an incomplete run, {theme}")

    page.goto(going)
    expect(line).to_have_text("open: 1\u00a0204 rows so far")
    look(page, f"going-{theme}")
    assert_open_to_all(page, f"the receipt of a run that goes on, {theme}")
