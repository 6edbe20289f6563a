"""A run: what it logs, what its summary says, how it ends, what it never does to the training."""

from __future__ import annotations

import math
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.journals import kept, kept_in, rows

import wanllmdb as wandb
from wanllmdb.errors import Error, UsageError
from wanllmdb.moulds import Moulds
from wanllmdb.run import Run
from wanllmdb.wire import Kind


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(project="p", mode="offline", settings={"console": "off"})


def test_rows_get_steps_from_0(run: Run) -> None:
    run.log({"a": 1})
    run.log({"a": 2})
    assert rows(run) == [(0, {"a": 1}), (1, {"a": 2})]
    assert run.step == 2


def test_a_step_left_open_takes_the_next_row_too(run: Run) -> None:
    run.log({"a": 1}, commit=False)
    run.log({"b": 2})
    assert rows(run) == [(0, {"a": 1}), (0, {"b": 2})]
    assert run.step == 1


def test_an_explicit_step_is_followed_and_stays_open(run: Run) -> None:
    run.log({"a": 1}, step=10)
    assert run.step == 10
    run.log({"a": 2}, step=10)
    run.log({"b": 3})
    assert rows(run) == [(10, {"a": 1}), (10, {"a": 2}), (10, {"b": 3})]
    assert run.step == 11
    run.log({"a": 4}, 20, True)
    assert run.step == 21


def test_a_lower_step_is_kept_where_the_user_put_it(run: Run) -> None:
    run.log({"a": 1}, step=10, commit=True)
    run.log({"a": 2}, step=5)
    run.log({"a": 3}, step=-1)
    run.log({"a": 4})
    assert rows(run) == [(10, {"a": 1}), (5, {"a": 2}), (-1, {"a": 3}), (11, {"a": 4})]


def test_an_empty_row_closes_the_step_and_is_no_row(run: Run) -> None:
    run.log({"a": 1}, step=3)
    run.log({})
    run.log({})
    assert run.step == 5
    assert rows(run) == [(3, {"a": 1})]


@pytest.mark.parametrize("data", [None, 3, [("a", 1)]], ids=repr)
def test_what_is_no_mapping_is_a_type_error(run: Run, data: Any) -> None:
    with pytest.raises(TypeError, match="must be passed a dictionary"):
        run.log(data)


def test_a_key_of_another_string_type_is_kept(run: Run) -> None:
    run.log({"loss": 1.0})
    run.log({np.str_("loss"): 2.0})
    assert rows(run) == [(0, {"loss": 1.0}), (1, {"loss": 2.0})]


