"""F26: duplicate batches, lost acknowledgements, server SIGKILLs and cut answers: exactly once.

The server is killed ten times while three trainings log to it through a proxy that resets one
request in four, half of them after the server has applied it. Stored = distinct = sent.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.gates import TwiceGate
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

VARIABLES = {"WANLLMDB_FLUSH_INTERVAL": "0.05"}


@pytest.mark.timeout(180)
def test_killed_servers_and_lost_answers_double_nothing_and_lose_nothing(
    own_server: ServerProcess, tmp_path: Path, many: Many
) -> None:
    chance = random.Random(26)
    with FaultProxy("127.0.0.1", own_server.port, seed=26) as proxy:
        place = Place(tmp_path / "place", url=proxy.url, key=own_server.key, variables=VARIABLES)
        trainings = [Training(place, f"twice-{each}", pace=0.002, threads=2) for each in range(3)]
        for training in trainings:
            training.start()
        for training in trainings:
            training.wait_for(10)
        proxy.set("pass", cut_p=0.25)
        for _ in range(many(10, 100)):
            time.sleep(chance.uniform(0.05, 0.5))
            own_server.kill()
            own_server.start()
        for training in trainings:
            training.kill()
        cut = proxy.cut
        proxy.set("pass")
        place.sync()
    assert cut > 10
    check(own_server, trainings, spool=place.spool)


def test_a_batch_that_arrives_twice_is_kept_once(
    own_server: ServerProcess, tmp_path: Path, many: Many
) -> None:
    with TwiceGate(("127.0.0.1", own_server.port)) as gate:
        place = Place(tmp_path / "place", url=gate.url, key=own_server.key, variables=VARIABLES)
        training = Training(place, "duplicated", rows=many(2000, 50_000), pace=0.001)
        with training:
            assert training.wait(300) == 0, training.output
        assert gate.doubled > 1  # how many batches there are is up to the sender and the machine
    check(own_server, [training], spool=place.spool)
