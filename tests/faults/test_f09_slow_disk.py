"""F09: every write to the disk takes 0.3 s: the training notices it for a moment, is told once,
and is not kept waiting any more; nothing is lost but to a SIGKILL, and then only the newest rows.

The disk is slow because strace delays each `write` of the process, whichever thread calls it.
"""

from __future__ import annotations

import shutil

import pytest
from tests.conftest import Figure
from tests.faults.disks import Stepwise, account
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess, eventually

STRACE = shutil.which("strace")
DELAY = 0.3
SLOW = (
    *(STRACE or "", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=write"),
    *("-e", f"inject=write:delay_enter={int(DELAY * 1e6)}"),
)
OFFLINE = {
    "WANLLMDB_MODE": "offline",
    "WANLLMDB_SAVE_FACTS": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}
WARNING = "is slow: from now on at most 4 MiB of what was logged wait in memory"

pytestmark = pytest.mark.skipif(not STRACE, reason="strace is not installed here")


def slowed(place: Place, run: str) -> Stepwise:
    return Stepwise(place, run, OFFLINE, prefix=SLOW)


def test_a_slow_disk_keeps_nobody_waiting_and_loses_nothing(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    with slowed(place, "f09") as training:
        first = training.log(1)
        eventually(lambda: WARNING in training.output, seconds=20)
        worst = training.log(3000, pace=0.0005)
        training.finish()
    assert first >= DELAY
    assert worst < DELAY
    assert training.output.count(WARNING) == 1
    assert "WANLLMDB_SPOOL_DIR" in training.output
    place.sync()
    found = account(server, training)
    assert found.lost == {}
    figure(
        f"F09: each write takes {DELAY} s: {found}; longest log() at first {first:.2f} s, "
        f"then {worst * 1000:.1f} ms"
    )


def test_a_sigkill_costs_what_waits_for_a_slow_disk_and_it_is_the_newest(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    with slowed(place, "f09-kill") as training:
        training.log(1)
        eventually(lambda: WARNING in training.output, seconds=20)
        training.log(2000)
    place.sync()
    numbers = sorted(value for _, value in server.points(PROJECT, "f09-kill", "number/0"))
    assert numbers == list(range(len(numbers)))
    lost = training.returned - len(numbers)
    figure(
        f"F09: SIGKILL while the disk is slow: the newest {lost:,} of {training.returned:,} lost"
    )
