"""B01, B06: numbers and objects that are logged as values."""

from __future__ import annotations

import datetime
import json
import math
import uuid
from collections import UserDict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from tests.sdk.bad.things import Colour, Meter, Point, Tensor, raising
from tests.sdk.bad.user import NOTHING, Table, User

TABLE = Table()

# B01: numbers that are none, and numbers of other libraries.

for name, given, kept in (
    ("nan", math.nan, math.nan),
    ("inf", math.inf, math.inf),
    ("minus-inf", -math.inf, -math.inf),
    ("minus-zero", -0.0, -0.0),
    ("subnormal", 5e-324, 5e-324),
    ("float16", np.float16(0.1), float(np.float16(0.1))),
    ("float32", np.float32(0.1), float(np.float32(0.1))),
    ("float64", np.float64(0.1), 0.1),
    ("float16-nan", np.float16("nan"), math.nan),
    ("float32-inf", np.float32("inf"), math.inf),
    ("array-of-no-dimension", np.array(2.5, dtype="float32"), 2.5),
    ("array-of-one", np.array([[2.5]]), 2.5),
    ("bfloat16", Tensor(1.5), 1.5),
    ("bfloat16-nan", Tensor(math.nan), math.nan),
):
    TABLE.value(f"B01-{name}", given, kept)

# B06: objects.

for name, given, kept, among in (
    ("bool", True, True, 1.0),
    ("none", None, None, None),
    ("int", 7, 7, 7.0),
    ("int-of-64-bits", (1 << 63) - 1, (1 << 63) - 1, float((1 << 63) - 1)),
    ("int-of-65-bits", 1 << 64, float(1 << 64), None),
    ("huge-int", 10**400, math.inf, None),
    ("complex", 1 + 1j, "1+1j", None),
    ("numpy-complex", np.complex64(1 + 1j), "1+1j", None),
    ("decimal", Decimal("1.5"), 1.5, None),
    ("fraction", Fraction(1, 2), 0.5, None),
    ("number-of-another-kind", Meter(), 4.5, None),
    ("bytes", b"\xffa", "\\xffa", None),
    ("set", {5}, [5], None),
    ("text", "1.5", "1.5", None),
    ("datetime", datetime.datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00", None),  # noqa: DTZ001
    ("datetime64", np.datetime64("2026-01-02"), "2026-01-02T00:00:00", None),
    ("timedelta", datetime.timedelta(hours=1), "PT1H", None),
    ("path", Path("/a/b"), "/a/b", None),
    ("enum", Colour.RED, "red", None),
    ("uuid", uuid.UUID(int=7), str(uuid.UUID(int=7)), None),
    ("function", len, "builtins.len", None),
    ("dataclass", Point(1, 2.5), {"x": 1, "y": 2.5}, None),
    ("array", np.array([1, 2]), [1, 2], None),
    ("tensor", Tensor([1.5, 2.5], (2,)), [1.5, 2.5], None),
    ("keys-that-are-no-strings", {1: "a", None: "b"}, {"1": "a", "None": "b"}, None),
):
    TABLE.value(f"B06-{name}", given, kept, among=among)

for name, given, reason in (
    ("object", object(), "unloggable"),
    ("generator", (each for each in ()), "unloggable"),
    ("array-of-objects", np.array([object()] * 40), "unloggable"),
    ("numbers-that-are-none", Decimal("sNaN"), "raised"),
    ("raising-str-of-a-key", {raising("__str__"): 1}, "raised"),
    ("raising-iter", type("Set", (set,), {"__iter__": lambda _: 1 / 0})([1, 2]), "raised"),
    ("raising-attribute", raising("__getattr__"), "raised"),
):
    TABLE.value(f"B06-{name}", given, NOTHING, lost=reason)


@TABLE.case("B06-raising-float")
def _(user: User) -> None:
    first = raising("__float__", "__repr__", "__str__")
    user.run.log({"x": first, "y": 1.0})
    for _ in range(3):
        user.run.log({"x": 0.5, "y": 1.0})
    then = raising("__float__", "__repr__", "__str__")
    user.run.log({"x": then, "y": 1.0})
    assert (first.asked, then.asked) == (["__float__"], ["__float__"])  # each once
    assert [values for _, values in user.rows[:: len(user.rows) - 1]] == [{"y": 1.0}] * 2
    assert user.lost("raised") == 2
    assert user.said().count("of type Raising") == 2


@TABLE.case("B06-raising-array")
def _(user: User) -> None:
    given = raising("__array__", "__len__", "__bool__", "__eq__", "__hash__")
    user.run.log({"x": given, "y": 1.0})
    assert given.asked == []  # what has neither type nor shape is no array
    assert user.last == {"y": 1.0}
    assert user.lost("unloggable") == 1


@TABLE.case("B06-lazy-tensor")
def _(user: User) -> None:
    tensor = Tensor(0.25)
    user.run.log({"x": tensor})
    assert user.last == {"x": 0.25}
    assert tensor.asked == ["detach", "cpu", "item"]
    for _ in range(2):
        user.run.log({"x": 0.5})
    tensor = Tensor(0.75)
    user.run.log({"x": tensor})
    assert user.last == {"x": 0.75}
    assert tensor.asked == ["item"]
    user.finish()


@TABLE.case("B06-tensor-of-a-device-that-is-gone")
def _(user: User) -> None:
    tensor = Tensor(RuntimeError("CUDA error"))
    user.run.log({"x": tensor, "y": 1.0})
    assert tensor.asked == ["detach", "cpu", "item"]
    assert user.last == {"y": 1.0}
    assert user.lost("raised") == 1
    assert "Tensor raised RuntimeError" in user.said()


@TABLE.case("B06-data-frame")
def _(user: User) -> None:
    columns = {"columns": ["a"], "to_numpy": lambda _: np.array([[1.5], [math.nan]])}
    frame = type("DataFrame", (), {**columns, "__module__": "pandas.core.frame"})()
    user.run.log({"x": frame})
    said = user.last["x"]
    assert (said["_type"], said["nrows"], said["ncols"]) == ("table-file", 2, 1)
    content = json.loads((Path(user.run.dir) / said["path"]).read_text())
    assert content == {"columns": ["a"], "data": [[1.5], ["NaN"]], "types": ["number"]}
    user.finish()


@TABLE.case("B06-row-that-raises")
def _(user: User) -> None:
    class Row(UserDict[str, Any]):
        def __iter__(self) -> Any:
            raise RuntimeError("the row of the user")

    user.run.log(Row({"x": 1.0}))
    user.run.log({"x": 2.0})
    assert user.last == {"x": 2.0}
    assert user.lost("fault") == 1
