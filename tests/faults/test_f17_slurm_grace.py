"""F17: SLURM's grace, SIGTERM and some time later SIGKILL; the job is put back into the queue.

The grace is scaled down: what counts is where in it the training is. It may die of the first
signal, train on until the second, or be in the middle of its own end. Nothing that `log()`
returned from is lost, the server knows who was told to go, and the run that comes out of the
queue goes on as the same run.
"""

from __future__ import annotations

import random
import signal
import time
from typing import Any

import pytest
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.nursery import Nursery
from tests.faults.silence import states_after_silence
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess

GRACE_SECONDS = (0.05, 0.4)

TRAINS_ON = "import signal; signal.signal(signal.SIGTERM, lambda *_: None)"
EXITS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))"
ASKED = {"init": {"preemption": True}}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("default", {}),
        ("trains-on", {"before": TRAINS_ON}),
        ("exits", {"before": EXITS}),
        ("asked", ASKED),
        ("asked-trains-on", {"before": TRAINS_ON, **ASKED}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_logged_before_the_end_of_the_grace_is_kept(
    server: ServerProcess, place: Place, many: Many, kind: str, said: dict[str, Any]
) -> None:
    chance = random.Random(kind)
    children = []
    with Nursery(place) as nursery:
        for turn in range(many(4, 20)):
            child = nursery.bear(f"{kind}-{turn}", **said).wait_for(5)
            child.signal(signal.SIGTERM)
            time.sleep(chance.uniform(*GRACE_SECONDS))
            child.kill()
            children.append(child)
    place.sync()
    check(server, [child.logged for child in children], spool=place.spool)
    for child in children:
        run = server.get(f"/projects/{server.owner}/{PROJECT}/runs/{child.order.run}")
        assert run["preempting"] == ("SIGTERM" if "init" in said else None)


def test_the_run_that_comes_out_of_the_queue_goes_on_and_is_whole(
    own_server: ServerProcess, own_place: Place
) -> None:
    with Nursery(own_place) as nursery:
        gone = nursery.bear("queued", before=TRAINS_ON, **ASKED).wait_for(20)
        gone.signal(signal.SIGTERM)
        gone.wait_for(30).kill()
        again = nursery.bear("queued", slot=1, rows=20, init={"resume": "allow"})
        assert again.wait() == 0, again.output
    own_place.sync()
    check(own_server, [again.logged], spool=own_place.spool)
    owner = own_server.owner
    run = own_server.get(f"/projects/{owner}/{PROJECT}/runs/queued")
    own_server.stop()
    assert (run["state"], run["preempting"], run["exit_code"]) == ("finished", None, 0)
    assert states_after_silence(own_server.root / "data", owner, ["queued"]) == {
        "queued": "finished"
    }
