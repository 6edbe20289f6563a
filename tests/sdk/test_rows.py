"""What `log()` accepts becomes a row as the table of semantics says."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import re
from collections import OrderedDict, UserDict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from wanllmdb.errors import RowError
from wanllmdb.rows import RowMaker, Steps, as_step, cut_key, payloads
from wanllmdb.values import CIRCULAR, LOGGED, Unloggable
from wanllmdb.wire import MAX_KEY_BYTES, MAX_RECORD_BYTES, decode, encode


def named(value: object) -> str:
    """A test's id: the value without its address, which differs from process to process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


class Ledger:
    """A `Loser` that remembers."""

    def __init__(self) -> None:
        self.losses: list[tuple[str, str]] = []

    def __call__(self, reason: str, detail: str, *, count: int = 1) -> None:
        self.losses.append((reason, detail))


class Tensor:
    """As much of a torch tensor as a row looks at; a bfloat16 one has no numpy form."""

    def __init__(self, values: Any, shape: tuple[int, ...], dtype: str = "float32") -> None:
        self._values, self.shape, self.dtype = values, shape, dtype
        self.moves: list[str] = []

    def detach(self) -> Tensor:
        self.moves.append("detach")
        return self

    def cpu(self) -> Tensor:
        self.moves.append("cpu")
        return self

    def numpy(self) -> Any:
        if self.dtype == "bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return np.asarray(self._values)

    def item(self) -> Any:
        return self._values

    def tolist(self) -> Any:
        return self._values


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: int
    y: float


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def converted(value: Any) -> Any:
    return LOGGED.convert(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (3, 3),
        ((1 << 53) + 1, (1 << 53) + 1),
        ((1 << 63) - 1, (1 << 63) - 1),
        (1 << 63, float(1 << 63)),
        (-(1 << 63), -(1 << 63)),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (True, True),
        ("text", "text"),
        (None, None),
        (math.inf, math.inf),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (np.array([2.5]), 2.5),
        (np.array([[4]]), 4),
        (np.str_("s"), "s"),
        (np.array([1, 2, 3]), [1, 2, 3]),
        (np.ones((2, 2)), [[1.0, 1.0], [1.0, 1.0]]),
        (np.array([]), []),
        (Tensor(1.5, ()), 1.5),
        (Tensor(1.5, (1,), "bfloat16"), 1.5),
        (Tensor([1.5, 2.5], (2,), "bfloat16"), [1.5, 2.5]),
        ([1, (2, 3)], [1, [2, 3]]),
        ((), []),
        ({5}, [5]),
        (range(3), [0, 1, 2]),
        ({"a": {"b": 7}}, {"a": {"b": 7}}),
        ({1: "x"}, {"1": "x"}),
        (b"bytes", "bytes"),
        (b"\xff", "\\xff"),
        (1 + 1j, "1+1j"),
        (Decimal("1.5"), 1.5),
        (Fraction(1, 2), 0.5),
        (Colour.RED, "red"),
        (Level.LOW, 1),
        (len, "builtins.len"),
        (Path("/a/b"), "/a/b"),
        (Point(1, 2.0), {"x": 1, "y": 2.0}),
        (
            datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
            "2026-01-02T03:04:05+00:00",
        ),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (np.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (datetime.timedelta(days=1), "P1D"),
        (datetime.timedelta(hours=2, seconds=1.5), "PT2H1.5S"),
        (np.timedelta64(1, "D"), "P1D"),
        ("\ud800", "\\ud800"),
        ("schön 🎉", "schön 🎉"),
    ],
    ids=named,
)
def test_a_value_is_kept_as_the_table_says(value: Any, kept: Any) -> None:
    found = converted(value)
    assert found == kept
    assert type(found) is type(kept)
    assert decode(encode(found)) == kept


def test_nan_stays_nan() -> None:
    assert math.isnan(converted(math.nan))
    assert math.isnan(converted(np.float32("nan")))


def test_a_tensor_is_detached_and_brought_to_the_host() -> None:
    tensor = Tensor([1.0, 2.0], (2,))
    assert converted(tensor) == [1.0, 2.0]
    assert tensor.moves == ["detach", "cpu"]


