"""F34: SIGKILL at every named crash point of the server: 0 acknowledged rows lost, 0 doubled.

The points are found in the code. Those of the metric store are tried on a process that does all
that a store does, and dies at its first passing of the point and at a later one; the others
on a whole server (`test_f34_server_sigkill.py` kills it anywhere).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import Figure
from tests.faults import doomed_store, migrating, store_check
from tests.faults.conftest import Many
from tests.server.processes import Running

OFTEN = {"commit", "seal", "merge"}  # passed again and again
SERVER = Path(__file__).parents[2] / "server/src/wanllmdb_server"


def named(folder: str) -> list[str]:
    """The crash points in the modules of a folder of the server."""
    return sorted(
        name
        for path in (SERVER / folder).rglob("*.py")
        for name in re.findall(r'crash_point\("([^"]+)"\)', path.read_text())
    )


class Doomed:
    """The process that has stores die (`doomed_store`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.doomed_store"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def die(self, crash_at: str, folder: Path) -> int:
        """The exit status of a store that was to die there."""
        folder.mkdir(parents=True)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(doomed_store.order(crash_at, folder))
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            stream.close()
        self._process.wait(60)


@pytest.fixture(scope="session")
def doomed() -> Iterator[Doomed]:
    doomed = Doomed()
    yield doomed
    doomed.close()


def test_every_kind_of_work_of_the_store_has_points_to_die_at() -> None:
    kinds = {name.partition(".")[0] for name in named("metrics")}
    assert kinds >= {
        *("commit", "forget", "attempt", "copy", "layout"),
        *("seal", "ahead", "merge", "part", "erase", "vacuum", "checkpoint"),
    }


@pytest.mark.parametrize("point", named("metrics"))
def test_a_store_that_dies_there_has_all_that_it_acknowledged_and_nothing_twice(
    doomed: Doomed, tmp_path: Path, point: str, many: Many, figure: Figure
) -> None:
    chance = random.Random(point)
    later = many(point.partition(".")[0] in OFTEN, 20)
    times = [1, *(chance.randint(2, 8) for _ in range(later))]
    died = 0
    for number in times:
        folder = tmp_path / str(number) / str(died)
        status = doomed.die(f"{point}:{number}", folder)
        assert status in ({-9} if number == 1 else {-9, 0})
        died += status == -9
        assert asyncio.run(store_check.wrong(folder)) == []
    figure(f"F34: killed {died} × at {point}: 0 acknowledged rows lost, 0 doubled")


def test_a_server_that_dies_at_the_other_points_has_the_runs_and_files_that_it_acknowledged(
    tmp_path: Path, figure: Figure
) -> None:
    server = Running(tmp_path, "--metrics-port", "0")
    # Only the start of a new server passes the points of a migration, and once it is written.
    migration = ["migration.written", "migration.durable"]
    others = [point for point in named("catalog") + named("blobs") if point not in migration]
    kept: list[str] = []
    try:
        for point in migration:
            server.crash_at = point
            with pytest.raises(AssertionError):
                server.start()
            assert server.wait() == -9, point
        for point in others:
            server.crash_at = f"{point}:7"
            _make_until_it_dies(server.start(), kept)
            assert server.wait() == -9, point
        server.crash_at = ""
        with server.start().client() as http:
            for name in kept:
                assert http.get(f"{_place(http)}/{name}").json()["id"] == name
                assert http.get(f"{_place(http)}/{name}/files/a.txt").text == name
    finally:
        status = server.stop()
    assert status == 0
    assert migrating.integrity(server.data / "catalog.db") == "ok"
    assert len(kept) >= len(others)
    figure(f"F34: killed at {len(migration + others)} points of catalog and blobs: 0 answers lost")


def _place(http: httpx.Client) -> str:
    return f"/projects/{http.get('/me').json()['user']['name']}/points/runs"


def _make_until_it_dies(server: Running, kept: list[str]) -> None:
    """Make runs with a file each; those that were acknowledged are kept in mind."""
    with server.client() as http, contextlib.suppress(httpx.TransportError):
        while True:
            name = f"run-{secrets.token_hex(8)}"
            http.post("/runs", json={"id": name, "project": "points"}).raise_for_status()
            digest = {"X-Wanllmdb-Digest": f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"}
            where = f"{_place(http)}/{name}/files/a.txt"
            http.put(where, content=name.encode(), headers=digest).raise_for_status()
            kept.append(name)
