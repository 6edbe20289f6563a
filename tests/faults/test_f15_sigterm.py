"""F15: SIGTERM and SIGHUP, at random points, in a handler of the user's, in a call into C.

The process dies as it would without the SDK: with the same status, in the same time. A child
that does the same work without a run is signalled beside every child that has one. Nothing
that `log()` returned from is lost, and the server shows the run as crashed, or as preempted
where the script asked to watch for the signal.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.nursery import Child, Nursery
from tests.faults.silence import states_after_silence
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess

NOISE_SECONDS = 0.1

# Handlers of the user's. The first ends without Python's own end, so that its time is its own.
LEAVES = "import os, signal; signal.signal(signal.SIGTERM, lambda *_: os._exit(7))"
EXITS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))"


@pytest.fixture
def nursery(place: Place) -> Iterator[Nursery]:
    with Nursery(place) as nursery:
        yield nursery


def run_of(server: ServerProcess, run: str) -> dict[str, Any]:
    return server.get(f"/projects/{server.owner}/{PROJECT}/runs/{run}")


def seconds_to_death(child: Child, number: signal.Signals) -> float:
    """How long it lives after the signal."""
    sent = child.signal(number)
    child.wait()
    return child.died_at - sent


@dataclass(frozen=True)
class Case:
    """What is signalled, how often in `make test` and in `make soak`, and what comes of it."""

    name: str
    status: int
    times: tuple[int, int]
    number: signal.Signals = signal.SIGTERM
    said: dict[str, Any] = field(default_factory=dict[str, Any])

    def bear(self, nursery: Nursery, turn: int, *, sdk: bool) -> Child:
        """A child that works, and is where the signal is to find it."""
        child = nursery.bear(f"{self.name}-{turn}", sdk=sdk, **self.said)
        return child.wait_for_then() if "then" in self.said else child.wait_for()


CASES = [
    Case("term", -signal.SIGTERM, (14, 30)),
    Case("hup", -signal.SIGHUP, (12, 30), signal.SIGHUP),
    Case("handler", 7, (8, 20), said={"before": LEAVES}),
    Case("in-c", -signal.SIGTERM, (4, 10), said={"rows": 5, "then": "sleep"}),
    Case("in-c-handler", 7, (5, 10), said={"before": LEAVES, "rows": 5, "then": "hash"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_signal_ends_a_training_as_if_there_were_no_sdk(
    server: ServerProcess, place: Place, nursery: Nursery, many: Many, case: Case
) -> None:
    chance = random.Random(case.name)
    longer: list[float] = []
    children: list[Child] = []
    for turn in range(many(*case.times)):
        pause, seconds = chance.uniform(0, 0.05), []
        for sdk in (True, False):
            child = case.bear(nursery, turn, sdk=sdk)
            time.sleep(pause)
            seconds.append(seconds_to_death(child, case.number))
            assert child.wait() == case.status, child.output
            children += [child] if sdk else []
        longer.append(seconds[0] - seconds[1])

    place.sync()

    assert check(server, [child.logged for child in children], spool=place.spool).returned > 0
    assert abs(median(longer)) <= NOISE_SECONDS, longer


def test_a_handler_that_exits_ends_the_run_with_its_code(
    server: ServerProcess, place: Place, nursery: Nursery
) -> None:
    child = nursery.bear("exits", before=EXITS).wait_for(20)
    child.signal(signal.SIGTERM)
    assert child.wait() == 7, child.output
    run = run_of(server, "exits")
    assert (run["state"], run["exit_code"]) == ("failed", 7)
    check(server, [child.logged], spool=place.spool)


def test_who_asks_for_it_is_marked_at_once_and_dies_with_the_same_status(
    server: ServerProcess, place: Place, nursery: Nursery, many: Many
) -> None:
    children = [
        nursery.bear(f"asked-{turn}", init={"preemption": True}) for turn in range(many(6, 20))
    ]
    for child in children:
        child.wait_for(20).signal(signal.SIGTERM)
        assert child.wait() == -signal.SIGTERM, child.output
        assert run_of(server, child.order.run)["preempting"] == "SIGTERM"
    place.sync()
    check(server, [child.logged for child in children], spool=place.spool)


def test_in_silence_the_run_is_crashed_or_preempted(
    own_server: ServerProcess, own_place: Place
) -> None:
    asked: dict[str, Any] = {"init": {"preemption": True}}
    with Nursery(own_place) as nursery:
        children = [
            nursery.bear("crashed"),
            nursery.bear("preempted", **asked),
            nursery.bear("handled", before=EXITS, **asked),
        ]
        for child in children:
            child.wait_for(20).signal(signal.SIGTERM)
        assert [child.wait() for child in children] == [-15, -15, 7]
    own_place.sync()
    check(own_server, [child.logged for child in children], spool=own_place.spool)
    owner = own_server.owner
    own_server.stop()
    runs = [child.order.run for child in children]
    assert states_after_silence(own_server.root / "data", owner, runs) == {
        "crashed": "crashed",
        "preempted": "preempted",
        "handled": "preempted",
    }
