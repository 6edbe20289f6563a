"""A row is kept as it was logged, whether it is the first of its like or the thousandth.

The second row of a set of keys gets a mould, and from the third on `log()` goes by it. Nobody
who logs may notice. So each test here is about a row that comes after none, one, two or three
rows of the same keys.
"""

from __future__ import annotations

import math
import signal
import threading
from collections import OrderedDict, UserDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from tests.sdk.journals import kept, rows

import wanllmdb as wandb
from wanllmdb import journal, segment
from wanllmdb.errors import UsageError
from wanllmdb.run import Run
from wanllmdb.wire import Kind

Warm = Callable[[Mapping[str, Any]], int]


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(project="p", mode="offline", settings={"console": "off"})


@pytest.fixture(params=[0, 1, 2, 3], ids=lambda count: f"after-{count}")
def warm(request: pytest.FixtureRequest, run: Run) -> Warm:
    """Logs some rows like the given one, and says how many."""

    def log(row: Mapping[str, Any]) -> int:
        for _ in range(request.param):
            run.log(row)
        return request.param

    return log


def last(run: Run) -> tuple[int, dict[str, Any]]:
    return rows(run)[-1]


def kinds(run: Run) -> list[int]:
    """The kinds of the frames on the disk, of rows and forms."""
    directory = Path(run.dir).parent
    return [
        each.kind
        for writer in journal.writers(directory)
        for path in journal.segments(directory, writer)
        for each in segment.read_segment(path)
        if each.kind in {Kind.ROW, Kind.FORM, Kind.VALUES}
    ]


class Tensor:
    """A number as a tensor is one."""

    dtype = "float32"
    shape = ()

    def __float__(self) -> float:
        return 0.75

    def item(self) -> float:
        return 0.75


class Measure:
    """Knows how to be a float, and nothing else."""

    def __float__(self) -> float:
        return 0.75


class Raising:
    def __float__(self) -> float:
        raise RuntimeError("it is on another device")


VALUES = {
    "float": (0.25, 0.25),
    "int": (3, 3),
    "bool": (True, True),
    "none": (None, None),
    "text": ("1.5", "1.5"),
    "nested": ({"a": {"b": 7}}, {"a": {"b": 7}}),
    "list": ([1, 2], [1, 2]),
    "inf": (math.inf, math.inf),
    "-0": (-0.0, 0.0),
    "beyond 64 bits": (1 << 63, 2.0**63),
    "far beyond": (10**400, math.inf),
    "below 64 bits": (-(1 << 63) - 1, -(2.0**63)),
    "numpy float32": (np.float32(0.5), 0.5),
    "numpy int64": (np.int64(7), 7),
    "numpy uint64": (np.uint64(2**63), 2.0**63),
    "numpy bool": (np.bool_(True), True),
    "numpy longdouble": (np.longdouble(0.5), 0.5),
    "numpy text": (np.str_("x"), "x"),
    "0-d float": (np.array(1.5), 1.5),
    "0-d int": (np.array(3), 3),
    "1 element": (np.array([1.5]), 1.5),
    "3 elements": (np.arange(3.0), [0.0, 1.0, 2.0]),
    "tensor": (Tensor(), 0.75),
    "measure": (Measure(), 0.75),
}


@pytest.mark.parametrize("base", [1.0, 1], ids=["after floats", "after ints"])
@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_kept_as_it_was_logged(run: Run, warm: Warm, name: str, base: float) -> None:
    value, expected = VALUES[name]
    before = warm({"x": base, "y": 1.0})
    run.log({"x": value, "y": 2.0})
    step, values = last(run)
    assert step == before
    assert values["y"] == 2.0
    assert values["x"] == expected
    assert run.summary["y"] == 2.0
    if value is None:
        assert run.summary.get("x") == (base if before else None)
    else:
        assert run.summary["x"] == values["x"]
    assert run.lost == 0
    assert run.step == before + 1


def test_nan_is_kept(run: Run, warm: Warm) -> None:
    warm({"x": 1.0})
    run.log({"x": math.nan})
    assert math.isnan(last(run)[1]["x"])
    assert math.isnan(run.summary["x"])


