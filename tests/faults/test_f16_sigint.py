"""F16: SIGINT once, twice, and while the end of a run waits for its server.

The first is the normal KeyboardInterrupt: the process ends with the status that it has without
the SDK, after the run has ended. One that comes while the end waits ends the waiting: a second
later at the latest the process is gone, beyond the time that Python itself takes for that, and
what was not sent is on the disk, complete.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator

import pytest
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.nursery import Child, Nursery
from tests.faults.proxy import FaultProxy
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess

AT_ONCE = 6  # children at a time
PATIENCE_SECONDS = 1.0
KEYBOARD_INTERRUPT = 255  # the exit code that a run has


@pytest.fixture
def nursery(faulty_place: Place) -> Iterator[Nursery]:
    with Nursery(faulty_place) as nursery:
        yield nursery


def interrupt(children: list[Child]) -> None:
    """SIGINT to each."""
    for child in children:
        child.signal(signal.SIGINT)


def seconds_to_death(child: Child) -> float:
    """How long it lives after a SIGINT."""
    sent = child.signal(signal.SIGINT)
    child.wait()
    return child.died_at - sent


def test_once_it_is_the_interrupt_that_it_is_without_the_sdk(
    server: ServerProcess, faulty_place: Place, nursery: Nursery, many: Many
) -> None:
    chance = random.Random(16)
    control = nursery.bear("control", sdk=False).wait_for()
    interrupt([control])
    logged: list[Child] = []
    for turn in range(many(3, 10)):
        children = [nursery.bear(f"once-{turn}-{n}") for n in range(AT_ONCE)]
        for child in children:
            child.wait_for()
        time.sleep(chance.uniform(0, 0.1))
        interrupt(children)
        logged += children
    for child in logged:
        assert child.wait() == control.wait() == -signal.SIGINT, child.output
        assert "KeyboardInterrupt" in child.output
        run = server.get(f"/projects/{server.owner}/{PROJECT}/runs/{child.order.run}")
        assert (run["state"], run["exit_code"]) == ("failed", KEYBOARD_INTERRUPT)
    check(server, [child.logged for child in logged], spool=faulty_place.spool)


@pytest.mark.parametrize("how", ["twice", "finish"])
def test_at_the_end_it_ends_the_waiting_for_a_server_that_does_not_answer(
    server: ServerProcess,
    faulty: FaultProxy,
    faulty_place: Place,
    nursery: Nursery,
    many: Many,
    how: str,
) -> None:
    """`twice`: the first one ends the training; `finish`: it is in `finish()` by itself."""
    chance = random.Random(how)
    logged: list[Child] = []
    for turn in range(many(3, 8)):
        faulty.set("pass")
        order = {"rows": 600, "then": "finish"} if how == "finish" else {}
        children = [nursery.bear(f"{how}-{turn}-{n}", **order) for n in range(AT_ONCE)]
        control = nursery.bear(f"{how}-{turn}", sdk=False)
        for child in (*children, control):
            child.wait_for(5)
        faulty.set("blackhole")
        if how == "finish":
            for child in children:
                child.wait_for_then()
        else:
            interrupt(children)
        time.sleep(chance.uniform(0.3, 0.8))
        python_seconds = seconds_to_death(control)
        for child in children:
            seconds = seconds_to_death(child)
            assert child.wait() == -signal.SIGINT, child.output
            assert seconds - python_seconds <= PATIENCE_SECONDS, child.output
            assert "sent by the next run" in child.output
        logged += children
    faulty.set("pass")

    faulty_place.sync()

    check(server, [child.logged for child in logged], spool=faulty_place.spool)
    for child in logged:
        run = server.get(f"/projects/{server.owner}/{PROJECT}/runs/{child.order.run}")
        assert run["finished_at"] is not None
