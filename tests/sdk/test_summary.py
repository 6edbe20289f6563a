"""The summary: the last value of every key, and what the user put in its place."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.journals import kept

import wanllmdb as wandb
from wanllmdb.run import Run
from wanllmdb.summary import inherit
from wanllmdb.wire import Kind


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(project="p", mode="offline", settings={"console": "off"})


def test_by_itself_it_holds_the_last_value_of_every_key(run: Run) -> None:
    run.log({"a": 1, "b": 1})
    run.log({"a": np.float32(2), "deep": {"x": 1}})
    assert dict(run.summary) == {"a": 2.0, "b": 1, "deep": {"x": 1}}
    assert isinstance(run.summary["a"], numbers.Number)
    assert kept(run, Kind.SUMMARY) == []


def test_nan_is_kept_and_none_is_absent(run: Run) -> None:
    run.log({"a": math.nan, "b": None})
    assert math.isnan(run.summary["a"])
    assert "b" not in run.summary


def test_items_attributes_and_update_are_the_same(run: Run) -> None:
    run.summary["a"] = 1
    run.summary.b = np.int64(2)
    run.summary.update({"c": 3}, d=4)
    assert dict(run.summary.items()) == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert kept(run, Kind.SUMMARY) == [
        {"set": {"a": 1}, "unset": []},
        {"set": {"b": 2}, "unset": []},
        {"set": {"c": 3, "d": 4}, "unset": []},
    ]


def test_it_is_a_whole_mapping(run: Run) -> None:
    run.log({"a": 1, "b": 2})
    assert isinstance(run.summary, Mapping)
    assert "a" in run.summary
    assert (list(run.summary), len(run.summary)) == (["a", "b"], 2)
    del run.summary["a"]
    assert dict(run.summary) == {"b": 2}
    assert kept(run, Kind.SUMMARY) == [{"set": {}, "unset": ["a"]}]


def test_what_is_absent_is_a_key_error_also_as_an_attribute(run: Run) -> None:
    with pytest.raises(KeyError):
        run.summary["a"]
    with pytest.raises(KeyError):
        _ = run.summary.a
    assert not hasattr(run.summary, "a")
    assert run.summary.get("a", 5) == 5


def test_what_was_set_stands_until_the_key_is_logged_again(run: Run) -> None:
    run.log({"a": 1})
    run.summary["a"] = 9
    assert run.summary["a"] == 9
    run.log({"b": 1})
    assert run.summary["a"] == 9
    run.log({"a": 2})
    assert run.summary["a"] == 2
    assert kept(run, Kind.SUMMARY)[-1] == {"set": {}, "unset": ["a"]}


def test_a_change_inside_a_nested_value_is_a_change_of_the_summary(run: Run) -> None:
    run.summary["best"] = {"val": {"acc": 1}}
    run.summary["best"]["val"]["acc"] = 2
    run.summary.best.val.f1 = 3
    assert run.summary["best"] == {"val": {"acc": 2, "f1": 3}}
    assert kept(run, Kind.SUMMARY)[-1]["set"] == {"best": {"val": {"acc": 2, "f1": 3}}}


def test_a_value_that_cannot_be_kept_is_counted(run: Run) -> None:
    run.summary.update({"bad": object(), "good": 1})
    assert dict(run.summary) == {"good": 1}
    assert run.lost == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_server_is_told_only_what_was_set(run: Run, count: int) -> None:
    for number in range(count):
        run.summary["a"] = number
    run.finish()
    told: list[Any] = [each["set"]["a"] for each in kept(run, Kind.SUMMARY)]
    assert told == list(range(count))


def test_a_run_that_goes_on_has_the_summary_that_a_server_knows(run: Run) -> None:
    run.log({"loss": 0.5})
    inherit(run.summary, {"loss": 9, "epoch": 3, "val.acc": 0.75, "val.deep.er": 1, "a.b": 2})
    assert run.summary["loss"] == 0.5
    assert run.summary["epoch"] == 3
    assert run.summary["val"] == {"acc": 0.75, "deep": {"er": 1}}
    assert run.summary["a.b"] == 2
    run.log({"epoch": 4, "val": {"acc": 0.8}})
    assert (run.summary["epoch"], run.summary["val"]["acc"]) == (4, 0.8)
    assert run.summary.get("v") is None
    assert kept(run, Kind.SUMMARY) == []


def test_what_was_set_before_a_run_went_on_stands_until_its_key_is_logged_again(run: Run) -> None:
    run.log({"early": 1})
    gone = inherit(run.summary, {"early": 9, "best": 10}, ["best", "early", "hidden"])
    assert gone == {"early"}
    assert (run.summary["early"], run.summary["best"]) == (1, 10)
    run._straighten()
    run.log({"best": 11})
    assert run.summary["best"] == 11
    assert kept(run, Kind.SUMMARY) == [{"set": {}, "unset": ["best"]}]
