"""Records: what a writer says of its run, in the order said; what is malformed is named."""

from __future__ import annotations

from typing import Any

import pytest

from wanllmdb.wire import Kind, Record, is_row
from wanllmdb_server.catalog.records import read
from wanllmdb_server.domain.run import Finish, Loss, Preemption, RunChanges
from wanllmdb_server.metrics.cells import as_row


def reading_of(*records: tuple[int, Any]) -> Any:
    return read("w1", [Record(n, kind, payload) for n, (kind, payload) in enumerate(records, 1)])


def test_what_is_said_later_wins() -> None:
    found = reading_of(
        (Kind.CONFIG, {"set": {"lr": 0.1, "depth": 2}}),
        (Kind.SUMMARY, {"set": {"best": 1}, "unset": ["old"]}),
        (Kind.CONFIG, {"set": {"lr": 0.2}}),
        (Kind.SUMMARY, {"unset": ["best"]}),
        (Kind.SUMMARY, {"set": {"old": 3}}),
        (Kind.PATCH, {"name": "a", "tags": ["x", 7], "environment": {"gpu": 1}}),
        (Kind.PATCH, {"notes": "n"}),
    )
    assert found.changes == RunChanges(
        config={"lr": 0.2, "depth": 2},
        summary={"old": 3},
        summary_unset=("best",),
        name="a",
        notes="n",
        tags=("x",),
        environment={"gpu": 1},
    )
    assert found.rejected == []


def test_a_finish_and_losses_are_kept_with_their_places() -> None:
    found = reading_of(
        (Kind.LOSS, {"reason": "disk full", "count": 3, "detail": "d"}),
        (Kind.FINISH, {"exit_code": 1, "time_us": 5, "logged": 9, "lost": 3, "traceback": "T"}),
    )
    assert found.changes.losses == (Loss("w1", 1, "disk full", 3, "d"),)
    assert found.changes.finish == Finish(exit_code=1, time=5, logged=9, lost=3, writer="w1")
    assert found.changes.environment == {"traceback": "T"}


def test_rows_are_left_to_the_store() -> None:
    found = reading_of(
        (Kind.ROW, [0, 10, {"loss": 1.0}]),
        (Kind.CONSOLE, ["stdout", 3, 11, "epoch 1"]),
        (Kind.SYSTEM, [0, 12, {"system/cpu": 50.0}]),
    )
    assert found.changes.nothing
    assert found.rejected == []


@pytest.mark.parametrize(
    ("kind", "payload", "row"),
    [
        (Kind.ROW, [0, 10, {"loss": 1.0}], [0, 10, {"loss": 1.0}]),
        (Kind.CONSOLE, ["stdout", 3, 11, "epoch 1"], [3, 11, {"console/stdout": "epoch 1"}]),
        (Kind.SYSTEM, [0, 12, {"system/cpu": 5.0}], [0, 12, {"system/cpu": 5.0}]),
        (Kind.CONFIG, {"set": {}}, None),
    ],
)
def test_what_was_printed_and_measured_is_a_row_too(kind: Kind, payload: Any, row: Any) -> None:
    assert as_row(kind, payload) == row


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.CONSOLE, ["stdlog", 0, 0, "x"]),
        (Kind.CONSOLE, ["stdout", "0", 0, "x"]),
        (Kind.SYSTEM, [0, 0, {"cpu": 1.0}]),
        (Kind.SYSTEM, {}),
    ],
)
def test_a_row_of_another_shape_than_its_kind_is_malformed(kind: Kind, payload: Any) -> None:
    assert not is_row(as_row(kind, payload))


def test_a_metric_says_how_it_wishes_to_be_drawn() -> None:
    found = reading_of((Kind.METRIC, {"name": "loss", "goal": "minimize"}))
    assert found.changes.environment == {"metric/loss": {"name": "loss", "goal": "minimize"}}


def test_a_signal_that_tells_a_run_to_go_is_heard() -> None:
    said = {"name": "SIGTERM", "preempted": True, "time_us": 5}
    found = reading_of((Kind.SIGNAL, said), (Kind.SIGNAL, {"name": "SIGUSR1"}))
    assert found.changes == RunChanges(preemption=Preemption("SIGTERM", time=5))


@pytest.mark.parametrize("stopped", [True, False, None])
def test_a_finish_says_whether_it_was_asked_for(stopped: bool | None) -> None:
    found = reading_of((Kind.FINISH, {"exit_code": 255, "stopped": stopped}))
    assert found.changes.finish == Finish(255, stopped=stopped, writer="w1")


def test_kinds_that_are_not_known_are_passed_over() -> None:
    found = reading_of((99, "?"), (Kind.RUN, {"id": "x"}), (Kind.SIGNAL, {"name": "TERM"}))
    assert found.changes.nothing
    assert found.rejected == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.CONFIG, [1, 2]),
        (Kind.CONFIG, {"set": [1]}),
        (Kind.CONFIG, {1: 2}),
        (Kind.FINISH, {"exit_code": "0"}),
        (Kind.METRIC, {}),
        (Kind.PATCH, {"environment": {1: 2}}),
    ],
)
def test_a_malformed_record_is_named_and_the_others_are_kept(kind: Kind, payload: Any) -> None:
    found = reading_of((kind, payload), (Kind.CONFIG, {"set": {"kept": 1}}))
    assert [(place, code) for place, code, _ in found.rejected] == [(1, "malformed-record")]
    assert found.changes == RunChanges(config={"kept": 1})
