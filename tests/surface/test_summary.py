"""What a summary holds, and what `define_metric` makes of it: each row of its table."""

from __future__ import annotations

import math
import numbers
from typing import Any

import pytest
from tests.journeys.processes import eventually
from tests.sdk.bad.user import User
from tests.surface.rows import Check, Rows

import wanllmdb as wandb
from wanllmdb.folds import Folds, Teller
from wanllmdb.wire import Kind

ROWS = Rows()


def logged(user: User, *values: Any, key: str = "k", **definition: Any) -> Any:
    """The summary of a key after rows with these values."""
    user.run.define_metric(key, **definition)
    for value in values:
        user.run.log({key: value})
    return user.run.summary[key]


def told(user: User) -> dict[str, Any]:
    """The summary as the server is told it, over the last values that it knows itself."""
    found: dict[str, Any] = {}
    for each in user.kept(Kind.SUMMARY):
        for key in each["unset"]:
            found.pop(key, None)
        found.update(each["set"])
    return found


@ROWS.row("default: last logged value, a plain number")
def _(user: User) -> None:
    user.run.log({"k": 1, "l": "text"})
    user.run.log({"k": 2.5})
    assert dict(user.run.summary) == {"k": 2.5, "l": "text"}
    assert isinstance(user.run.summary["k"], numbers.Number)


for op, kept in (
    ("min", {"min": 1}),
    ("max", {"max": 3}),
    ("mean", {"mean": 2.0}),
    ("first", {"first": 3}),
    ("last", {"last": 2}),
    ("min,max", {"min": 1, "max": 3}),
):

    def _op(user: User, op: str = op, kept: dict[str, Any] = kept) -> None:
        assert logged(user, 3, 1, 2, summary=op) == kept
        user.finish()
        assert told(user) == {"k": kept}

    ROWS.row(f'summary="{op}": summary["k"] is {kept}, without the plain last value')(_op)


@ROWS.row('"none": absent, here and on the server')
def _(user: User) -> None:
    user.run.define_metric("k", summary="none")
    user.run.log({"k": 1, "l": 2})
    assert dict(user.run.summary) == {"l": 2}
    user.finish()
    assert told(user) == {"k": None}


@ROWS.row('"copy": default behaviour')
def _(user: User) -> None:
    assert logged(user, 3, 1, summary="copy") == 1


@ROWS.row('"best", goal=: accepted, {"best": v} by goal', ours=True)
def _(user: User) -> None:
    assert logged(user, 3, 1, 2, key="loss", summary="best") == {"best": 1}
    assert logged(user, 1, 3, 2, key="acc", summary="best", goal="maximize") == {"best": 3}
    assert logged(user, 1, 3, 2, key="f1", summary="best", goal="max") == {"best": 3}


@ROWS.row('"train/*": suffix globs only')
def _(user: User) -> None:
    user.run.define_metric("train/*", summary="max")
    for value in (2, 1):
        user.run.log({"train/a": value, "val/a": value})
    assert dict(user.run.summary) == {"train/a": {"max": 2}, "val/a": 1}


@ROWS.row(
    "b*c, **, '', a name that is no text, an unknown op, a summary that is no text: wandb.Error"
)
def _(user: User) -> None:
    for given in (
        {"name": "b*c"}, {"name": "**"}, {"name": ""}, {"name": 3}, {"name": "a", "goal": "great"},
        {"name": "a", "summary": "avg"}, {"name": "a", "summary": 3},
        {"name": "a", "step_metric": 3},
    ):  # fmt: skip
        told: dict[str, Any] = dict(given)
        with pytest.raises(wandb.Error):
            user.run.define_metric(**told)


@ROWS.row("step_metric= implies step_sync: rows lacking it get its last value, 0 if never logged")
def _(user: User) -> None:
    user.run.define_metric("val/*", step_metric="epoch")
    for row in ({"val/a": 1}, {"epoch": 5}, {"val/a": 2}, {"other": 3}):
        user.run.log(row)
    assert [values for _, values in user.rows] == [
        {"val/a": 1, "epoch": 0},
        {"epoch": 5},
        {"val/a": 2, "epoch": 5},
        {"other": 3},
    ]


@ROWS.row("step_sync=False: rows stay as they are")
def _(user: User) -> None:
    user.run.define_metric("val", step_metric="epoch", step_sync=False)
    user.run.log({"val": 1})
    assert user.last == {"val": 1}


@ROWS.row("a step metric inside of a nested value is found there")
def _(user: User) -> None:
    user.run.define_metric("val", step_metric="trainer.epoch")
    user.run.log({"trainer": {"epoch": 4}})
    user.run.log({"val": 1})
    user.run.log({"val": 2, "trainer": {"epoch": 5}})
    assert [values for _, values in user.rows[1:]] == [
        {"val": 1, "trainer.epoch": 4},
        {"val": 2, "trainer": {"epoch": 5}},
    ]


@ROWS.row('nested: define_metric("deep.x") matches {"deep": {"x": ...}}')
def _(user: User) -> None:
    user.run.define_metric("deep.x", summary="max")
    for value in (2, 1):
        user.run.log({"deep": {"x": value, "y": value}})
    assert dict(user.run.summary["deep"]) == {"x": {"max": 2}, "y": 1}
    user.finish()
    assert told(user) == {"deep.x": {"max": 2}}


@ROWS.row("nested values of several rows stand together")
def _(user: User) -> None:
    user.run.log({"deep": {"x": 1}})
    user.run.log({"deep": {"y": 2}})
    assert dict(user.run.summary["deep"]) == {"x": 1, "y": 2}


