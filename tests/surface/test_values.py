"""What becomes of a value that is logged: each row of the table of values.

Libraries that are not here are stood for by as much of them as the SDK asks; where they are
installed, the rows at the end take the real ones.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import functools
import math
from collections import deque
from typing import Any

import numpy as np
import pytest
from tests.sdk.bad.user import NOTHING, User, same

import wanllmdb as wandb


class Colour(enum.Enum):
    RED = "crimson"


class Tensor:
    """A tensor that needs a gradient and has no numpy array behind it, as bfloat16 has none."""

    dtype = "torch.bfloat16"

    def __init__(self, *values: float) -> None:
        self._values = values
        self.shape = (len(values),) if len(values) != 1 else ()
        self.is_detached = False

    def detach(self) -> Tensor:
        other = Tensor(*self._values)
        other.is_detached = True
        return other

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> Any:
        raise TypeError("Got unsupported ScalarType BFloat16")

    def item(self) -> float:
        assert self.is_detached
        return self._values[0]

    def tolist(self) -> Any:
        assert self.is_detached
        return list(self._values)


def a_function() -> None:
    """A value."""


MANY = list(range(100))
AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)

VALUES: dict[str, tuple[Any, Any]] = {
    "int up to 2^63": ((1 << 63) - 1, (1 << 63) - 1),
    "float": (0.1, 0.1),
    "bool": (True, True),
    "str": ("text", "text"),
    "2^53+1 exact": ((1 << 53) + 1, (1 << 53) + 1),
    "2^63 becomes float": (1 << 63, float(1 << 63)),
    "1.0 is a float": (1.0, 1.0),
    "NaN": (math.nan, math.nan),
    "+Inf": (math.inf, math.inf),
    "-Inf": (-math.inf, -math.inf),
    "None: null in history": (None, None),
    "numpy scalar": (np.float32(0.5), 0.5),
    "numpy int": (np.int16(7), 7),
    "numpy bool": (np.bool_(True), True),
    "1-element array": (np.array([[3]]), 3),
    "0-d array": (np.array(2.5), 2.5),
    "0-d tensor (also requires_grad, bfloat16)": (Tensor(1.5), 1.5),
    "array of 2..32 values: list": (np.arange(32), list(range(32))),
    "array of 2-D: nested list": (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    "bfloat16 vector: list, not TypeError (ours)": (Tensor(1.5, 2.5), [1.5, 2.5]),
    "list": ([1, 2.5, "a"], [1, 2.5, "a"]),
    "tuple": ((1, 2), [1, 2]),
    "set": ({3}, [3]),
    "[]": ([], []),
    "{} logs nothing": ({}, NOTHING),
    "datetime: ISO string": (AT, "2026-01-02T03:04:05+00:00"),
    "date: ISO string": (AT.date(), "2026-01-02"),
    "np.datetime64: ISO string": (np.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
    "timedelta: P1D": (datetime.timedelta(days=1), "P1D"),
    "bytes: decoded str": ("größe".encode(), "größe"),
    "complex: 1+1j": (1 + 1j, "1+1j"),
    "Decimal: a number, not its text (ours)": (decimal.Decimal("1.5"), 1.5),
    "Fraction: a number, not its text (ours)": (fractions.Fraction(1, 2), 0.5),
    "Enum: its value": (Colour.RED, "crimson"),
    "function: qualified name": (a_function, f"{__name__}.a_function"),
    "class: qualified name": (Colour, f"{__name__}.Colour"),
    "range: list, not TypeError (ours)": (range(3), [0, 1, 2]),
    "deque: list, not TypeError (ours)": (deque([1, 2]), [1, 2]),
}


@pytest.mark.parametrize("row", VALUES, ids=str)
def test_a_value_is_stored_as_the_row_says(row: str, user: User) -> None:
    given, stored = VALUES[row]
    user.run.log({"x": given, "y": 1})
    assert same(user.last, {"y": 1} if stored is NOTHING else {"x": stored, "y": 1})
    user.finish()
    assert user.run.lost == 0


@pytest.mark.parametrize("given", [np.arange(100), Tensor(*MANY)], ids=["array", "bfloat16 tensor"])
def test_more_than_32_values_are_a_histogram_of_32_bins_inline(given: Any, user: User) -> None:
    user.run.log({"x": given})
    found = user.last["x"]
    assert found["_type"] == "histogram"
    assert (sum(found["values"]), len(found["values"]), len(found["bins"])) == (100, 32, 33)


def test_nan_and_infinity_stay_in_the_summary_and_none_is_absent_from_it(user: User) -> None:
    user.run.log({"nan": math.nan, "inf": math.inf, "none": None})
    assert math.isnan(user.run.summary["nan"])
    assert user.run.summary["inf"] == math.inf
    assert "none" not in user.run.summary


def test_an_arbitrary_object_is_left_out_and_counted_and_the_rest_of_the_row_is_kept(
    user: User,
) -> None:
    user.run.log({"x": object(), "y": 1})  # wandb: TypeError, and the row is lost
    assert user.last == {"y": 1}
    assert user.lost("unloggable") == 1


def test_a_function_with_bound_arguments_is_left_out_and_counted(user: User) -> None:
    user.run.log({"x": functools.partial(a_function), "y": 1})
    assert user.last["y"] == 1
    user.finish()


def test_media_in_a_list_are_one_value_of_the_kind_images_separated(user: User) -> None:
    image = np.zeros((4, 4, 3), dtype=np.uint8)
    user.run.log({"x": [wandb.Image(image), wandb.Image(image + 1)]})
    assert user.last["x"]["_type"] == "images/separated"
    assert user.last["x"]["count"] == 2


@pytest.mark.libraries
def test_tensors_of_torch_are_what_the_rows_say(user: User) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    user.run.log(
        {
            "scalar": torch.tensor(1.5, requires_grad=True),
            "bfloat16": torch.tensor(1.5, dtype=torch.bfloat16),
            "float8": torch.tensor(1.5).to(torch.float8_e4m3fn),
            "one": torch.tensor([[3]]),
            "vector": torch.tensor([1.5, 2.5], dtype=torch.bfloat16),
            "matrix": torch.arange(4).reshape(2, 2),
            "many": torch.arange(100, dtype=torch.bfloat16),
        }
    )
    many = user.last["many"]
    assert {key: value for key, value in user.last.items() if key != "many"} == {
        "scalar": 1.5,
        "bfloat16": 1.5,
        "float8": 1.5,
        "one": 3,
        "vector": [1.5, 2.5],
        "matrix": [[0, 1], [2, 3]],
    }
    assert (many["_type"], sum(many["values"])) == ("histogram", 100)


@pytest.mark.libraries
def test_values_of_pandas_are_what_the_rows_say(user: User) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed here")
    user.run.log(
        {
            "time": pandas.Timestamp("2026-01-02T03:04:05"),
            "span": pandas.Timedelta(days=1),
            "series": pandas.Series([1, 2]),
            "frame": pandas.DataFrame({"a": [1, 2]}),
        }
    )
    assert (user.last["time"], user.last["span"]) == ("2026-01-02T03:04:05", "P1D")
    assert user.last["series"] == [1, 2]  # wandb: TypeError
    assert user.last["frame"]["_type"] == "table-file"


@pytest.mark.libraries
def test_figures_are_converted_to_media(user: User) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed here")
    matplotlib.use("Agg")
    from matplotlib import pyplot  # pyright: ignore[reportMissingImports]

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    user.run.log({"x": figure})
    pyplot.close(figure)
    assert user.last["x"]["_type"] in {"image-file", "plotly-file"}
