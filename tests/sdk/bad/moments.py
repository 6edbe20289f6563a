"""B07 to B09: which step, when, and who logs."""

from __future__ import annotations

import gc
import math
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from tests.sdk.bad.things import raising
from tests.sdk.bad.user import Table, User
from tests.sdk.journals import kept_in

import wanllmdb as wandb
from wanllmdb.errors import Error, UsageError
from wanllmdb.wire import Kind

TABLE = Table()

# B07: steps.


def _steps(*pairs: tuple[Any, int], lost: int = 0) -> Any:
    def check(user: User) -> None:
        for warm in (False, True):
            if warm:
                for _ in range(2):
                    user.run.log({"x": 0.5}, step=0)
            for given, _ in pairs:
                user.run.log({"x": 1.0}, step=given)
        expected = [kept for _, kept in pairs]
        steps = [step for step, _ in user.rows]
        assert steps == [*expected, 0, 0, *expected]
        assert user.lost("bad-step") == 2 * lost
        assert user.said().count("warning:") == min(lost, 1)

    return check


for name, steps, lost in (
    ("negative", [(-1, -1), (-(1 << 63), -(1 << 63))], 0),
    ("fraction", [(1.5, 1), (2.0, 2), (-1.5, -2)], 2),
    ("decreasing", [(10, 10), (5, 5), (0, 0)], 0),
    ("repeated-1000-times", [(3, 3)] * 1000, 0),
    ("63-bits", [((1 << 63) - 1, (1 << 63) - 1)], 0),
    ("64-bits", [(1 << 63, (1 << 63) - 1), (-(1 << 70), -(1 << 63))], 2),
    ("beyond-2-to-53", [((1 << 53) + 1, (1 << 53) + 1)], 0),
    ("of-numpy", [(np.int64(7), 7), (np.float32(8), 8), (np.array(9), 9)], 0),
):
    TABLE.case(f"B07-{name}")(_steps(*steps, lost=lost))


@TABLE.case("B07-what-is-no-number")
def _(user: User) -> None:
    user.run.log({"x": 0.0})
    for step in ("3", math.nan, math.inf, object(), [1], raising("__index__", "__repr__"), None):
        user.run.log({"x": 1.0}, step=step)
    assert user.rows == [(0, {"x": 0.0}), *((n, {"x": 1.0}) for n in range(1, 8))]
    assert user.lost("bad-step") == 6
    assert user.said().count("warning:") == 1


@TABLE.case("B07-after-the-last-step-there-is")
def _(user: User) -> None:
    last = (1 << 63) - 1
    for step in (last, None, None, None):
        user.run.log({"x": 1.0}, step=step)
    assert [step for step, _ in user.rows] == [last] * 4
    user.finish()


# B08: what is changed after the call.


@TABLE.case("B08-changed-after-the-call")
def _(user: User) -> None:
    inner, array, pixels = {"a": [1]}, np.array([1.0, 2.0]), np.zeros((2, 2), dtype=np.uint8)
    row: dict[str, Any] = {"inner": inner, "array": array, "image": wandb.Image(pixels)}
    user.run.log(row)
    said = dict(user.last["image"])
    inner["a"].append(2)
    inner["b"] = 3
    array += 1
    pixels += 255
    row.clear()
    assert user.last == {"inner": {"a": [1]}, "array": [1.0, 2.0], "image": said}
    assert user.run.summary["array"] == [1.0, 2.0]
    assert dict(user.run.summary["inner"]) == {"a": [1]}
    user.finish()


@TABLE.case("B08-numbers-changed-after-the-call")
def _(user: User) -> None:
    row = {"x": 0.0}
    number = np.array(0.0)
    for count in range(5):
        row["x"] = float(count)
        number[()] = count
        user.run.log(row)
        user.run.log({"n": number})
    row["x"] = number[()] = 99.0
    assert [values for _, values in user.rows] == [
        {key: float(count)} for count in range(5) for key in ("x", "n")
    ]
    assert (user.run.summary["x"], user.run.summary["n"]) == (4.0, 4.0)
    user.finish()


# B09: when, and who.


@TABLE.case("B09-before-init")
def _(user: User) -> None:
    with pytest.raises(Error, match=r"wandb\.init\(\)"):
        wandb.log({"x": 1.0})
    assert list(user.home.rglob("*.seg")) == []


@TABLE.case("B09-after-finish")
def _(user: User) -> None:
    for _ in range(3):
        user.run.log({"x": 1.0})
    user.finish()
    with pytest.raises(UsageError, match="is finished"):
        user.run.log({"x": 2.0})
    with pytest.raises(Error):
        wandb.log({"x": 2.0})
    assert len(user.rows) == 3
    assert user.run.logged == 3


# Handlers run last come, first served: `late` after the SDK's own, `early` before it.
SCRIPT = """
import atexit, sys
import wanllmdb as wandb

def late():
    for _ in range(3):
        wandb.log({"when": 3.0})
        run.log({"when": 3.0})

class Dies:
    def __del__(self):
        run.log({"when": 4.0})

atexit.register(late)
run = wandb.init(project="p", settings={"console": "off", "monitor_system": False})
atexit.register(lambda: run.log({"when": 2.0}))
for _ in range(3):
    run.log({"when": 1.0})
sys.dies = Dies()
sys.exit(7)
"""


@TABLE.case("B09-from-atexit-and-del")
def _(user: User) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "WANLLMDB_MODE": "offline"},
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    [directory] = (user.home / ".local/state/wanllmdb/spool").iterdir()
    values = [values["when"] for _, _, values in kept_in(directory, Kind.ROW)]
    assert values == [1.0, 1.0, 1.0, 2.0]
    [finish] = kept_in(directory, Kind.FINISH)
    assert (finish["exit_code"], finish["logged"], done.returncode) == (7, 4, 7)
    assert done.stderr.count("warning:") == 1
    assert "Traceback" not in done.stderr


@TABLE.case("B09-from-a-finaliser-while-another-log-is-under-way")
def _(user: User) -> None:
    run, told = user.run, []

    class Dies:
        def __init__(self) -> None:
            self.self = self  # only the collector ends it

        def __del__(self) -> None:
            told.append(len(told))
            run.log({"dead": float(told[-1])})

    before = gc.get_threshold()
    gc.set_threshold(20)
    try:
        for number in range(500):
            run.log({"x": float(number), "more": [Dies()] and number})
    finally:
        gc.set_threshold(*before)
    assert told
    found = [values["dead"] for _, values in user.rows if "dead" in values]
    assert found == [float(each) for each in range(len(found))]
    assert sum("x" in values for _, values in user.rows) == 500
    user.finish()


@TABLE.case("B09-from-a-signal-handler")
def _(user: User) -> None:
    run, heard = user.run, []

    def handler(*_: object) -> None:
        heard.append(1)
        run.log({"signal": float(len(heard))})

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        count = 0
        while len(heard) < 50:
            run.log({"x": float(count), "text": "t" if count % 2 else 0.5})
            count += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert sum("signal" in values for _, values in user.rows) == len(heard)
    assert sum("x" in values for _, values in user.rows) == count
    user.finish()


@TABLE.case("B09-from-64-threads")
def _(user: User) -> None:
    run, each = user.run, 50

    def work(thread: int) -> None:
        for number in range(each):
            run.log({f"t{thread % 8}": float(number), "bad": object()})
            run.log({f"t{thread % 8}": float(number)})

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run.logged == len(user.rows) == 64 * each * 2
    assert sorted(step for step, _ in user.rows) == list(range(64 * each * 2))
    assert user.lost("unloggable") == 64 * each
