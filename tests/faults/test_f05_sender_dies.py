"""F05: the uploader thread meets a mistake, or dies: logging goes on, 0 lost, at most one
warning a minute, the thread is there again within 5 s, the backlog drained within 30 s.

Every function that the sender's thread runs (found by watching it) raises twice, as an
exception and as the end of the thread.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess, eventually

SOON = {"WANLLMDB_FLUSH_INTERVAL": "0.05"}
ROWS = 200
# An exception that somebody may catch, and one that ends the thread.
ENDS = {"error": "injection.InjectedError", "exit": "SystemExit"}


@pytest.fixture(scope="module")
def states(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every function that the sender's thread runs in an ordinary training."""
    place = Place(tmp_path_factory.mktemp("states"), url=server.url, key=server.key)
    path = place.work / "states"
    before = f"from tests.faults import injection; injection.record({str(path)!r})"
    with Training(
        place, "states", rows=ROWS, pace=0.001, before=before, environment=SOON
    ) as training:
        assert training.wait() == 0, training.output
    # What the thread itself begins with cannot fail and be survived; the next test ends it.
    return [each for each in path.read_text().split() if not each.endswith("Sender._run")]


def faulty(place: Place, states: list[str], end: str, name: str) -> Training:
    """A training in which some functions each raise twice in the sender's thread."""
    injected = "; ".join(
        f"injection.inject({state!r}, {ENDS[end]}, times=2, thread=injection.SENDER)"
        for state in states
    )
    before = f"from tests.faults import injection; injection.squeeze(); {injected}"
    with Training(place, name, rows=ROWS, pace=0.001, before=before, environment=SOON) as training:
        assert training.wait(60) == 0, training.output
    return training


@pytest.mark.parametrize("end", ENDS)
def test_a_mistake_in_any_step_of_the_sender_loses_nothing_and_is_said_once(
    place: Place, server: ServerProcess, states: list[str], many: Many, figure: Figure, end: str
) -> None:
    assert len(states) > 20, states
    size = many(5, 1)  # that many states fail in one training
    groups = [states[at : at + size] for at in range(0, len(states), size)]
    with ThreadPoolExecutor(3) as pool:
        trainings = list(
            pool.map(lambda each: faulty(place, each[1], end, f"{end}-{each[0]}"),
                     enumerate(groups))
        )  # fmt: skip

    found = {" ".join(group): problems(each) for group, each in zip(groups, trainings, strict=True)}
    assert {group: said for group, said in found.items() if said} == {}
    verdict = check(server, trainings, spool=place.spool)
    figure(f"F05: {len(states)} states of the sender, two {end}s in each: {verdict}, 0 lost")


def problems(training: Training) -> list[str]:
    """What of a training's output should not be there."""
    said = training.output.splitlines()
    complaints = [line for line in said if "met an error that it does not know" in line]
    whole = f"wanllmdb: synced {ROWS} rows"
    return [
        *complaints[1:],
        *(line for line in said if line.startswith("Exception in thread")),
        *([] if any(line.startswith(whole) for line in said) else said[-1:]),
    ]


def test_a_sender_that_dies_again_and_again_is_there_again_each_time_and_says_so_once_a_minute(
    place: Place, server: ServerProcess, figure: Figure
) -> None:
    """Its thread is ended at every fifth step; what was logged is sent while the run goes on."""
    before = """
from tests.faults import injection
import wanllmdb.sender
turn, turns, squeezed = wanllmdb.sender.Sender.turn, [0], injection.squeeze()
def dying(self):
    turns[0] += 1
    if turns[0] % 5 == 0:
        raise SystemExit
    return turn(self)
wanllmdb.sender.Sender.turn = dying
"""
    after = "import time\nwhile not __import__('os').path.exists('go-on'): time.sleep(0.01)"
    with Training(
        place, "dying", rows=2000, pace=0.001, before=before, after=after, environment=SOON
    ) as training:
        training.wait_for(2000)
        # The script has not ended: it is the sender, begun anew, that sends.
        eventually(
            lambda: len(server.points("faults", "dying", "number/0")) == 2000,
            seconds=30, why=training.output,
        )  # fmt: skip
        (place.work / "go-on").touch()
        assert training.wait() == 0
    assert training.output.count("met an error") == 1, training.output
    figure(f"F05: a sender that dies at every fifth step: {check(server, [training])}, 0 lost")


def test_a_mistake_at_every_step_keeps_nobody_waiting_and_the_rows_stay(
    place: Place, server: ServerProcess, figure: Figure
) -> None:
    """The server answers, and we cannot make use of it: as if it were not there."""
    before = (
        "from tests.faults import injection; "
        "injection.inject('wanllmdb.backoff:Backoff.reset', injection.InjectedError)"
    )
    after = "import time; began = time.monotonic(); wandb.finish(); print(time.monotonic() - began)"
    with Training(place, "useless", rows=100, before=before, after=after) as training:
        assert training.wait() == 0, training.output
    seconds = float(training.output.splitlines()[-1])
    figure(f"F05: finish with a mistake at every step: {seconds:.1f} s")
    assert seconds < 5 + 2  # five are promised; two for a machine that is busy with other tests

    place.sync()
    assert check(server, [training], spool=place.spool).stored == 100