@ROWS.row("NaN: skipped in min and max, kept in mean", ours=True)
def _(user: User) -> None:
    found = logged(user, math.nan, 2.0, math.nan, 1.0, summary="min,max,mean")
    assert (found["min"], found["max"]) == (1.0, 2.0)
    assert math.isnan(found["mean"])


@ROWS.row('manual summary["k"]=v: plain value; overrides until the next log of k')
def _(user: User) -> None:
    user.run.log({"k": 1})
    user.run.summary["k"] = 9
    user.run.log({"other": 1})
    assert user.run.summary["k"] == 9
    user.run.log({"k": 2})
    assert (user.run.summary["k"], told(user)) == (2, {})


@ROWS.row("manual value over a definition: the definition stands again at the next log, also there")
def _(user: User) -> None:
    logged(user, 1, summary="min")
    user.run.summary["k"] = 9
    user.run.log({"k": 2})
    assert user.run.summary["k"] == {"min": 1}
    user.finish()
    assert told(user) == {"k": {"min": 1}}


@ROWS.row("missing: KeyError even as an attribute, and hasattr is False", ours=True)
def _(user: User) -> None:
    summary = user.run.summary
    with pytest.raises(KeyError):
        summary["nope"]
    with pytest.raises(KeyError):
        summary.nope  # noqa: B018
    assert (hasattr(summary, "nope"), summary.get("nope", 3)) == (False, 3)


@ROWS.row("key in run.summary, iterating it, len, items: no KeyError(0)", ours=True)
def _(user: User) -> None:
    user.run.log({"k": 1, "l": 2})
    summary = user.run.summary
    assert ("k" in summary, "n" in summary, list(summary), len(summary)) == (
        True,
        False,
        ["k", "l"],
        2,
    )
    assert dict(wandb.summary).items() == {"k": 1, "l": 2}.items()
    assert list(wandb.summary) == ["k", "l"]


@ROWS.row("run.summary and run.step can be read after finish", ours=True)
def _(user: User) -> None:
    user.run.log({"k": 1})
    user.finish()
    assert (user.run.summary["k"], "k" in user.run.summary, user.run.step) == (1, True, 1)


@ROWS.row("hidden, goal, **cfg of any keyword: accepted; a Metric is returned, and taken as a name")
def _(user: User) -> None:
    epoch = user.run.define_metric("epoch", hidden=True, anything="x")
    found = user.run.define_metric(name="k", step_metric=epoch, summary="max", goal="max", custom=1)
    assert (epoch.name, epoch.hidden) == ("epoch", True)
    assert (found.name, found.step_metric, found.step_sync) == ("k", "epoch", True)
    assert (found.summary, found.goal) == (("max",), "maximize")
    assert user.kept(Kind.METRIC)[-1] == {
        "name": "k", "step_metric": "epoch", "summary": "max", "goal": "maximize",
    }  # fmt: skip


@ROWS.row("a second definition adds to the first; overwrite=True replaces it")
def _(user: User) -> None:
    user.run.define_metric("k", summary="min")
    user.run.define_metric("k", step_metric="epoch")
    found = user.run.define_metric("k", hidden=True)
    assert (found.summary, found.step_metric, found.hidden) == (("min",), "epoch", True)
    found = user.run.define_metric("k", summary="max", overwrite=True)
    assert (found.summary, found.step_metric, found.hidden) == (("max",), None, False)


@ROWS.row(
    "summaries of definitions are told while the run goes on, the last of them, too", ours=True
)
def _(user: User) -> None:
    user.run._teller._seconds = 0.2
    logged(user, 5, 3, 1, summary="min")
    eventually(lambda: told(user) == {"k": {"min": 1}}, seconds=10)


@ROWS.row("before init: any access is wandb.Error 'You must call wandb.init() before'")
def _(user: User) -> None:
    del user
    for access in (
        lambda: wandb.summary["k"],
        lambda: wandb.summary.k,
        lambda: "k" in wandb.summary,
        lambda: wandb.summary.update({"k": 1}),
        lambda: wandb.define_metric("k"),
    ):
        with pytest.raises(wandb.Error, match=r"You must call wandb.init\(\) before"):
            access()


@ROWS.each()
def test_summary(check: Check, user: User) -> None:
    check(user)
    user.finish()


def test_it_is_told_at_once_and_then_no_oftener_than_every_few_seconds() -> None:
    now, told = [100.0], []
    teller = Teller(lambda: told.append(now[0]), seconds=5, clock=lambda: now[0])
    for moment in (100.0, 101.0, 104.9, 105.0, 106.0, 110.0):
        now[0] = moment
        teller.changed()
    assert told == [100.0, 105.0, 110.0]
    teller.close()

    assert told[-1] == 110.0
    assert len(told) == 4


def test_a_resumed_run_goes_on_with_what_the_server_knows() -> None:
    known = Folds()
    known.fold("k", ("min", "max", "first", "mean"), 5, goal=None)
    known.go_on_from({"k": {"min": 1, "max": 9, "first": 4, "mean": 3, "best": "NaN"}, "l": 3})
    assert known.fold("k", ("min", "max", "first"), 2, goal=None) == {
        "min": 1, "max": 9, "first": 4, "mean": 5.0,
    }  # fmt: skip
    fresh = Folds()
    fresh.go_on_from({"k": {"min": 1}})
    assert fresh.fold("k", ("min",), 2, goal=None) == {"min": 1}


def test_a_record_of_folds_never_has_too_many_keys() -> None:
    known = Folds()
    for number in range(1200):
        known.fold(f"k{number}", ("min",), 1, goal=None)
    assert [len(each) for each in known.untold()] == [500, 500, 200]
    assert list(known.untold()) == []
