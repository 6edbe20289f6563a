"""F01: SIGKILL of a training at random points: 0 of ≥ 10⁶ returned records are lost.

The training logs flat out and keeps a ledger outside the spool; it is killed after 0 to 300 ms,
200 times in `make soak`, 60 times in `make test`. A third of the trainings is offline, the
others send while they log. What they left is sent by `wanllmdb sync`.
"""

from __future__ import annotations

import random
import time

from tests.conftest import Figure
from tests.faults.checker import OfStub, check, left
from tests.faults.conftest import Many
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess
from tests.sdk.stub_server import StubServer


def test_trainings_killed_at_random_points_lose_nothing_and_double_nothing(
    place: Place, server: ServerProcess, many: Many, figure: Figure
) -> None:
    chance = random.Random(1)
    trainings = []
    for kill in range(many(60, 200)):
        mode = "online" if kill % 3 else "offline"
        training = Training(place, f"kill-{kill:04d}", init={"mode": mode})
        with training:
            training.wait_for(1)
            time.sleep(chance.uniform(0, 0.3))
            training.kill()
        trainings.append(training)

    place.sync()

    verdict = check(server, trainings, spool=place.spool)
    figure(f"F01: {len(trainings)} kills, {verdict}, 0 lost")


def test_trainings_killed_while_the_stub_server_listens_lose_nothing_either(
    stub_place: Place, stub: StubServer, many: Many
) -> None:
    chance = random.Random(2)
    trainings = []
    for kill in range(many(8, 50)):
        with Training(stub_place, f"kill-{kill:04d}") as training:
            training.wait_for(1)
            time.sleep(chance.uniform(0, 0.1))
            training.kill()
        trainings.append(training)

    stub_place.sync()

    assert check(OfStub(stub), trainings, spool=stub_place.spool).returned > 0


def test_a_training_killed_right_after_its_thousandth_row_has_a_thousand(
    place: Place, server: ServerProcess
) -> None:
    training = Training(place, "thousand", rows=1000, after="import os; os.kill(os.getpid(), 9)")
    with training:
        assert training.wait() == -9
    assert training.returned == 1000

    place.sync()

    verdict = check(server, [training], spool=place.spool)
    assert (verdict.returned, verdict.stored) == (1000, 1000)


def test_what_a_killed_training_left_is_sent_by_the_next_one_without_a_command(
    place: Place, server: ServerProcess
) -> None:
    killed = Training(place, "killed", rows=5000, init={"mode": "online"}, end="wait")
    with killed:
        killed.wait_for(5000)
        killed.kill()
    assert left(place.spool)

    with Training(place, "next", pace=0.01) as following:
        following.wait_for(1)
        end = time.monotonic() + 30
        while any("-killed/" in each for each in left(place.spool)):
            assert time.monotonic() < end, left(place.spool)
            time.sleep(0.05)

    assert check(server, [killed]).stored >= 5000
