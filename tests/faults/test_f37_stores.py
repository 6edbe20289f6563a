"""F37, of the metric store: files of every former layout are read, row by row, also after the step
to the present one was killed at any statement; those of a later layout are left alone.

The files in golden/stores were written by the servers of their time.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import math
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.conftest import Many
from tests.server.processes import Running

from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.database import NAME
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

GOLDEN = Path(__file__).parent / "golden/stores"
STORES = sorted(GOLDEN.glob("*.db.gz"))
NEWEST = GOLDEN / "before-checks.db.gz"  # the others are tried less often in `make test`
T0 = 1_700_000_000_000_000
ROWS = {1: 100, 2: 100, 3: 160}  # sealed, only in the log, and both


class Opener:
    """The process whose forks die as they open a store (`opening`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.opening"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def open(self, folder: Path, *, until: int) -> int:
        """Open the store until SIGKILL comes at that statement; the exit status."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(folder), until]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            stream.close()
        self._process.wait(60)


@pytest.fixture(scope="module")
def opener() -> Iterator[Opener]:
    opener = Opener()
    yield opener
    opener.close()


def unpacked(golden: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(gzip.decompress(golden.read_bytes()))
    return folder


def odd(at: int) -> float:
    return (math.nan, math.inf, -math.inf)[at % 3]


async def wrong(folder: Path) -> list[str]:
    """What is not as it was logged."""
    store = SqliteMetricStore.open(folder)
    found: list[str] = []
    for run, rows in ROWS.items():
        expected = {
            "loss": [(at, 1.0 / at) for at in range(1, rows + 1)],
            "odd": [(at, odd(at)) for at in range(1, rows + 1)],
            "text": [(at, f"row {at} ü") for at in range(1, rows + 1) if at % 5 == 0],
        }
        for key, points in expected.items():
            page = await store.points(Series(run, key), Window(), limit=10**6)
            got = list(zip([each - T0 for each in page.time], page.value, strict=True))
            if repr(got) != repr(points) or page.step != [at // 2 for at, _ in points]:
                found.append(f"run {run}: {key} is not what was logged")
        count = await store.count(run)
        if count.damaged or count.points != sum(map(len, expected.values())):
            found.append(f"run {run} counts {count}")
        if await store.positions(run) != {"w": rows}:
            found.append(f"run {run}: {await store.positions(run)}")
    await store.close()
    with contextlib.closing(sqlite3.connect(folder / NAME)) as connection:
        found += [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    return found


def dumped(folder: Path) -> list[str]:
    """All that the file holds, as SQL."""
    with contextlib.closing(sqlite3.connect(folder / NAME)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()
        return [*connection.iterdump(), str(version)]


def named(golden: Path) -> str:
    return golden.name.removesuffix(".db.gz")


@pytest.mark.parametrize("golden", STORES, ids=named)
def test_a_store_of_a_former_layout_is_read_also_if_the_step_to_this_one_was_killed(
    opener: Opener, tmp_path: Path, golden: Path, many: Many, figure: Figure
) -> None:
    kills, stride = 0, many(1 if golden == NEWEST else 6, 1)
    while True:
        folder = unpacked(golden, tmp_path / str(kills))
        statement = 1 + stride * kills
        status = opener.open(folder, until=statement)
        assert asyncio.run(wrong(folder)) == [], f"killed at statement {statement}"
        shutil.rmtree(folder)
        if status == 0:
            break
        assert status == -9
        kills += 1
    assert kills * stride > 5
    figure(f"F37: a store of {named(golden)} opened, {kills} times killed: every row as it was")


def test_a_store_of_a_later_layout_is_left_alone_and_the_server_says_so(tmp_path: Path) -> None:
    server = Running(tmp_path, "--metrics-port", "0")
    folder = unpacked(NEWEST, server.data / "metrics")
    with contextlib.closing(sqlite3.connect(folder / NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = dumped(folder)
    said = server.call("server", "--port", str(server.port), "--data-dir", str(server.data))
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1] == (
        "wanllmdb-server: The metric database was written by a newer wanLLMDB (version 99 of the "
        "file). Install that version or a later one."
    )
    assert "Traceback" not in said.stderr
    assert dumped(folder) == before
