"""F20: a fork child leaves by `os._exit`, `SystemExit`, an exception or `exec`: the run goes on.

The run is the parent's: no child finishes it, its descriptors do not outlive an `exec`, and
what the child logged is stored like the parent's own rows.
"""

from __future__ import annotations

import pytest
from tests.faults.checker import check
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess, eventually

# Forked by the training before it logs its own rows; the child logs to slot 1.
CHILD = """
import os, sys
def fork_one(leave):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    log_rows(wandb.log, Slot(told.ledger, 1), 50, first_step=0)
    leave()
def fail():
    raise RuntimeError("the child failed")
def execute():
    look = "import os; here = '/proc/self/fd'; kept = [os.path.realpath(f'{here}/{fd}') "
    look += "for fd in os.listdir(here) if int(fd) > 2]; print('kept', kept, flush=True)"
    os.execv(sys.executable, [sys.executable, "-c", look])
"""
LEAVES = {
    "os._exit": ("lambda: os._exit(7)", 7),
    "SystemExit": ("lambda: sys.exit(7)", 7),
    "exception": ("fail", 1),
    "exec": ("execute", 0),
}


@pytest.mark.parametrize(("leave", "status"), LEAVES.values(), ids=LEAVES)
def test_the_parents_run_is_running_while_a_child_leaves(
    place: Place, server: ServerProcess, leave: str, status: int
) -> None:
    run = f"leaves-{list(LEAVES.values()).index((leave, status))}"
    after = f"""{CHILD}
assert (code := fork_one({leave})) == {status}, code
log_rows(wandb.log, Slot(told.ledger, 2), 50, first_step=0)
wandb.run.summary["left"] = True
import time
while not os.path.exists("go-on"):
    time.sleep(0.01)
"""
    soon = {"WANLLMDB_FLUSH_INTERVAL": "0.1"}
    with Training(place, run, rows=50, after=after, environment=soon) as training:
        training.wait_for(150)
        told = eventually(
            lambda: (found := server.get(f"/projects/{server.owner}/faults/runs/{run}"))["summary"]
            .get("left") and found,
            seconds=20, why=training.output,
        )  # fmt: skip
        assert told["state"] == "running", told
        assert told["finished_at"] is None
        (place.work / "go-on").touch()
        assert training.wait() == 0, training.output

    told = server.get(f"/projects/{server.owner}/faults/runs/{run}")
    assert (told["state"], told["exit_code"], told["lost"]) == ("finished", 0, 0)
    assert check(server, [training], spool=place.spool).stored == 150
    if "exec" in leave:
        [kept] = [line for line in training.output.splitlines() if line.startswith("kept [")]
        # What os.listdir itself had open is all that may be there.
        assert not [each for each in ("spool", "socket", "ledger", "pipe") if each in kept], kept


OUTLIVING = f"""{CHILD}
import time
if not os.fork():
    while not os.path.exists("parent-is-gone"):
        time.sleep(0.01)
    log_rows(wandb.log, Slot(told.ledger, 1), 50, first_step=0)
    raise SystemExit(3)
"""


def outlived(place: Place, run: str) -> Training:
    """A training that has finished, and then its child logged and left, and was sent."""
    with Training(place, run, rows=50, after=OUTLIVING) as training:
        assert training.wait() == 0
        (place.work / "parent-is-gone").touch()
        eventually(lambda: training.returned == 100, why=training.output)
        eventually(lambda: place.sync()["sent"], why="the child's rows are sent")
    return training


def test_a_child_that_outlives_its_parent_loses_nothing(
    place: Place, server: ServerProcess
) -> None:
    training = outlived(place, "outlived")
    assert check(server, [training], spool=place.spool).stored == 100


def test_a_run_that_has_finished_stays_finished_when_a_child_is_sent_late(
    place: Place, server: ServerProcess
) -> None:
    outlived(place, "finished")
    told = server.get(f"/projects/{server.owner}/faults/runs/finished")
    assert (told["state"], told["exit_code"]) == ("finished", 0)
