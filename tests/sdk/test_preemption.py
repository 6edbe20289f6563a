"""Signals are nobody's business but the user's, unless somebody asks for `preemption`."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from tests.sdk.journals import kept

import wanllmdb
from wanllmdb.errors import Error, UsageError
from wanllmdb.exits import interrupt_main
from wanllmdb.preemption import names
from wanllmdb.settings import resolve
from wanllmdb.wire import Kind

ALL = sorted(signal.valid_signals())
QUIET: dict[str, Any] = {"mode": "offline", "git_tracking": False}


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """What a test does to the signals of this process is undone."""
    before = {number: signal.getsignal(number) for number in ALL}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def dispositions() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in ALL}


def told(run: wanllmdb.Run) -> list[str]:
    """The signals of which the run's journal says that they told it to go."""
    return [each["name"] for each in kept(run, Kind.SIGNAL) if each["preempted"]]


class Heard:
    """A handler of the user's."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.numbers.append(number)


def test_no_handler_is_installed_by_a_run_that_was_not_asked_to(home: Path) -> None:
    before = dispositions()
    run = wanllmdb.init(**QUIET)
    run.log({"x": 1})
    assert dispositions() == before
    assert signal.set_wakeup_fd(-1) == -1
    run.finish()
    assert dispositions() == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_the_signal_is_kept_and_passed_on_to_the_users_handler(home: Path) -> None:
    heard = Heard()
    signal.signal(signal.SIGTERM, heard)
    run = wanllmdb.init(**QUIET, preemption=True)
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard.numbers == [signal.SIGTERM]
    assert told(run) == ["SIGTERM"]


def test_other_signals_are_left_alone(home: Path) -> None:
    before = dispositions()
    wanllmdb.init(**QUIET, preemption=True)
    changed = [number for number, handler in dispositions().items() if handler != before[number]]
    assert changed == [signal.SIGTERM]


def test_the_end_of_a_run_leaves_everything_as_it_was(home: Path) -> None:
    before = dispositions()
    run = wanllmdb.init(**QUIET, preemption=["SIGTERM", "SIGUSR1"])
    assert dispositions() != before
    run.finish()
    assert dispositions() == before


def test_a_signal_that_the_script_ignores_stays_ignored(home: Path) -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    run = wanllmdb.init(**QUIET, preemption="USR1")
    os.kill(os.getpid(), signal.SIGUSR1)
    assert told(run) == ["SIGUSR1"]
    run.finish()
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN


def test_a_handler_over_ours_is_left_in_place_and_ours_only_passes_on(home: Path) -> None:
    first, last = Heard(), Heard()
    signal.signal(signal.SIGTERM, first)
    run = wanllmdb.init(**QUIET, preemption=True)
    ours = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, last)
    run.finish()
    assert signal.getsignal(signal.SIGTERM) is last
    assert callable(ours)
    ours(signal.SIGTERM, None)
    assert (first.numbers, told(run)) == ([signal.SIGTERM], [])


def test_two_runs_hear_the_signal_and_it_is_passed_on_once(home: Path) -> None:
    heard = Heard()
    signal.signal(signal.SIGTERM, heard)
    first = wanllmdb.init(**QUIET, preemption=True)
    second = wanllmdb.init(**QUIET, preemption=True, reinit="create_new")
    os.kill(os.getpid(), signal.SIGTERM)
    assert (told(first), told(second), heard.numbers) == (["SIGTERM"], ["SIGTERM"], [15])
    first.finish()
    os.kill(os.getpid(), signal.SIGTERM)
    assert (told(first), told(second), heard.numbers) == (["SIGTERM"], ["SIGTERM"] * 2, [15, 15])


def test_another_thread_than_the_main_one_is_told_so_and_the_run_begins(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = dispositions()
    thread = threading.Thread(target=lambda: wanllmdb.init(**QUIET, preemption=True))
    thread.start()
    thread.join()
    assert "only the main thread can watch for signals" in capfd.readouterr().err
    assert dispositions() == before


def test_a_script_may_say_itself_that_it_was_told_to_go(home: Path) -> None:
    run = wanllmdb.init(**QUIET)
    wanllmdb.mark_preempting()
    assert told(run) == ["mark_preempting"]
    run.finish()
    with pytest.raises(UsageError):
        run.mark_preempting()


def test_without_a_run_nobody_can_be_told(home: Path) -> None:
    with pytest.raises(Error, match="must call"):
        wanllmdb.mark_preempting()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, ("SIGTERM",)),
        (False, ()),
        ("1", ("SIGTERM",)),
        ("off", ()),
        ("", ()),
        ("sigusr1", ("SIGUSR1",)),
        ("TERM, USR1", ("SIGTERM", "SIGUSR1")),
        ([signal.SIGUSR2, "TERM", "SIGTERM"], ("SIGUSR2", "SIGTERM")),
    ],
)
def test_signals_are_named_as_people_name_them(value: Any, found: tuple[str, ...]) -> None:
    assert names(value) == found
    assert resolve({"preemption": value}, environ={}).preemption == found


@pytest.mark.parametrize("value", ["SIGKILL", "SIGINT", "9", ["SIGTERM", "soon"], 3.5])
def test_what_tells_no_job_to_go_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="preemption"):
        resolve({"preemption": value}, environ={})


def test_the_environment_may_ask_for_it() -> None:
    told = resolve({}, environ={"WANLLMDB_PREEMPTION": "SIGTERM,SIGUSR1"})
    assert told.preemption == ("SIGTERM", "SIGUSR1")


def work(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def interrupted_in(seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, interrupt_main)
    timer.start()
    return timer


def test_an_interruption_from_afar_ends_a_sleep() -> None:
    timer = interrupted_in(0.1)
    with pytest.raises(KeyboardInterrupt):
        time.sleep(30)
    timer.join()


@pytest.mark.parametrize("disposition", [signal.SIG_IGN, signal.SIG_DFL])
def test_an_interruption_from_afar_reaches_a_script_that_ignores_ctrl_c(
    disposition: signal.Handlers,
) -> None:
    signal.signal(signal.SIGINT, disposition)
    timer = interrupted_in(0.1)
    with pytest.raises(KeyboardInterrupt):
        work(20)
    timer.join()


def test_an_interruption_from_afar_calls_the_users_own_handler() -> None:
    heard = Heard()
    signal.signal(signal.SIGINT, heard)
    timer = interrupted_in(0.05)
    time.sleep(0.2)
    timer.join()
    assert heard.numbers == [signal.SIGINT]
