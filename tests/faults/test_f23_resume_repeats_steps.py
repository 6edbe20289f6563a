"""F23: killed at step 700, resumed at 500, run to 1000: the latest is shown, the rest is kept.

A real training, SIGKILLed, and one that goes on from a checkpoint. What the first one logged
behind the checkpoint is not in the curve and not in the statistics, and can be asked for.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.faults.checker import Logged, check
from tests.faults.ledger import returned
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess, eventually

KILLED, CHECKPOINT, LAST = 700, 500, 1000

# The loss is the step and a thousand for each attempt; eval is the attempt, each 100 steps.
TRAINING = """
import sys, time
import wanllmdb as wandb
from tests.faults.ledger import Slot, value_of

run, ledger, attempt, first, last, waits = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
wandb.init(project="faults", id=run, resume="allow")
slot = Slot(ledger, attempt)
for number, step in enumerate(range(first, last)):
    value = value_of(attempt, number)
    row = {f"number/{attempt}": number, f"value/{attempt}": value, "loss": attempt * 1000.0 + step}
    if step % 100 == 50:
        row["eval"] = attempt
    wandb.log(row, step=step)
    slot.returned(value)
time.sleep(waits)
"""


def ledger(place: Place, run: str, attempt: int) -> Path:
    return place.work / f"ledger-{run}-{attempt}"


@contextlib.contextmanager
def training(
    place: Place, run: str, attempt: int, *, waits: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """An attempt that has logged all it has to; it waits to be killed, or has ended."""
    first, last = (0, KILLED) if attempt == 1 else (CHECKPOINT, LAST)
    path = ledger(place, run, attempt)
    said = [run, path, attempt, first, last, 600 if waits else 0]
    process = place.script(TRAINING, *map(str, said))
    try:
        eventually(lambda: returned(path) == last - first, why="it logged all of it")
        yield process
    finally:
        if waits:
            process.kill()
        output, errors = process.communicate(timeout=60)
    assert waits or process.returncode == 0, (output, errors)


def killed(place: Place, run: str) -> Logged:
    return Logged(run, ledger(place, run, 1), killed=True)


def ended(place: Place, run: str) -> Logged:
    return Logged(run, ledger(place, run, 2))


def points(
    server: ServerProcess, run: str, key: str, superseded: str = "hide"
) -> list[tuple[int, float]]:
    path = f"/projects/{server.owner}/{PROJECT}/runs/{run}/points"
    page = server.get(f"{path}?key={key}&limit=10000&superseded={superseded}")
    assert page["next"] is None
    return list(zip(page["step"], page["value"], strict=True))


def stats(server: ServerProcess, run: str, key: str) -> dict[str, Any]:
    found = server.get(f"/projects/{server.owner}/{PROJECT}/runs/{run}/keys")["keys"]
    return next(each for each in found if each["key"] == key)


def shown() -> Sequence[tuple[int, float]]:
    return [(n, 1000.0 + n) for n in range(CHECKPOINT)] + [
        (n, 2000.0 + n) for n in range(CHECKPOINT, LAST)
    ]


def judge(server: ServerProcess, run: str) -> None:
    """1000 points are shown, 200 can be asked for, and 1200 are there."""
    assert points(server, run, "loss") == shown()
    away = [(n, 1000.0 + n) for n in range(CHECKPOINT, KILLED)]
    assert points(server, run, "loss", "only") == away
    assert sorted(points(server, run, "loss", "include")) == sorted([*shown(), *away])
    found = stats(server, run, "loss")
    assert (found["logged"], found["superseded"]) == (1200, 200)
    assert (found["low"], found["high"], found["last"]) == (1000.0, 2999.0, 2999.0)
    evals = [(n, 1.0) for n in range(50, 500, 100)] + [(n, 2.0) for n in range(550, 1000, 100)]
    assert points(server, run, "eval") == evals


def test_killed_at_700_and_resumed_at_500_it_shows_1000_points_and_keeps_200(
    place: Place, server: ServerProcess
) -> None:
    run = "resumed"
    with training(place, run, 1, waits=True):
        eventually(lambda: len(points(server, run, "loss")) == KILLED, why="all of it came")
    with training(place, run, 2, waits=False):
        pass
    place.sync()
    judge(server, run)
    check(server, [killed(place, run), ended(place, run)], spool=place.spool)


def test_what_the_killed_attempt_had_not_sent_comes_late_and_is_where_it_belongs(
    place: Place, server: ServerProcess
) -> None:
    run = "late"
    place.variables = {"WANLLMDB_MODE": "offline"}
    with training(place, run, 1, waits=True):
        pass
    place.variables = {}
    with training(place, run, 2, waits=False):
        pass
    assert all(value >= 2000.0 for _, value in points(server, run, "loss"))

    place.sync()

    judge(server, run)
    check(server, [killed(place, run), ended(place, run)], spool=place.spool)


@pytest.mark.parametrize("waits", [True, False], ids=["in memory", "sealed"])
def test_a_server_that_is_killed_shows_the_same_when_it_is_back(
    own_place: Place, own_server: ServerProcess, waits: bool
) -> None:
    run = "killed-server"
    with training(own_place, run, 1, waits=True):
        eventually(lambda: len(points(own_server, run, "loss")) == KILLED, why="all of it came")
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(training(own_place, run, 2, waits=waits))
        if not waits:
            process.wait(60)
        eventually(lambda: len(points(own_server, run, "loss")) == LAST, why="the second came")
        judge(own_server, run)
        own_server.kill()
        own_server.start()
        judge(own_server, run)
