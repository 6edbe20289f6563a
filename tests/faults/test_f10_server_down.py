"""F10: the server is down for the whole run, and back later: finish ≤ 5 s, 100 % present.

The training ends as it would without us. What it logged is sent by the next run on the
machine, or by `wanllmdb sync`, a moment later or a month.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.checker import check, left
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

ROWS = 2000
MONTH = 30 * 24 * 3600
FINISH = "import time; t = time.monotonic(); wandb.finish(3); print('took', time.monotonic() - t)"
# The clock of a machine a month ago, for all that happens in the process.
MONTH_AGO = f"""
import time
now, now_ns = time.time, time.time_ns
time.time = lambda: now() - {MONTH}
time.time_ns = lambda: now_ns() - {MONTH}_000_000_000
"""
# A second run that lives until nothing of another is left.
UNTIL_SENT = """
import pathlib, time
end = time.monotonic() + 30
def waiting():
    found = pathlib.Path({spool!r}).rglob("*.seg")
    return [path for path in found if run.id not in str(path)]
while waiting() and time.monotonic() < end:
    time.sleep(0.05)
"""


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[FaultProxy]:
    with FaultProxy("127.0.0.1", server.port) as proxy:
        proxy.set("refuse")
        yield proxy


@pytest.fixture
def place(server: ServerProcess, proxy: FaultProxy, tmp_path: Path) -> Place:
    return Place(tmp_path / "place", url=proxy.url, key=server.key)


def trained(place: Place, run: str, before: str = "") -> Training:
    """A training without a server, which ends with the exit code that it chose."""
    training = Training(place, run, rows=ROWS, before=before, after=FINISH, end="exit:3")
    with training:
        assert training.wait(30) == 3, training.output
    took = re.search(r"took ([\d.]+)", training.output)
    assert took, training.output
    assert float(took[1]) <= 5.0
    assert training.ended
    assert f"kept in {place.spool}" in training.output
    assert left(place.spool)
    return training


def age(spool: Path) -> None:
    """Make every file as old as if it had lain there for a month."""
    then = time.time() - MONTH
    for path in [*spool.rglob("*"), spool]:
        os.utime(path, (then, then))


def test_the_next_run_sends_it_without_a_command(
    server: ServerProcess, place: Place, proxy: FaultProxy
) -> None:
    first = trained(place, "down-first")
    proxy.set("pass")
    after = UNTIL_SENT.format(spool=str(place.spool))
    with Training(place, "down-second", rows=10, after=after) as second:
        assert second.wait(60) == 0, second.output
    check(server, [first, second], spool=place.spool)
    assert state(server, "down-first") == "failed"  # as it said itself: exit code 3


def test_a_command_sends_it_a_month_later(
    server: ServerProcess, place: Place, proxy: FaultProxy
) -> None:
    training = trained(place, "down-month", before=MONTH_AGO)
    age(place.spool)
    proxy.set("pass")
    report = place.sync()
    assert report["finished"] == 1
    check(server, [training], spool=place.spool)
    assert state(server, "down-month") == "failed"


def test_the_next_run_sends_it_a_month_later(
    server: ServerProcess, place: Place, proxy: FaultProxy
) -> None:
    first = trained(place, "down-long", before=MONTH_AGO)
    age(place.spool)
    proxy.set("pass")
    after = UNTIL_SENT.format(spool=str(place.spool))
    with Training(place, "down-after", rows=10, after=after) as second:
        assert second.wait(60) == 0, second.output
    check(server, [first, second], spool=place.spool)


def state(server: ServerProcess, run: str) -> str:
    return server.get(f"/projects/{server.owner}/faults/runs/{run}")["state"]