def test_a_value_that_cannot_be_kept_warns_once_and_counts_each_time(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        run.log({"bad": object(), "good": 1})
    run.finish()
    assert capsys.readouterr().err.count("'bad'") == 1
    assert [values for _, values in rows(run)] == [{"good": 1}] * 3
    losses = kept(run, Kind.LOSS)
    assert sum(loss["count"] for loss in losses) == 3
    [finish] = kept(run, Kind.FINISH)
    assert (finish["logged"], finish["lost"], finish["exit_code"]) == (3, 3, 0)


def test_rows_of_many_threads_are_all_kept_with_a_step_each(run: Run) -> None:
    def work(number: int) -> None:
        for count in range(500):
            run.log({f"thread{number}": count})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = rows(run)
    assert len(found) == 4000
    assert sorted(step for step, _ in found) == list(range(4000))


def test_a_signal_handler_may_log_while_a_log_is_under_way(run: Run) -> None:
    def handler(*_: object) -> None:
        run.log({"handler": 1})

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for count in range(5000):
            run.log({"loop": count})
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    found = [values for _, values in rows(run)]
    assert sum("loop" in values for values in found) == 5000
    assert sum("handler" in values for values in found) > 0


def test_after_the_end_logging_is_a_usage_error(run: Run) -> None:
    run.finish()
    with pytest.raises(UsageError, match="is finished"):
        run.log({"a": 1})
    with pytest.raises(UsageError):
        run.config["a"] = 1
    with pytest.raises(UsageError):
        run.summary["a"] = 1
    with pytest.raises(UsageError):
        run.name = "other"
    run.finish()


def test_after_the_end_everything_can_still_be_read(home: Path) -> None:
    run = wandb.init(mode="offline", config={"lr": 1})
    run.log({"a": 1})
    run.finish()
    assert (run.config["lr"], run.summary["a"], run.step) == (1, 1, 1)
    assert wandb.run is None


def test_a_mistake_of_ours_does_not_reach_the_training(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        """A journal that breaks its promise."""

        moulds = Moulds()

        def append_values(self, *_: Any) -> bool:
            raise RuntimeError("a bug")

        def mould(self, row: Mapping[str, Any]) -> None:
            """None for any row."""

        def append(self, kind: int, payload: bytes) -> bool:
            if kind == Kind.ROW:
                raise RuntimeError("a bug")
            return True

    from wanllmdb.console import Voice
    from wanllmdb.identity import Identity
    from wanllmdb.settings import Settings

    identity = Identity("id", "name", "p", None, home, 0)
    run = Run(identity, Settings(), journal=Broken(), voice=Voice())
    for _ in range(3):
        run.log({"a": 1})
    assert run.lost == 3
    assert capsys.readouterr().err.count("a bug") == 1


def test_name_notes_and_tags_may_be_changed_and_the_server_is_told(run: Run) -> None:
    run.name = "new name"
    run.notes = "because"
    run.tags = ["a", "b"]
    run.tags += ("c",)
    assert (run.name, run.notes, run.tags) == ("new name", "because", ("a", "b", "c"))
    run.finish()
    changes: dict[str, Any] = {}
    for change in kept(run, Kind.PATCH):
        changes.update(change)
    assert changes["name"] == "new name"
    assert changes["notes"] == "because"
    assert changes["tags"] == ["a", "b", "c"]


@pytest.mark.parametrize("attribute", ["group", "project", "id", "entity"])
def test_what_a_run_is_cannot_be_changed(run: Run, attribute: str) -> None:
    with pytest.raises(AttributeError):
        setattr(run, attribute, "other")


def test_a_fork_child_logs_to_the_run_and_does_not_end_it(run: Run) -> None:
    run.log({"parent": 1})
    child = os.fork()
    if child == 0:
        run.log({"child": 1})
        run.finish()
        wandb.finish()
        os._exit(0)
    os.waitpid(child, 0)
    run.log({"parent": 2})
    assert sorted(str(values) for _, values in rows(run)) == [
        "{'child': 1}",
        "{'parent': 1}",
        "{'parent': 2}",
    ]
    assert kept(run, Kind.FINISH) == []


def test_init_in_a_fork_child_makes_a_new_run(run: Run) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        other = wandb.init(project="p", mode="offline", settings={"console": "off"})
        os.write(writing, other.id.encode())
        other.finish()
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100).decode() not in {"", run.id}
    os.close(reading)
    os.close(writing)


class TestDefineMetric:
    def test_a_definition_is_recorded_in_the_words_of_the_wire(self, run: Run) -> None:
        run.define_metric("val/*", step_metric="epoch", summary="max,min", goal="maximize")
        run.define_metric("x", hidden=True)
        assert kept(run, Kind.METRIC) == [
            {
                "name": "val/*",
                "step_metric": "epoch",
                "summary": "max,min",
                "goal": "maximize",
            },
            {"name": "x", "hidden": True},
        ]

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("min", {"min": 1}),
            ("max", {"max": 3}),
            ("mean", {"mean": 2.0}),
            ("first", {"first": 3}),
            ("last", {"last": 2}),
            ("best", {"best": 1}),
            ("min,max", {"min": 1, "max": 3}),
        ],
    )
    def test_the_summary_keeps_what_was_asked_for(
        self, run: Run, kind: str, expected: dict[str, float]
    ) -> None:
        run.define_metric("a", summary=kind)
        for value in (3, 1, 2):
            run.log({"a": value})
        assert run.summary["a"] == expected
        run.finish()
        assert kept(run, Kind.SUMMARY)[-1]["set"] == {"a": expected}

    def test_best_is_the_greatest_when_that_is_the_goal(self, run: Run) -> None:
        run.define_metric("a", summary="best", goal="maximize")
        for value in (3, 1):
            run.log({"a": value})
        assert run.summary["a"] == {"best": 3}

    def test_nan_is_skipped_by_min_and_max_and_kept_by_mean(self, run: Run) -> None:
        run.define_metric("a", summary="min,max,mean")
        for value in (math.nan, 2.0, math.nan, 1.0):
            run.log({"a": value})
        summary = run.summary["a"]
        assert (summary["min"], summary["max"]) == (1.0, 2.0)
        assert math.isnan(summary["mean"])

    def test_none_keeps_a_key_out_of_the_summary(self, run: Run) -> None:
        run.define_metric("a", summary="none")
        run.log({"a": 1, "b": 2})
        assert dict(run.summary) == {"b": 2}

    def test_a_rule_is_for_all_keys_that_begin_so_and_the_longest_wins(self, run: Run) -> None:
        run.define_metric("val/*", summary="max")
        run.define_metric("val/loss*", summary="min")
        for value in (1, 2):
            run.log({"val/acc": value, "val/loss": value})
        assert run.summary["val/acc"] == {"max": 2}
        assert run.summary["val/loss"] == {"min": 1}

    def test_a_nested_key_is_named_with_dots(self, run: Run) -> None:
        run.define_metric("deep.x", summary="max")
        for value in (2, 1):
            run.log({"deep": {"x": value}})
        assert run.summary["deep"]["x"] == {"max": 2}
        run.finish()
        assert kept(run, Kind.SUMMARY)[-1]["set"] == {"deep.x": {"max": 2}}

    def test_a_row_without_its_step_metric_gets_the_last_one(self, run: Run) -> None:
        run.define_metric("val", step_metric="epoch")
        run.log({"val": 1})
        run.log({"epoch": 5})
        run.log({"val": 2})
        run.log({"other": 3})
        assert [values for _, values in rows(run)] == [
            {"val": 1, "epoch": 0},
            {"epoch": 5},
            {"val": 2, "epoch": 5},
            {"other": 3},
        ]

    @pytest.mark.parametrize(
        "arguments",
        [
            {"name": "b*c"},
            {"name": "**"},
            {"name": ""},
            {"name": "a", "summary": "median"},
            {"name": "a", "goal": "great"},
        ],
        ids=str,
    )
    def test_what_means_nothing_is_an_error(self, run: Run, arguments: dict[str, Any]) -> None:
        with pytest.raises(Error):
            run.define_metric(**arguments)

    def test_keywords_of_other_versions_are_accepted(self, run: Run) -> None:
        metric = run.define_metric("a", step_sync=True, overwrite=True, anything="x")
        assert run.define_metric("b", step_metric=metric).step_metric == "a"


def test_the_time_of_a_row_is_when_it_was_logged(run: Run) -> None:
    run.log({"a": 1})
    [(_, at, _)] = kept(run, Kind.ROW)
    assert abs(at / 1e6 - run.start_time) < 60


def test_the_journal_survives_a_process_that_is_killed(home: Path) -> None:
    child = os.fork()
    if child == 0:
        run = wandb.init(project="p", mode="offline", id="victim", settings={"console": "off"})
        run.log({"a": 1}, commit=False)
        run.log({"b": 2}, step=7)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    [directory] = (home / ".local/state/wanllmdb/spool").iterdir()
    assert [(step, values) for step, _, values in kept_in(directory, Kind.ROW)] == [
        (0, {"a": 1}),
        (7, {"b": 2}),
    ]
