"""F31: a mistake of the SDK's own, wherever it is: 0 exceptions to the user, the training goes
on, one warning for a place, and the mistake is counted.

Every function of ours that a script reaches through the public surface (found by watching the
script) always raises, each in a process of its own: without a server all of them, and with one
those that are not reached without.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

# What only looks up what there is: a mistake inside of it would be a mistake of Python's.
# The threads' own entries: there is no inside, and F05 ends the threads themselves.
# Closing a file after reading: the interpreter tells of it, and goes on.
LEFT_OUT = frozenset(
    (
        *("wanllmdb.face:Face.run", "wanllmdb.session:current", "wanllmdb.logbook:Logbook.lost"),
        *("wanllmdb.rows:Steps.current", "wanllmdb.counter:Counter.value"),
        "wanllmdb.logbook:_no_mould",
        *("wanllmdb.keeper:Keeper._run", "wanllmdb.keeper:Keeper._is_needed"),
        *("wanllmdb.sender:Sender._run", "wanllmdb.segment:SegmentReader.__exit__"),
        "wanllmdb.segment:SegmentReader.close",
    )
)
# The script has two runs, and each says what is wrong with it; so may what stands above both.
MOST = 3


def found(place: Place, *modes: str) -> list[dict[str, Any]]:
    """What `mistakes` says of the functions that are reached in the last mode alone."""
    script = place.script("from tests.faults.mistakes import main; main()", *modes)
    said, complaints = script.communicate(timeout=300)
    assert script.returncode == 0, complaints.decode()
    functions = [json.loads(line) for line in said.splitlines()]
    return [each for each in functions if each["function"] not in LEFT_OUT]


def wrong(each: dict[str, Any]) -> list[str]:
    """What of that should not be."""
    warnings = Counter(line for line in each["said"] if "warning: " in line)
    places = Counter(match for line in each["said"] if (match := _place(line)))
    return [
        *each.get("raised", ["it did not end"]),
        *([f"exit status {each['status']}"] if each["status"] else []),
        *(line for line in each["said"] if line.startswith(("Traceback", "Exception"))),
        *(line for line, times in warnings.items() if times > MOST),
        *(line for line, times in places.items() if times > MOST),
    ]


def _place(line: str) -> str:
    match = re.search(r"warning: (\S+) failed inside", line)
    return match.group(1) if match else ""


def test_without_a_server_no_mistake_of_ours_reaches_the_user(
    stub_place: Place, figure: Figure
) -> None:
    functions = found(stub_place, "offline")

    assert len(functions) > 150
    assert {each["function"]: said for each in functions if (said := wrong(each))} == {}
    warned = sum(bool(each["said"]) for each in functions)
    figure(
        f"F31: {len(functions)} functions raised offline: 0 exceptions to the user, {warned} said"
    )


def test_with_a_server_no_mistake_of_ours_reaches_the_user(place: Place, figure: Figure) -> None:
    functions = found(place, "offline", "online")

    assert len(functions) > 60
    assert {each["function"]: said for each in functions if (said := wrong(each))} == {}
    figure(f"F31: {len(functions)} functions raised online: 0 exceptions to the user")


def test_every_row_that_a_mistake_took_is_counted_and_said_once(
    place: Place, server: ServerProcess
) -> None:
    """P7 under a mistake: what was logged is what is stored and what is counted as lost."""
    before = (
        "from tests.faults import injection; "
        "injection.inject('wanllmdb.rows:Steps.take', injection.InjectedError, times=100)"
    )
    after = "wandb.run.summary['counted'] = wandb.run.lost"
    with Training(place, "counted", rows=300, before=before, after=after) as training:
        assert training.wait() == 0, training.output

    told = server.get(f"/projects/{server.owner}/faults/runs/counted")
    numbers = [value for _, value in server.points("faults", "counted", "number/0")]
    assert (told["summary"]["counted"], told["lost"]) == (100, 100)
    assert numbers == list(range(100, 300))
    assert training.output.count("failed inside") == 1
    with pytest.raises(AssertionError, match="lost 100 of 300 returned rows: 0-99"):
        check(server, [training])
