"""What stands between a mistake of ours and the training: guard, complaints, the steady clock."""

from __future__ import annotations

import logging
import time

import pytest

from wanllmdb import clock, guard
from wanllmdb.complaints import EVERY_SECONDS, Complaints
from wanllmdb.errors import LateError, UsageError
from wanllmdb.guard import NoRun, guarded


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was said before the test."""
    monkeypatch.setattr(guard, "_told", set[str]())


class Part:
    """A part of the SDK with a mistake in it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def _inside(self) -> int:
        raise self._error

    @guarded(lambda: 7)
    def call(self, given: int = 0) -> int:
        return self._inside() + given

    @property
    @guarded()
    def looked_at(self) -> int:
        return self._inside()


def test_a_mistake_is_an_answer_and_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    part = Part(RuntimeError("oh"))
    assert [part.call(), part.call(), part.looked_at] == [7, 7, None]
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "wanllmdb: warning: Part.call failed inside: RuntimeError: oh",
        "wanllmdb: warning: Part.looked_at failed inside: RuntimeError: oh",
    ]


def test_what_is_raised_on_purpose_passes() -> None:
    with pytest.raises(UsageError, match="meant"):
        Part(UsageError("it cannot be meant")).call()


def test_arguments_that_do_not_fit_are_the_callers_mistake() -> None:
    with pytest.raises(TypeError, match="unexpected keyword"):
        Part(RuntimeError()).call(wrong=1)  # type: ignore[call-arg]


def test_an_interrupt_is_no_mistake() -> None:
    class Interrupted(Part):
        def _inside(self) -> int:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Interrupted(RuntimeError()).call()


def test_a_call_after_the_end_is_said_once_and_is_no_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    late = Part(LateError("log after the run has ended with the process; it is not kept"))
    assert [late.call(), late.call()] == [7, 7]
    said = capsys.readouterr().err
    assert (
        said == "wanllmdb: warning: log after the run has ended with the process; it is not kept\n"
    )


def test_a_run_that_never_began_takes_everything() -> None:
    run = NoRun()
    with run as same:
        same.log({"loss": 1})
        same.config.lr = 1
        same.config["a"]["b"] = 2
        same.summary.update({"x": 1})
        del same.summary["x"]
    assert (run.is_over, list(run), len(run), "x" in run, dict(run), str(run)) == (
        False, [], 0, False, {}, "",
    )  # fmt: skip


def test_complaints_come_once_a_minute_with_what_was_met_in_between(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    complain = Complaints(clock=lambda: now[0])
    with caplog.at_level(logging.ERROR, "wanllmdb"):
        for _ in range(5):
            complain("The sender", RuntimeError("oh"))
        now[0] = EVERY_SECONDS
        complain("The sender", RuntimeError("oh"))
    assert complain.met == 6
    assert [record.getMessage() for record in caplog.records] == [
        "The sender met an error that it does not know, and goes on: RuntimeError: oh",
        "The sender met an error that it does not know, and goes on: RuntimeError: oh "
        "(4 more in between)",
    ]


def test_a_steady_clock_is_right_and_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.time_ns()
    now = clock.Steady()
    assert before <= now() <= time.time_ns() + 1_000_000
    told = now()
    monkeypatch.setattr(time, "time_ns", lambda: 0)  # somebody sets the wall clock to 1970
    assert now() >= told


def test_the_time_that_a_machine_slept_is_added_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "_offset_ns", None)
    asleep = [0]
    real = time.clock_gettime_ns
    monkeypatch.setattr(time, "clock_gettime_ns", lambda which: real(which) + asleep[0])
    now = clock.Steady()
    clock.notice_sleep()
    before = now()
    asleep[0] = 8 * 3600 * 10**9
    clock.notice_sleep()
    clock.notice_sleep()  # a second look adds nothing
    assert 0 <= now() - before - asleep[0] < 60 * 10**9
