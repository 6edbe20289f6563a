"""What `log` does with steps: each row of the table of its cases."""

from __future__ import annotations

import collections
import threading
import types
from typing import Any

import numpy as np
import pytest
from tests.sdk.bad.user import User
from tests.surface.rows import Check, Rows

import wanllmdb as wandb

ROWS = Rows()


class Scalar:
    """A tensor without dimensions, as far as a step asks it."""

    dtype, shape = "int64", ()

    def __init__(self, value: int) -> None:
        self._value = value

    def item(self) -> int:
        return self._value


@ROWS.row("log(d): row at the current step, step += 1; the first step is 0")
def _(user: User) -> None:
    assert user.run.step == 0
    user.run.log({"a": 1})
    assert (user.run.step, user.rows) == (1, [(0, {"a": 1})])


@ROWS.row("log(d, commit=False) then log(e): one row, one step")
def _(user: User) -> None:
    user.run.log({"a": 1}, commit=False)
    user.run.log({"b": 2})
    assert (user.run.step, merged(user)) == (1, {0: {"a": 1, "b": 2}})


@ROWS.row("log(d, step=10) at step 2: run.step becomes 10 and the row stays open")
def _(user: User) -> None:
    for _ in range(2):
        user.run.log({"a": 0})
    user.run.log({"a": 1}, step=10)
    assert user.run.step == 10


@ROWS.row("then log(e, step=10): merged into row 10, the last value of a key wins")
def _(user: User) -> None:
    user.run.log({"a": 1, "b": 1}, step=10)
    user.run.log({"a": 2}, step=10)
    assert (user.run.step, merged(user)) == (10, {10: {"a": 2, "b": 1}})


@ROWS.row("then log(e): merged, closed, step 11")
def _(user: User) -> None:
    user.run.log({"a": 1}, step=10)
    user.run.log({"b": 2})
    assert (user.run.step, merged(user)) == (11, {10: {"a": 1, "b": 2}})


@ROWS.row("log(d, step=20, commit=True): row 20 closed, step 21")
def _(user: User) -> None:
    user.run.log({"a": 1}, step=20, commit=True)
    assert user.run.step == 21


@ROWS.row("log(d, step=5) at 10 and step=-1: kept where they were put, not dropped", ours=True)
def _(user: User) -> None:
    user.run.log({"a": 1}, step=10, commit=True)
    user.run.log({"a": 2}, step=5)
    user.run.log({"a": 3}, step=-1)
    assert user.rows == [(10, {"a": 1}), (5, {"a": 2}), (-1, {"a": 3})]
    assert user.run.step == 11


@ROWS.row("log({}): closes the open row, and counts a step even when nothing is open")
def _(user: User) -> None:
    user.run.log({"a": 1}, commit=False)
    user.run.log({})
    assert user.run.step == 1
    user.run.log({})
    assert (user.run.step, user.rows) == (2, [(0, {"a": 1})])


@ROWS.row("open row at finish: written")
def _(user: User) -> None:
    user.run.log({"a": 1}, commit=False)
    user.run.log({"b": 1}, step=7)
    user.finish()
    assert user.rows == [(0, {"a": 1}), (7, {"b": 1})]


@ROWS.row("an open row outlives the process that is killed: it is on the disk", ours=True)
def _(user: User) -> None:
    user.run.log({"a": 1}, commit=False)
    assert user.rows == [(0, {"a": 1})]  # read from the disk, with nothing flushed or ended


@ROWS.row("step types: np.int64, 0-d tensor ok")
def _(user: User) -> None:
    for step in (np.int64(3), np.array(4), Scalar(5), 6.0):
        user.run.log({"a": 1}, step=step)  # type: ignore[arg-type]
    assert [step for step, _ in user.rows] == [3, 4, 5, 6]


@ROWS.row('step types: "3", 300.7: the row is kept at the nearest step, and that counts', ours=True)
def _(user: User) -> None:
    user.run.log({"a": 1}, step="3")  # type: ignore[arg-type]
    user.run.log({"a": 2}, step=300.7)  # type: ignore[arg-type]
    assert user.rows == [(0, {"a": 1}), (300, {"a": 2})]
    assert user.lost("bad-step") == 2


