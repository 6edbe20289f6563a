"""F22: two processes log to one run at the same time, with overlapping steps: all is kept.

Neither hides a row of the other: every row of both is stored, is shown, and can be counted.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.faults.checker import Logged, check
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess

ROWS = 2000

# Both wait for each other before the first row, and neither is ever far ahead of the other.
TRAINING = """
import json, sys, time
from pathlib import Path
import wanllmdb as wandb
from tests.faults.ledger import Slot, entries, returned, value_of

run, me, rows, init = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
wandb.init(project="faults", id=run, **init)
slot, other = Slot(f"ledger-{run}-{me}", me), Path(f"ledger-{run}-{1 - me}")
while not entries(other):
    time.sleep(0.001)
for number in range(rows):
    while number % 100 == 0 and returned(other) < number - 100:
        time.sleep(0.001)
    value = value_of(me, number)
    row = {f"number/{me}": number, f"value/{me}": value, "loss": me * 1e6 + number}
    wandb.log(row, step=number)
    slot.returned(value)
"""


@pytest.mark.parametrize(
    ("run", "init"),
    [("same-id", {}), ("shared", {"mode": "shared"}), ("resumed", {"resume": "allow"})],
)
def test_all_rows_of_both_are_stored_and_shown(
    place: Place, server: ServerProcess, run: str, init: dict[str, Any]
) -> None:
    said = [str(ROWS), json.dumps(init)]
    both = [place.script(TRAINING, run, str(number), *said) for number in (0, 1)]
    for process in both:
        output, errors = process.communicate(timeout=90)
        assert process.returncode == 0, (output, errors)
    place.sync()  # what a machine too busy to answer in time left in the spool
    loss = server.points(PROJECT, run, "loss")
    assert len(loss) == 2 * ROWS
    for number in (0, 1):
        mine = [(step, value - number * 1e6) for step, value in loss if value // 1e6 == number]
        assert mine == [(step, float(step)) for step in range(ROWS)]
    [stats] = [
        each
        for each in server.get(f"/projects/{server.owner}/{PROJECT}/runs/{run}/keys")["keys"]
        if each["key"] == "loss"
    ]
    assert (stats["logged"], stats["superseded"]) == (2 * ROWS, 0)
    clients = [Logged(run, place.work / f"ledger-{run}-{number}") for number in (0, 1)]
    assert check(server, clients, spool=place.spool).stored == 2 * ROWS