@pytest.mark.parametrize(
    "array",
    [np.arange(33), np.arange(33, dtype="float16"), Tensor(list(range(33)), (33,), "bfloat16")],
    ids=["int", "half", "tensor"],
)
def test_more_than_32_values_become_a_histogram_of_32_bins(array: Any) -> None:
    found = converted(array)
    assert found["_type"] == "histogram"
    assert len(found["values"]) == 32
    assert len(found["bins"]) == 33
    assert sum(found["values"]) == 33
    assert (found["bins"][0], found["bins"][-1]) == (0, 32)


def test_a_histogram_counts_what_is_finite() -> None:
    found = converted(np.array([math.nan, math.inf, *range(40)]))
    assert sum(found["values"]) == 40


def test_exactly_32_values_are_a_list() -> None:
    assert converted(np.zeros(32)) == [0.0] * 32


def test_a_value_that_holds_itself_is_marked_where_it_does() -> None:
    loop: dict[str, Any] = {"a": 1}
    loop["self"] = loop
    assert converted(loop) == {"a": 1, "self": CIRCULAR}


def test_the_same_value_twice_is_no_circle() -> None:
    shared = [1]
    assert converted([shared, shared]) == [[1], [1]]


def test_what_lies_deeper_than_64_levels_is_text() -> None:
    deep: Any = 0
    for _ in range(10_000):
        deep = [deep]
    found, depth = converted(deep), 0
    while isinstance(found, list):
        found, depth = found[0], depth + 1
    assert isinstance(found, str)
    assert depth == 64


def test_an_object_of_an_unknown_kind_is_refused_by_its_type() -> None:
    with pytest.raises(Unloggable, match="of type object"):
        converted(object())


class TestRowMaker:
    def test_a_plain_row_is_handed_on_as_it_is(self, ledger: Ledger) -> None:
        maker = RowMaker(ledger)
        row = {"loss": 0.5, "n": 3, "ok": True}
        first = maker.make(row)
        assert first == row
        assert maker.make(row) is row

    def test_an_int_beyond_64_bits_is_no_plain_value(self, ledger: Ledger) -> None:
        maker = RowMaker(ledger)
        maker.make({"n": 1})
        assert maker.make({"n": 1 << 63}) == {"n": float(1 << 63)}

    @pytest.mark.parametrize(
        "row",
        [OrderedDict(a=1), MappingProxyType({"a": 1}), UserDict(a=1)],
        ids=["OrderedDict", "mappingproxy", "UserDict"],
    )
    def test_any_mapping_is_a_row(self, ledger: Ledger, row: Any) -> None:
        assert RowMaker(ledger).make(row) == {"a": 1}

    @pytest.mark.parametrize("row", [None, 3, "loss", [("a", 1)], {1, 2}], ids=named)
    def test_what_is_no_mapping_is_a_type_error(self, ledger: Ledger, row: Any) -> None:
        with pytest.raises(TypeError, match="must be passed a dictionary"):
            RowMaker(ledger).make(row)

    def test_a_key_that_is_no_string_is_a_type_error(self, ledger: Ledger) -> None:
        with pytest.raises(RowError, match="must be strings"):
            RowMaker(ledger).make({"a": 1, 2: 3})  # type: ignore[dict-item]

    @pytest.mark.parametrize(
        "key",
        ["", "a/b", "a.b", ".", "__proto__", "constructor", "🎉", "ﬁ", "a b", "a\0b", "a\nb"],
        ids=named,
    )
    def test_a_strange_key_is_kept_as_it_is(self, ledger: Ledger, key: str) -> None:
        assert RowMaker(ledger).make({key: 1}) == {key: 1}
        assert ledger.losses == []

    def test_a_lone_surrogate_in_a_key_is_written_out(self, ledger: Ledger) -> None:
        assert RowMaker(ledger).make({"a\ud800": 1}) == {"a\\ud800": 1}

    def test_long_keys_are_cut_and_stay_apart(self, ledger: Ledger) -> None:
        row = RowMaker(ledger).make({"k" * 2000 + "1": 1, "k" * 2000 + "2": 2})
        assert sorted(row.values()) == [1, 2]
        assert all(len(key.encode()) <= MAX_KEY_BYTES for key in row)
        assert [reason for reason, _ in ledger.losses] == ["key-too-long"] * 2

    def test_a_cut_key_never_splits_a_character(self) -> None:
        assert len(cut_key("é" * 2000).encode()) <= MAX_KEY_BYTES

    @pytest.mark.parametrize("key", ["_step", "_timestamp", "_runtime"])
    def test_what_every_row_has_anyway_is_not_taken_from_the_user(
        self, ledger: Ledger, key: str
    ) -> None:
        assert RowMaker(ledger).make({key: 9, "a": 1}) == {"a": 1}

    def test_an_empty_mapping_as_a_value_logs_nothing(self, ledger: Ledger) -> None:
        assert RowMaker(ledger).make({"a": {}, "b": []}) == {"b": []}

    def test_what_cannot_be_kept_is_counted_and_the_rest_is_kept(self, ledger: Ledger) -> None:
        assert RowMaker(ledger).make({"bad": object(), "good": 1}) == {"good": 1}
        assert ledger.losses == [
            ("unloggable", "'bad' has a value of type object, which cannot be kept")
        ]

    def test_an_object_that_raises_is_asked_once(self, ledger: Ledger) -> None:
        asked: list[str] = []

        class Lazy:
            dtype, shape = "float32", (1,)

            def item(self) -> float:
                asked.append("item")
                raise RuntimeError("the device is gone")

        assert RowMaker(ledger).make({"bad": Lazy(), "good": 1}) == {"good": 1}
        assert asked == ["item"]
        assert ledger.losses == [
            ("raised", "'bad': reading a value of type Lazy raised RuntimeError")
        ]

    def test_a_change_after_the_call_does_not_change_the_payload(self, ledger: Ledger) -> None:
        maker, row = RowMaker(ledger), {"a": [1, 2]}
        [payload] = payloads(0, 0, maker.make(row), ledger)
        row["a"].append(3)
        assert decode(payload)[2] == {"a": [1, 2]}


