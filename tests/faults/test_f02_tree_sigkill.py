"""F02: SIGKILL of a training and of all its children at once, as a cgroup does: 0 lost.

The whole tree is stopped first, so that no process sees another die, and then killed; 100
times in `make soak`, 30 times in `make test`. The trainer and two forked children log flat
out, each to its slot of the ledger.
"""

from __future__ import annotations

import random
import time

from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess


def test_trees_that_are_stopped_and_killed_lose_nothing_and_double_nothing(
    place: Place, server: ServerProcess, many: Many, figure: Figure
) -> None:
    chance = random.Random(3)
    trainings = []
    for kill in range(many(30, 100)):
        with Training(place, f"tree-{kill:04d}", children=2) as training:
            training.wait_for(1)
            time.sleep(chance.uniform(0, 0.15))
            training.stop_tree()
            time.sleep(chance.choice((0.0, 0.02)))
            training.kill_tree()
        trainings.append(training)

    place.sync()

    verdict = check(server, trainings, spool=place.spool)
    figure(f"F02: {len(trainings)} trees killed, {verdict}, 0 lost")


def test_a_trainer_that_is_killed_alone_leaves_its_children_logging_to_the_end(
    place: Place, server: ServerProcess
) -> None:
    with Training(place, "orphans", rows=400, pace=0.002, children=2) as training:
        training.wait_for(30)
        training.kill()
        end = time.monotonic() + 30
        # The children are the ledger's slots 1 and 2; the trainer was killed in its own.
        while sum(entry.ended for entry in training.entries) < 2:
            assert time.monotonic() < end, training.entries
            time.sleep(0.05)

    place.sync()

    assert check(server, [training], spool=place.spool).returned > 800
