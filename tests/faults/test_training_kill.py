"""SIGKILL of a training at random moments: what `append` returned from is stored, once.

The training keeps a ledger of its own, outside the spool, and writes it after each append.
A third of the trainings log into a spool that nobody sends, the others send while they log.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from tests.journeys.processes import ServerProcess
from tests.sdk.stub_server import KEY, StubServer

from wanllmdb import wire
from wanllmdb.relay import leftovers, sync
from wanllmdb.sink import HttpSink

pytestmark = pytest.mark.fault

KILLS = 50

TRAINING = """
import os, sys, time
from pathlib import Path
from wanllmdb import wire
from wanllmdb.sender import Sender
from wanllmdb.sink import HttpSink
from wanllmdb.spool import Spool, new_writer

root, run, ledger, url, key = sys.argv[1:]
payload = {"id": run, "project": "kills"}
spool = Spool.create(
    Path(root) / run,
    {"run": run, "project": "kills"},
    writer=new_writer(),
    run=wire.encode(payload),
    segment_bytes=100_000,
)
if url:
    Sender(spool, HttpSink(url, key), payload).start()
fd = os.open(ledger, os.O_WRONLY | os.O_CREAT, 0o600)
for step in range(10_000_000):
    row = wire.encode([step, time.time_ns() // 1000, {"x": float(step), "y": step * 0.5}])
    assert spool.append(wire.Kind.ROW, row)
    os.pwrite(fd, b"%012d" % (step + 1), 0)
"""


class Server(Protocol):
    """What both servers can be asked."""

    url: str
    key: str

    def steps(self, run: str) -> list[int]: ...


class Stub:
    """The second implementation of the contract."""

    def __init__(self, server: StubServer) -> None:
        self._server = server
        self.url, self.key = server.url, KEY

    def steps(self, run: str) -> list[int]:
        return [row[0] for row in self._server.records(run, wire.Kind.ROW)]


class Real:
    """The server of this project, as a process."""

    def __init__(self, process: ServerProcess) -> None:
        self._process = process
        self.url, self.key = process.url, process.key

    def steps(self, run: str) -> list[int]:
        return [step for step, _ in self._process.points("kills", run, "x")]


@pytest.fixture(params=["stub", "real"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "stub":
        with StubServer() as stub:
            yield Stub(stub)
    else:
        process = ServerProcess(tmp_path).start()
        yield Real(process)
        process.stop()


@pytest.mark.timeout(240)
def test_fifty_killed_trainings_lose_no_row_and_double_none(server: Server, tmp_path: Path) -> None:
    spool_root = tmp_path / "spool"
    chance = random.Random(2)
    returned: dict[str, int] = {}
    for kill in range(KILLS):
        run, ledger = f"kill{kill:04d}", tmp_path / f"ledger-{kill}"
        url = server.url if kill % 3 else ""
        with subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(spool_root), run, str(ledger), url, server.key]
        ) as training:
            while not ledger.exists() or not ledger.stat().st_size:
                assert training.poll() is None
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.15))
            training.send_signal(signal.SIGKILL)
        returned[run] = int(ledger.read_bytes())

    report = sync(leftovers(spool_root), HttpSink(server.url, server.key))

    assert not report.failures
    assert not report.rejected
    for run, rows in returned.items():
        steps = server.steps(run)
        # One more may be in the spool: appended, and killed before the ledger said so.
        assert len(steps) in (rows, rows + 1), f"{run}: {len(steps)} stored, {rows} returned"
        assert steps == list(range(len(steps))), f"{run}: lost or doubled"
    assert sum(returned.values()) > KILLS * 100
    assert leftovers(spool_root) == []
    assert list(spool_root.iterdir()) == []