class TestSteps:
    def test_the_first_step_is_0_and_each_row_counts_one(self) -> None:
        steps = Steps()
        assert [steps.take(None, None) for _ in range(3)] == [0, 1, 2]
        assert steps.current == 3

    def test_commit_false_leaves_the_step_open(self) -> None:
        steps = Steps()
        assert [steps.take(None, False), steps.take(None, None), steps.take(None, None)] == [
            0,
            0,
            1,
        ]

    def test_an_explicit_step_stays_open(self) -> None:
        steps = Steps(2)
        assert steps.take(10, None) == 10
        assert steps.current == 10
        assert steps.take(10, None) == 10
        assert steps.take(None, None) == 10
        assert steps.current == 11

    def test_an_explicit_step_with_commit_is_closed(self) -> None:
        steps = Steps(3)
        assert steps.take(20, True) == 20
        assert steps.current == 21

    @pytest.mark.parametrize("step", [5, 0, -1])
    @pytest.mark.parametrize("commit", [None, True, False])
    def test_a_lower_step_is_kept_and_moves_nothing(self, step: int, commit: bool | None) -> None:
        steps = Steps(10)
        assert steps.take(step, commit) == step
        assert steps.current == 10

    @pytest.mark.parametrize(
        ("given", "step"),
        [
            (3, 3),
            (np.int64(4), 4),
            (np.array(5), 5),
            (300.0, 300),
            (np.float32(6), 6),
            (Tensor(7, ()), 7),
            (-1, -1),
            (2**53 + 1, 2**53 + 1),
        ],
        ids=named,
    )
    def test_a_whole_number_of_any_kind_is_a_step(self, given: Any, step: int) -> None:
        assert as_step(given) == step

    @pytest.mark.parametrize("given", ["3", 300.7, math.nan, [1], 1 << 63, object()], ids=named)
    def test_anything_else_is_a_type_error(self, given: Any) -> None:
        with pytest.raises(TypeError):
            as_step(given)


class TestPayloads:
    def test_a_row_of_100_000_keys_is_split_and_nothing_is_missing(self, ledger: Ledger) -> None:
        row = {f"layer.{index}.weight": float(index) for index in range(100_000)}
        parts = payloads(7, 1, row, ledger)
        assert len(parts) > 1
        assert all(len(part) <= MAX_RECORD_BYTES for part in parts)
        joined: dict[str, float] = {}
        for part in parts:
            step, time, values = decode(part)
            assert (step, time) == (7, 1)
            joined.update(values)
        assert joined == row

    def test_of_a_text_larger_than_a_record_the_beginning_is_kept(self, ledger: Ledger) -> None:
        [part] = payloads(0, 0, {"a": "x" * 20_000_000, "b": 1}, ledger)
        values = decode(part)[2]
        assert values["a"].startswith("xxx")
        assert values["a"].endswith("bytes]")
        assert values["b"] == 1
        assert [reason for reason, _ in ledger.losses] == ["too-large"]