@ROWS.row("not a dict: TypeError 'wandb.log must be passed a dictionary'")
def _(user: User) -> None:
    for given in ([1], "a", 3, None, [("a", 1)]):
        with pytest.raises(TypeError, match="must be passed a dictionary"):
            user.run.log(given)  # type: ignore[arg-type]


@ROWS.row("non-str key: TypeError 'Key values passed to `wandb.log` must be strings.'")
def _(user: User) -> None:
    with pytest.raises(TypeError, match=r"Key values passed to `wandb\.log` must be strings"):
        user.run.log({1: 2})  # type: ignore[dict-item]


@ROWS.row("any Mapping (OrderedDict, mappingproxy, UserDict) is fine")
def _(user: User) -> None:
    for kind in (collections.OrderedDict, types.MappingProxyType, collections.UserDict):
        user.run.log(kind({"a": 1}))
    assert [values for _, values in user.rows] == [{"a": 1}] * 3


@ROWS.row('"_step" in the data: ignored, replaced')
def _(user: User) -> None:
    user.run.log({"a": 1, "_step": 99})
    assert (user.run.step, user.rows) == (1, [(0, {"a": 1})])


@ROWS.row('"" and very long keys: accepted without an error')
def _(user: User) -> None:
    user.run.log({"": 1, "k" * 600: 2})
    assert user.last == {"": 1, "k" * 600: 2}
    user.run.log({"k" * 5000: 3})  # longer than any database takes: cut, apart, and said
    assert list(user.last.values()) == [3]
    assert user.lost("key-too-long") == 1


@ROWS.row("keys: / . space unicode kept as given")
def _(user: User) -> None:
    row = {"train/loss": 1, "a.b": 2, "two words": 3, "größe 🎉": 4}
    user.run.log(row)
    assert user.last == row


@ROWS.row('{"a": {"b": 7}} stays nested; the literal key "a.b" is a different key')
def _(user: User) -> None:
    user.run.log({"a": {"b": 7}, "a.b": 8})
    assert user.last == {"a": {"b": 7}, "a.b": 8}
    assert (user.run.summary["a"]["b"], user.run.summary["a.b"]) == (7, 8)


@ROWS.row("log(d, sync=) of an older wandb: accepted")
def _(user: User) -> None:
    user.run.log({"a": 1}, sync=False)
    assert user.rows == [(0, {"a": 1})]


@ROWS.row("log(d, step) by position; log(**) as keywords")
def _(user: User) -> None:
    user.run.log({"a": 1}, 4)
    user.run.log(data={"a": 2}, step=4, commit=True)
    assert (user.run.step, merged(user)) == (5, {4: {"a": 2}})


@ROWS.row("threads: 8 x 500 concurrent log make 4,000 rows, none lost")
def _(user: User) -> None:
    run = user.run
    logs = [
        threading.Thread(target=lambda: [run.log({"a": 1}) for _ in range(500)]) for _ in "12345678"
    ]
    for each in logs:
        each.start()
    for each in logs:
        each.join()
    assert sorted(step for step, _ in user.rows) == list(range(4000))


@ROWS.row("after finish: UsageError 'Run (id) is finished. The call to `log` will be ignored'")
def _(user: User) -> None:
    run = user.run
    run.finish()
    with pytest.raises(
        wandb.UsageError, match=f"Run \\({run.id}\\) is finished. The call to `log`"
    ):
        run.log({"a": 1})


def merged(user: User) -> dict[int, dict[str, Any]]:
    """Rows by their step, as a reader merges them: the later value of a key wins."""
    found: dict[int, dict[str, Any]] = {}
    for step, values in user.rows:
        found.setdefault(step, {}).update(values)
    return found


@ROWS.each()
def test_log(check: Check, user: User) -> None:
    check(user)
    user.finish()
