"""The kit itself: a training's rows are checked as they should be, and what is wrong is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.faults.checker import NUMBER, VALUE, Logged, OfStub, check
from tests.faults.ledger import Slot, entries, returned, value_of
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess
from tests.sdk.stub_server import StubServer

Rows = list[tuple[int, float]]


@dataclass
class Series:
    """Answers with rows that a test made up."""

    rows: Rows
    run: str = "r"
    wanted: list[str] = field(default_factory=list[str])

    def points(self, project: str, run: str, key: str) -> list[tuple[int, Any]]:
        column = {NUMBER.format(0): 0, VALUE.format(0): 1}[key]
        return [(step, row[column]) for step, row in enumerate(self.rows)]


def logged(path: Path, rows: int) -> Rows:
    slot = Slot(path)
    for number in range(rows):
        slot.returned(value_of(0, number))
    slot.end()
    return [(number, value_of(0, number)) for number in range(rows)]


def test_a_training_logs_what_its_ledger_says(place: Place, server: ServerProcess) -> None:
    with Training(place, "plain", rows=500, threads=2, children=2) as training:
        assert training.wait() == 0, training.output
    verdict = check(server, [training], spool=place.spool)
    assert (verdict.returned, verdict.stored, verdict.extra) == (2000, 2000, 0)
    assert training.ended


def test_a_training_logs_to_the_stub_server_as_well(stub_place: Place, stub: StubServer) -> None:
    with Training(stub_place, "plain", rows=500) as training:
        assert training.wait() == 0, training.output
    assert check(OfStub(stub), [training], spool=stub_place.spool).stored == 500


def test_a_training_logs_through_the_proxy(
    faulty_place: Place, faulty: FaultProxy, server: ServerProcess
) -> None:
    with Training(faulty_place, "through", rows=500) as training:
        assert training.wait() == 0, training.output
    assert check(server, [training], spool=faulty_place.spool).stored == 500
    assert {each.path for each in faulty.requests} >= {"/api/v1/runs"}


def test_a_training_that_waits_is_stopped_and_killed_with_its_children(
    place: Place, server: ServerProcess
) -> None:
    with Training(place, "tree", pace=0.001, children=2) as training:
        training.wait_for(100)
        training.stop_tree()
        rows = training.returned
        training.cont_tree()
        training.wait_for(rows + 20)
        training.kill_tree()
    place.sync()
    assert check(server, [training], spool=place.spool).returned > rows


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    assert entries(path) == []
    logged(path, 3)
    Slot(path, 2)
    first, second = entries(path)
    assert (first.slot, first.count, first.ended) == (0, 3, True)
    assert (second.slot, second.count, second.ended) == (2, 0, False)
    assert returned(path) == 3


Damage = Callable[[Rows], Rows]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda rows: rows[:4] + rows[6:], "lost 2 of 10 returned rows: 4-5"),
        (lambda rows: [*rows, rows[7]], "doubled 1 rows: 7"),
        (lambda rows: [*rows, (10, 0.0), (11, 0.0)], "rows that were never logged: 10-11"),
        (lambda rows: [(3, 0.5) if row[0] == 3 else row for row in rows], "another value.*: 3"),
    ],
    ids=["lost", "doubled", "never logged", "another value"],
)
def test_what_is_wrong_is_said(tmp_path: Path, damage: Damage, said: str) -> None:
    rows = logged(tmp_path / "ledger", 10)
    with pytest.raises(AssertionError, match=said):
        check(Series(damage(rows)), [Logged("r", tmp_path / "ledger")])


def test_only_a_killed_writer_may_have_a_row_more(tmp_path: Path) -> None:
    rows = [*logged(tmp_path / "ledger", 10), (10, value_of(0, 10))]
    killed = Logged("r", tmp_path / "ledger", killed=True)
    assert check(Series(rows), [killed]).extra == 1
    with pytest.raises(AssertionError, match="never logged: 10"):
        check(Series(rows), [Logged("r", tmp_path / "ledger")])


def test_what_is_left_in_the_spool_is_named(tmp_path: Path) -> None:
    rows = logged(tmp_path / "ledger", 1)
    left = tmp_path / "spool" / "run" / "w-0.seg"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"something")
    with pytest.raises(AssertionError, match=re.escape("run/w-0.seg (9 bytes)")):
        check(Series(rows), [Logged("r", tmp_path / "ledger")], spool=tmp_path / "spool")


def test_nobody_who_ever_logged_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nobody ever logged"):
        check(Series([]), [Logged("r", tmp_path / "ledger")])
