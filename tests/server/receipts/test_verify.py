"""`wanllmdb verify`: what it says of a run, and with which status it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.server.house import House, record, row, send

import wanllmdb as wandb
from wanllmdb.cli import main
from wanllmdb.wire import Kind
from wanllmdb_server.catalog.runs import mark_silent


@dataclass
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Verify = Callable[..., Awaitable[Said]]

KILLED = """
import os, signal
import wanllmdb as wandb

settings = {"console": "off", "monitor_system": False}
run = wandb.init(id="killed", project="vision", mode="offline", settings=settings)
for step in range(100):
    run.log({"loss": step * 0.5})
os.kill(os.getpid(), signal.SIGKILL)
"""

FINISH = {"exit_code": 0, "time_us": None, "logged": 3, "lost": 0}


@pytest.fixture
async def verify(
    house: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> AsyncIterator[Verify]:
    """The command, beside a server that is up, as somebody who may log into the run."""
    home = tmp_path / "home"
    home.mkdir()
    for name, value in {
        "HOME": home,
        "XDG_DATA_HOME": home / "data",
        "XDG_CONFIG_HOME": home / "config",
        "WANLLMDB_API_KEY": house.keys["member"],
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(home)
    async with house.serving() as address:
        monkeypatch.setenv("WANLLMDB_API_URL", f"http://{address}")

        async def verify(*words: str) -> Said:
            capsys.readouterr()
            status = await asyncio.to_thread(main, ["verify", *words])
            return Said(status, *capsys.readouterr())

        yield verify


async def test_a_complete_run_ends_with_0(house: House, verify: Verify) -> None:
    async with house.client("member") as http:
        rows = [row(at, loss=0.5, acc=1.0) for at in range(1, 1205)]
        await send(http, 0, rows)
        await send(http, 1204, [record(1205, Kind.FINISH, FINISH)])
        await send(http, 1205, [record(1206, Kind.TALLY, {"rows": 1204, "lost": {}})])
    said = await verify("ann/vision/first")
    assert (said.status, said.err) == (0, "")
    assert said.out == "complete: 1 204 rows, 2 408 points read again\n"


async def test_the_rows_that_were_logged_are_the_headline(house: House, verify: Verify) -> None:
    async with house.client("member") as http:
        rows = [row(at, loss=0.5) for at in range(1, 1001)]
        line = ["stdout", 1, 1_700_000_000_000_000, "hello"]
        lines = [record(at, Kind.CONSOLE, line) for at in range(1001, 1011)]
        tally = {"rows": 1010, "logged": 1000, "lost": {}}
        ends = [record(1011, Kind.FINISH, FINISH), record(1012, Kind.TALLY, tally)]
        await send(http, 0, [*rows, *lines, *ends])
    said = await verify("ann/vision/first")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "complete: 1 000 rows, 1 010 points read again\n"
        "  and 10 lines and readings of the machine\n"
    )


async def test_a_killed_run_is_complete_when_its_journal_was_read_to_its_end(
    house: House, verify: Verify
) -> None:
    command = [sys.executable, "-c", KILLED]
    done = await asyncio.to_thread(subprocess.run, command, check=False)
    assert done.returncode == -signal.SIGKILL
    assert await asyncio.to_thread(main, ["sync"]) == 0
    said = await verify("vision/killed")
    assert said.status == 3
    assert "what was killed has ended 85 s after it was last heard" in said.out
    house.clock.tick(600)
    mark_silent(house.catalog, listening_since=0, now=house.clock())
    said = await verify("vision/killed")
    assert (said.status, said.err) == (0, "")
    first, note = said.out.splitlines()
    assert first == "complete: 100 rows, 100 points read again"
    assert note.endswith(
        "was killed before it could say its total; another process read its journal to the end"
    )


async def test_a_run_with_losses_ends_with_1_and_says_each_reason(
    house: House, verify: Verify
) -> None:
    async with house.client("member") as http:
        loss = {"reason": "disk", "count": 6, "detail": "no space left"}
        tally = {"rows": 2010, "lost": {"disk": 6}}
        ends = [record(2, Kind.LOSS, loss), record(3, Kind.FINISH, FINISH)]
        await send(http, 0, [row(1, loss=0.5), *ends, record(4, Kind.TALLY, tally)], writer="w")
    said = await verify("ann/vision/first")
    assert said.status == 1
    first, *reasons = said.out.splitlines()
    assert first == "incomplete: 1 of 2 010 rows stored"
    assert reasons == [
        "  6 rows never reached the disk of the writer:"
        " its disk was full or failed for longer than its memory lasted",
        "    no space left",
        "  2 003 rows of writer w are not here",
        "    If the folder of the writer is still on the machine where it ran, run: wanllmdb sync",
    ]


async def test_a_run_that_goes_on_ends_with_3(house: House, verify: Verify) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, loss=0.5)])
    said = await verify("ann/vision/first")
    assert said.status == 3
    assert said.out == "open: 1 row stored\n  the run has not ended\n"


async def test_what_waits_on_this_machine_is_told_with_its_command(
    house: House, verify: Verify
) -> None:
    settings = {"console": "off", "monitor_system": False}

    def train() -> None:
        with wandb.init(id="first", mode="offline", settings=settings) as offline:
            offline.log({"loss": 0.5})

    await asyncio.to_thread(train)
    said = await verify("ann/vision/first", "--json")
    assert (said.status, said.json["state"]) == (3, "open")
    [waiting] = said.json["waiting"]
    assert waiting["bytes"] > 0
    said = await verify("ann/vision/first")
    assert f"run wanllmdb sync {waiting['directory']}" in said.out


async def test_a_run_is_found_by_its_id_alone_where_it_is_the_only_one(
    house: House, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house.client("member") as http:
        run = {"id": "alone", "owner": "ann", "project": "vision"}
        assert (await http.post("/api/v1/runs", json=run)).status_code == 201
    assert (await verify("alone", "--json")).json["state"] == "open"
    said = await verify("nowhere")
    assert (said.status, said.out) == (2, "")
    assert "in no project" in said.err
    monkeypatch.setenv("WANLLMDB_API_KEY", house.keys["admin"])
    said = await verify("first")  # ann and sam both have one
    assert said.status == 2
    assert "several projects" in said.err


async def test_what_is_not_there_ends_with_1_and_nothing_on_standard_output(
    verify: Verify,
) -> None:
    said = await verify("ann/vision/none")
    assert (said.status, said.out) == (1, "")
    assert "none" in said.err
    assert (await verify("ann/vision/")).status == 2