def test_what_was_a_float_stays_one_also_beyond_its_precision(run: Run) -> None:
    for _ in range(2):
        run.log({"x": 0.5, "n": 2**53 + 1})
    run.log({"x": 2**53 + 1, "n": 2**53 + 1})
    assert last(run)[1] == {"x": float(2**53 + 1), "n": 2**53 + 1}
    assert isinstance(last(run)[1]["n"], int)


def test_a_decimal_among_numbers_is_a_number(run: Run) -> None:
    for _ in range(2):
        run.log({"x": 0.5})
    run.log({"x": Decimal("1.5")})
    assert last(run)[1] == {"x": 1.5}


@pytest.mark.parametrize("value", [object(), Raising()], ids=["no number", "raises"])
def test_a_value_that_cannot_be_kept_is_counted_and_the_others_are_kept(
    run: Run, warm: Warm, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    before = warm({"x": 1.0, "y": 1.0})
    run.log({"x": value, "y": 2.0})
    assert last(run) == (before, {"y": 2.0})
    assert run.lost == 1
    assert run.logged == before + 1
    assert "'x'" in capsys.readouterr().err


def test_the_kinds_of_row_come_in_turn(run: Run) -> None:
    for n in range(4):
        run.log({"x": n * 0.5})
    run.log({"x": "text"})
    run.log({"x": 0.5})
    expected = [Kind.ROW, Kind.FORM, Kind.FORM, *[Kind.VALUES] * 3, Kind.ROW, Kind.VALUES]
    assert kinds(run) == expected


def test_an_int_that_becomes_a_float_gets_a_mould_of_its_own(run: Run) -> None:
    given = [1, 2, 3, 0.5, 1.5, 2.5, 4]
    for value in given:
        run.log({"x": value})
    assert [values["x"] for _, values in rows(run)] == given
    assert kinds(run)[-3:] == [Kind.VALUES] * 3
    assert run.summary["x"] == 4


@pytest.mark.parametrize("make", [dict, OrderedDict, UserDict, MappingProxyType])
def test_any_mapping_is_a_row(run: Run, warm: Warm, make: Callable[..., Mapping[str, Any]]) -> None:
    before = warm({"x": 1.0, "y": 1.0})
    run.log(make({"x": 2.0, "y": 3.0}))
    assert last(run) == (before, {"x": 2.0, "y": 3.0})


def test_the_order_of_the_keys_does_not_matter(run: Run, warm: Warm) -> None:
    before = warm({"x": 1.0, "y": 2.0})
    run.log({"y": 3.0, "x": 4.0})
    run.log({"x": 5.0, "y": 6.0})
    assert rows(run)[before:] == [
        (before, {"x": 4.0, "y": 3.0}),
        (before + 1, {"x": 5.0, "y": 6.0}),
    ]
    assert dict(run.summary) == {"x": 5.0, "y": 6.0}


def test_keys_come_and_go_between_rows(run: Run, warm: Warm) -> None:
    before = warm({"x": 1.0, "y": 1.0})
    given = [{"x": 2.0}, {"x": 3.0, "y": 3.0, "z": 3.0}, {"x": 4.0, "y": 4.0}, {"z": 5.0}]
    for row in given:
        run.log(row)
    assert [values for _, values in rows(run)[before:]] == given
    assert dict(run.summary) == {"x": 4.0, "y": 4.0, "z": 5.0}


def test_what_is_changed_after_log_is_kept_as_it_was(run: Run, warm: Warm) -> None:
    before = warm({"x": 1.0, "y": 1.0})
    array = np.array(2.0)
    row = {"x": array, "y": 3.0}
    run.log(row)
    array += 40
    row["y"] = 50.0
    row["z"] = 60.0
    assert last(run) == (before, {"x": 2.0, "y": 3.0})
    assert dict(run.summary) == {"x": 2.0, "y": 3.0}


def test_the_summary_has_each_row_at_once(run: Run) -> None:
    for n in range(6):
        run.log({"x": float(n), "y": n})
        assert dict(run.summary) == {"x": float(n), "y": n}


def test_the_summary_holds_the_newest_row_of_moulds_that_take_turns(run: Run) -> None:
    for n in range(12):
        run.log({"loss": float(n)} if n % 3 else {"val": float(n), "loss": -float(n)})
    assert dict(run.summary) == {"loss": 11.0, "val": 9.0}
    run.log({"val": 12.0, "loss": -12.0})
    assert dict(run.summary) == {"loss": -12.0, "val": 12.0}
    run.log({"loss": 13.0})
    assert dict(run.summary) == {"loss": 13.0, "val": 12.0}


def test_what_the_user_set_stands_until_its_key_is_logged_again(run: Run, warm: Warm) -> None:
    warm({"x": 1.0, "best": 1.0})
    run.summary["best"] = 100.0
    run.log({"x": 2.0})
    assert dict(run.summary) == {"x": 2.0, "best": 100.0}
    for n in range(4):
        run.log({"x": float(n), "best": float(n)})
        assert dict(run.summary) == {"x": float(n), "best": float(n)}
    assert kept(run, Kind.SUMMARY) == [
        {"set": {"best": 100.0}, "unset": []},
        {"set": {}, "unset": ["best"]},
    ]


def test_what_was_deleted_from_the_summary_comes_back_when_it_is_logged(
    run: Run, warm: Warm
) -> None:
    warm({"x": 1.0, "y": 1.0})
    run.log({"x": 2.0, "y": 2.0})
    del run.summary["y"]
    assert dict(run.summary) == {"x": 2.0}
    run.log({"x": 3.0})
    assert dict(run.summary) == {"x": 3.0}
    run.log({"x": 4.0, "y": 4.0})
    assert dict(run.summary) == {"x": 4.0, "y": 4.0}


def test_a_definition_is_followed_from_the_next_row_on(run: Run, warm: Warm) -> None:
    before = warm({"x": 5.0, "hidden": 1.0})
    run.define_metric("x", summary="max")
    run.define_metric("hidden", summary="none")
    run.define_metric("y", step_metric="x")
    for value in (7.0, 6.0, 8.0, 4.0):
        run.log({"x": value, "hidden": 2.0})
    run.log({"y": 1.0})
    assert run.summary["x"] == {"max": 8.0}
    assert run.summary.get("hidden") == (1.0 if before else None)
    assert last(run)[1] == {"y": 1.0, "x": 4.0}


def test_after_the_end_the_thousandth_row_is_an_error_too(run: Run, warm: Warm) -> None:
    before = warm({"x": 1.0})
    run.finish()
    with pytest.raises(UsageError, match="is finished"):
        run.log({"x": 2.0})
    assert len(rows(run)) == before
    assert run.step == before


class TestSteps:
    """The table of steps, by the first row of its like and by those that have a mould."""

    def test_rows_get_consecutive_steps(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        for _ in range(3):
            run.log({"x": 1.0})
        assert [step for step, _ in rows(run)] == list(range(before + 3))

    def test_a_step_left_open_takes_the_next_row_too(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        run.log({"x": 2.0}, commit=False)
        assert run.step == before
        run.log({"x": 3.0})
        assert [step for step, _ in rows(run)[before:]] == [before, before]
        assert run.step == before + 1

    def test_an_explicit_step_stays_open(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        run.log({"x": 2.0}, step=10)
        assert run.step == 10
        run.log({"x": 3.0}, step=10)
        run.log({"x": 4.0})
        assert run.step == 11
        run.log({"x": 5.0}, step=20, commit=True)
        assert run.step == 21
        run.log({"x": 6.0})
        steps = [step for step, _ in rows(run)[before:]]
        assert steps == [10, 10, 10, 20, 21]

    def test_a_lower_step_is_kept_where_it_was_put(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        for step in (10, 5, -1):
            run.log({"x": 2.0}, step=step)
        run.log({"x": 3.0})
        assert [step for step, _ in rows(run)[before:]] == [10, 5, -1, 10]

    def test_an_empty_row_closes_the_step(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        run.log({"x": 2.0}, step=before + 3)
        run.log({})
        run.log({})
        run.log({"x": 3.0})
        assert [step for step, _ in rows(run)[before:]] == [before + 3, before + 5]

    @pytest.mark.parametrize("step", [np.int64(7), np.array(7), 7.0], ids=repr)
    def test_any_whole_number_is_a_step(self, run: Run, warm: Warm, step: Any) -> None:
        warm({"x": 1.0})
        run.log({"x": 2.0}, step=step)
        assert last(run) == (7, {"x": 2.0})

    @pytest.mark.parametrize(
        ("step", "kept"),
        [("3", None), (300.7, 300), (1 << 63, (1 << 63) - 1), (object(), None)],
        ids=["text", "fraction", "65 bits", "object"],
    )
    def test_a_row_with_a_step_that_is_none_is_kept_and_that_is_counted(
        self, run: Run, warm: Warm, step: Any, kept: int | None
    ) -> None:
        before = warm({"x": 1.0})
        run.log({"x": 2.0}, step=step)
        assert last(run) == (before if kept is None else kept, {"x": 2.0})
        assert run.lost == 1

    def test_the_users_own_step_is_ignored_in_the_data(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        for _ in range(3):
            run.log({"x": 2.0, "_step": 99})
        assert rows(run)[before:] == [(before + n, {"x": 2.0}) for n in range(3)]

    @pytest.mark.parametrize("data", [None, 3, ["x"], "x", [("x", 1)]], ids=repr)
    def test_what_is_no_mapping_takes_no_step(self, run: Run, warm: Warm, data: Any) -> None:
        before = warm({"x": 1.0})
        with pytest.raises(TypeError, match="must be passed a dictionary"):
            run.log(data)
        assert run.step == before
        assert len(rows(run)) == before

    def test_a_value_that_does_not_fit_costs_no_step(self, run: Run, warm: Warm) -> None:
        before = warm({"x": 1.0})
        run.log({"x": "text"})
        run.log({"x": 2.0})
        assert [step for step, _ in rows(run)] == list(range(before + 2))
        run.log({"x": 3.0}, step=50)
        run.log({"x": "text"}, step=50)
        run.log({"x": "text"})
        assert [step for step, _ in rows(run)[-3:]] == [50, 50, 50]
        assert run.step == 51


def test_an_interrupt_reaches_the_user_and_no_row_is_doubled_or_miscounted(run: Run) -> None:
    told = 0

    def handler(*_: object) -> None:
        nonlocal told
        told += 1
        raise KeyboardInterrupt

    for n in range(3):
        run.log({"n": n / 10})
    previous = signal.signal(signal.SIGALRM, handler)
    heard, count = 0, 1
    try:
        while heard < 100:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002)
                while True:
                    run.log({"n": float(count)})
                    count += 1
            except KeyboardInterrupt:
                heard += 1
                count += 1  # maybe it is kept, maybe not: its number is not used again
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    found = [values["n"] for _, values in rows(run)]
    assert heard == told
    assert found == sorted(set(found))
    assert count - 1 - heard <= len(found) - 3 <= count - 1
    run.finish()
    [tally] = kept(run, Kind.TALLY)
    assert tally == {
        "rows": len(found) + len(kept(run, Kind.SYSTEM)),
        "logged": len(found),
        "lost": {},
    }


def test_threads_with_shared_and_differing_keys_lose_and_double_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    each, threads = 4000, 8

    def work(number: int) -> None:
        for n in range(each):
            row = {"thread": number, "n": n, "loss": 0.5}
            if n % 3 == 1:
                row[f"own-{number}"] = 1.5
            if n % 50 == 7:
                row["note"] = "text"  # type: ignore[assignment]
            run.log(row)

    run._journal._pen.file._limit = 100_000  # type: ignore[attr-defined]
    run._journal.roll()  # type: ignore[attr-defined]
    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run.finish()
    found = rows(run)
    assert len(found) == each * threads
    assert len({(values["thread"], values["n"]) for _, values in found}) == each * threads
    assert sorted(step for step, _ in found) == list(range(each * threads))
    for _, values in found:
        own = f"own-{values['thread']:.0f}"
        assert (own in values) == (values["n"] % 3 == 1)
        assert ("note" in values) == (values["n"] % 50 == 7)
    assert len(journal.segments(Path(run.dir).parent, run._journal.writer)) > 5  # type: ignore[attr-defined]
    [tally] = kept(run, Kind.TALLY)
    system_and_console = len(kept(run, Kind.SYSTEM)) + len(kept(run, Kind.CONSOLE))
    assert tally == {
        "rows": each * threads + system_and_console,
        "logged": each * threads,
        "lost": {},
    }
    [finish] = kept(run, Kind.FINISH)
    assert (finish["logged"], finish["lost"]) == (each * threads, 0)
