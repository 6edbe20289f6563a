"""F25: the clock jumps an hour on, an hour back and to 1970 while a training logs, and is five
minutes ahead of the server's: 0 rows lost, runtime wrong by at most 1 s, no negative duration.

The process has another clock, which jumps while it logs: its `time` module is patched before
anything is imported, and where libfaketime is installed the whole process runs under it, too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest
from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

HOUR = 3600
ROWS = 400

# `jump(seconds)` sets the wall clock; the monotonic clocks go on as they do on a real machine.
CLOCK = """
import datetime, time
real, real_ns = time.time, time.time_ns
ahead = [{ahead}]
time.time = lambda: real() + ahead[0]
time.time_ns = lambda: real_ns() + int(ahead[0] * 1e9)
def jump(seconds):
    ahead[0] += seconds
def to_1970():
    ahead[0] = 100.0 - real()
"""
# Logs some rows before each jump and after the last.
LEAPS = """
for number, leap in enumerate({leaps}, 2):
    log_rows(wandb.log, Slot(told.ledger, 0), {rows} * number, pace=0.001)
    to_1970() if leap is None else jump(leap)
log_rows(wandb.log, Slot(told.ledger, 0), {rows} * (number + 1), pace=0.001)
"""


@dataclass(frozen=True)
class Leaps:
    """How the clock goes: ahead of the true one at first, and then by these seconds."""

    leaps: tuple[float | None, ...] = ()
    ahead: float = 0.0


CLOCKS = {
    "an hour on": Leaps((HOUR,)),
    "an hour back": Leaps((-HOUR,)),
    "on and back again": Leaps((HOUR, -HOUR)),
    "to 1970": Leaps((None,)),
    "five minutes ahead of the server": Leaps((0,), ahead=300.0),
    "five minutes behind the server": Leaps((0,), ahead=-300.0),
}


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_a_clock_that_jumps_loses_no_row_and_makes_no_duration_wrong(
    place: Place, server: ServerProcess, figure: Figure, clock: Leaps
) -> None:
    run = f"clock-{list(CLOCKS.values()).index(clock)}"
    rows = ROWS // (len(clock.leaps) + 2)
    with Training(
        place, run, rows=rows,
        before=CLOCK.format(ahead=clock.ahead),
        after=LEAPS.format(leaps=clock.leaps, rows=rows),
    ) as training:  # fmt: skip
        began = time.monotonic()
        assert training.wait() == 0, training.output
        lasted = time.monotonic() - began

    verdict = check(server, [training], spool=place.spool)
    assert verdict.returned == rows * (len(clock.leaps) + 2)
    told = server.get(f"/projects/{server.owner}/faults/runs/{run}")
    runtime = (told["finished_at"] - told["started_at"]) / 1e6
    x = relative(server, run)
    figure(f"F25: {training.run}: {verdict}, runtime {runtime:.2f} of {lasted:.2f} s")
    assert told["state"] == "finished"
    assert 0 <= runtime <= lasted + 1.0
    paced = rows * (len(clock.leaps) + 1)  # all but those before the first jump
    assert runtime >= 0.001 * paced
    assert all(0 <= each <= runtime + 1.0 for each in x), (min(x), max(x))


def relative(server: ServerProcess, run: str) -> list[float]:
    """Where the points of a run lie on the axis of time since its start."""
    asked = {
        "project": f"{server.owner}/faults",
        "runs": [run],
        "keys": ["number/0"],
        "x": "relative",
        "buckets": 10_000,
    }
    request = urllib.request.Request(
        f"{server.url}/api/v1/curves",
        data=json.dumps(asked).encode(),
        headers={
            "Authorization": f"Bearer {server.key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        [curve] = json.load(answer)["curves"]
    series: dict[str, Any] = curve["series"][0]
    return series["x"]


def test_a_whole_process_under_another_clock_loses_no_row(
    place: Place, server: ServerProcess
) -> None:
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("faketime is not installed here; the patched clocks above stand for it")
    training = Training(place, "faketime", rows=200)
    place.work.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [faketime, "-f", "-30d x60", place.python, "-m", "tests.faults.training",
         *training.arguments()],
        env=place.environment(), cwd=place.work, timeout=60, check=True, capture_output=True,
    )  # fmt: skip
    assert check(server, [training], spool=place.spool).stored == 200
