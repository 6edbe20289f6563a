"""Tables: every way to make one, what a column holds together, and what is kept of its cells."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import pickle
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sdk.ids import said
from tests.sdk.shelves import Bench, Tensor

import wanllmdb as wandb
from wanllmdb.errors import UsageError
from wanllmdb.media.histogram import Histogram
from wanllmdb.media.image import Image
from wanllmdb.media.joined import JoinedTable
from wanllmdb.media.table import EvalTable, Table
from wanllmdb.values import NoRoom, Unloggable

NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.timezone.utc)


class Frame:
    """As much of a pandas data frame as is looked at."""

    def __init__(self, **columns: list[Any]) -> None:
        self._values = list(columns.values())
        self.columns = list(columns)
        self.iloc = self

    def __getitem__(self, place: tuple[slice, int]) -> Any:
        return np.array(self._values[place[1]], dtype=object)

    def to_numpy(self) -> Any:
        raise AssertionError("Columns of several types would become one type.")


class Rows:
    """As much of a polars data frame as is looked at."""

    columns = ("a", "b")

    def to_numpy(self) -> Any:
        raise AssertionError("Columns of several types would become one type.")

    def rows(self) -> list[tuple[Any, ...]]:
        return [(1, "x"), (2, "y")]


def file_of(table: Any, bench: Bench | None = None, key: str = "t") -> dict[str, Any]:
    """What stands in the file of a table."""
    bench = bench or Bench()
    return json.loads(bench.content(table.said(bench, key)))


class TestMaking:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]},
            {"columns": ["a", "b"], "rows": [[1, "x"], [2, "y"]]},
            {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]], "dataframe": None, "rows": None},
            {"columns": ("a", "b"), "data": ((1, "x"), (2, "y"))},
            {"columns": ["a", "b"], "data": iter([[1, "x"], [2, "y"]])},
            {"columns": ["a", "b"], "data": np.array([[1, "x"], [2, "y"]], dtype=object)},
            {"dataframe": Frame(a=[1, 2], b=["x", "y"])},
            {"data": Frame(a=[1, 2], b=["x", "y"])},
            {"columns": None, "data": None, "dataframe": Rows()},
            {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]], "dtype": [int, str]},
            {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]], "optional": [True, False]},
        ],
    )
    def test_a_table_can_be_made_in_many_ways(self, arguments: dict[str, Any]) -> None:
        table = Table(**arguments)
        assert (table.columns, table.data) == (["a", "b"], [[1, "x"], [2, "y"]])

    def test_without_columns_they_have_the_names_of_wandb(self) -> None:
        assert Table().columns == ["Input", "Output", "Expected"]
        assert Table(columns=[1, "b", 2.5]).columns == [1, "b", "2.5"]

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            ({"data": [[1, 2]]}, ValueError),
            ({"columns": ["a"], "data": "abc"}, TypeError),
            ({"columns": ["a"], "data": ["abc"]}, TypeError),
            ({"columns": ["a"], "data": 3}, TypeError),
            ({"columns": ["a"], "data": np.zeros(3)}, TypeError),
            ({"dataframe": [[1]]}, TypeError),
            ({"columns": ["a"], "log_mode": "SOMETIMES"}, ValueError),
            ({"columns": ["a"], "dtype": [int, str]}, ValueError),
            ({"columns": ["a"], "data": [["x"]], "dtype": int}, TypeError),
            ({"columns": ["a"], "data": [[None]], "optional": False}, TypeError),
        ],
        ids=said,
    )
    def test_what_makes_no_table_is_said_at_once(
        self, arguments: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            Table(**arguments)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (1, "x"),
            (1, True),
            ("x", 1.5),
            ([1], 1),
            ({"a": 1}, [1]),
            (NOON, "noon"),
            (Image(np.zeros((2, 2))), 1),
            (Image(np.zeros((2, 2))), Histogram([1])),
        ],
        ids=said,
    )
    def test_a_column_holds_one_kind(self, first: Any, second: Any) -> None:
        with pytest.raises(TypeError, match="allow_mixed_types"):
            Table(columns=["a"], data=[[first], [second]])
        Table(columns=["a"], data=[[first], [second]], allow_mixed_types=True)
        Table(columns=["a"], data=[[first], [second]], dtype=object)

    @pytest.mark.parametrize(
        "values",
        [
            [1, 2.5, np.float32(1), np.int64(2), math.nan, None, Tensor(np.array(1.0))],
            ["a", np.str_("b"), None, math.nan],
            [True, np.bool_(False)],
            [[1], (2,), np.zeros(3), {4}],
            [NOON, datetime.date(2026, 1, 2), np.datetime64("2026-01-02")],
            [Image(np.zeros((2, 2))), PIL.Image.new("L", (1, 1)), None],
        ],
        ids=said,
    )
    def test_what_belongs_together_is_one_kind(self, values: list[Any]) -> None:
        Table(columns=["a"], data=[[each] for each in values])


class TestAsking:
    table = property(lambda _: Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]]))

    def test_rows_and_columns_can_be_had(self) -> None:
        assert self.table.get_column("a") == [1, 2]
        assert self.table.get_column("a", convert_to="numpy").tolist() == [1, 2]
        assert self.table.get_index() == [0, 1]
        assert self.table.index_ref(1) == 1
        assert list(self.table.iterrows()) == [(0, [1, "x"]), (1, [2, "y"])]

    def test_a_column_that_is_not_there_is_a_value_error(self) -> None:
        with pytest.raises(ValueError, match="'c'"):
            self.table.get_column("c")

    def test_columns_can_be_computed(self) -> None:
        table = self.table
        table.add_computed_columns(lambda number, row: {"c": row["a"] * 10 + number})
        assert (table.columns, table.data) == (["a", "b", "c"], [[1, "x", 10], [2, "y", 21]])

    def test_a_computed_column_may_have_gaps(self) -> None:
        table = self.table
        table.add_computed_columns(lambda number, _: {"odd": number} if number else {"even": 0})
        assert table.data == [[1, "x", 0, None], [2, "y", None, 1]]

    def test_a_column_is_as_long_as_the_table_and_of_one_kind(self) -> None:
        table = self.table
        with pytest.raises(ValueError, match="2 rows"):
            table.add_column("c", [1])
        with pytest.raises(TypeError, match="'c'"):
            table.add_column("c", [1, "x"])
        table.add_column("c", np.array([0.5, 1.5]))
        assert table.data == [[1, "x", 0.5], [2, "y", 1.5]]
        table.add_data(3, "z", 2)
        with pytest.raises(TypeError, match="'c'"):
            table.add_data(3, "z", "w")

    def test_a_cast_is_checked_and_changes_nothing(self) -> None:
        table = self.table
        table.cast("a", float)
        with pytest.raises(TypeError):
            table.cast("a", str)
        assert table.data[0][0] == 1

    def test_a_row_of_an_older_name_is_a_row(self) -> None:
        table = self.table
        table.add_row(3, "z")
        assert len(table.data) == 3
        assert table.set_pk("a") is table.set_fk("a", table, "b") is None

    def test_limits_have_the_names_of_wandb(self) -> None:
        assert Table.MAX_ROWS == Table.MAX_ARTIFACT_ROWS == 200_000


class Colour(enum.Enum):
    RED = "red"


class TestCells:
    @pytest.mark.parametrize(
        ("value", "cell"),
        [
            (None, None),
            (True, True),
            (2**53 + 1, 2**53 + 1),
            (1.5, 1.5),
            (math.nan, "NaN"),
            (math.inf, "Infinity"),
            (-math.inf, "-Infinity"),
            ("text", "text"),
            (b"bytes", "bytes"),
            (np.int64(3), 3),
            (np.float32(0.5), 0.5),
            (np.float64(math.nan), "NaN"),
            (np.bool_(True), True),
            (np.str_("x"), "x"),
            (np.datetime64("2026-01-02"), "2026-01-02T00:00:00"),
            (NOON, "2026-01-02T12:00:00+00:00"),
            (datetime.timedelta(days=1), "P1D"),
            (decimal.Decimal("1.5"), 1.5),
            (Colour.RED, "red"),
            ([1, math.nan], [1, "NaN"]),
            ({"a": [math.inf]}, {"a": ["Infinity"]}),
            ({1}, [1]),
            (np.array([1.0]), [1.0]),
            (np.array([[1.0, np.nan]]), [[1.0, "NaN"]]),
            (np.arange(100), list(range(100))),
            (Tensor(np.array([0.5, 1.5])), [0.5, 1.5]),
            (type("NAType", (), {})(), None),
            ("\ud800", "\ud800"),
        ],
        ids=said,
    )
    def test_a_value_is_kept_as_json_has_it(self, value: Any, cell: Any) -> None:
        table = Table(columns=["a"], data=[[value]], allow_mixed_types=True)
        assert file_of(table)["data"] == [[cell]]

    def test_nan_among_what_are_no_numbers_is_nothing(self) -> None:
        table = Table(columns=["s", "d"], data=[["a", NOON], [math.nan, np.float64(math.nan)]])
        assert file_of(table)["data"][1] == [None, None]
        assert table.artifact_files("t")[0]["data"][1] == [None, None]

    def test_an_array_of_very_many_values_is_a_histogram(self) -> None:
        table = Table(columns=["a"], data=[[np.zeros(65_537)]])
        assert file_of(table)["data"][0][0]["_type"] == "histogram"

    def test_media_are_files_and_the_cell_says_what_a_row_would(self) -> None:
        bench = Bench()
        image, histogram = Image(np.zeros((2, 2)), caption="c"), Histogram([1, 2])
        table = Table(columns=["i", "h", "p"])
        table.add_data(image, histogram, PIL.Image.new("L", (1, 1)))
        file = file_of(table, bench)
        assert file["data"] == [[image.said(bench, "t"), histogram.said(), file["data"][0][2]]]
        assert file["types"] == ["image-file", "histogram", "image-file"]
        assert {each["path"] for each in (file["data"][0][0], file["data"][0][2])} < set(
            bench.files
        )

    def test_a_cell_that_cannot_be_kept_does_not_take_the_others_along(self) -> None:
        class Odd:
            def __str__(self) -> str:
                raise RuntimeError("the object of the user")

        bomb = type("Image", (), {"size": (50_000, 50_000), "mode": "L", "save": None})
        bomb.__module__ = "PIL.Image"
        rows = [[Odd(), 1], [bomb(), 2]]
        data = file_of(Table(columns=["a", "b"], data=rows, allow_mixed_types=True))["data"]
        assert [row[1] for row in data] == [1, 2]
        assert "the object of the user" in data[0][0]
        assert "50000 × 50000 pixels" in data[1][0]

    def test_where_no_file_has_room_the_table_is_left_out(self) -> None:
        class Full(Bench):
            def put(self, *_: Any, **__: Any) -> Any:
                raise NoRoom("full")

        with pytest.raises(NoRoom):
            Table(columns=["a"], data=[[Image(np.zeros((2, 2)))]]).said(Full(), "t")

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ([1, math.nan], "number"),
            (["a", None], "string"),
            ([True], "boolean"),
            ([NOON], "timestamp"),
            ([[1]], "list"),
            ([{"a": 1}], "dict"),
            ([1, "a"], "any"),
            ([None], "any"),
        ],
        ids=said,
    )
    def test_the_file_tells_what_a_column_holds(self, values: list[Any], kind: str) -> None:
        rows = [[each] for each in values]
        assert file_of(Table(columns=["a"], data=rows, allow_mixed_types=True))["types"] == [kind]
        table = Table(columns=["a"])
        table.data = rows  # behind its back
        assert file_of(table)["types"] == [kind]

    def test_a_row_that_was_broken_behind_its_back_is_unloggable(self) -> None:
        table = Table(columns=["a"], data=[[1]])
        table.data.append([1, 2])
        with pytest.raises(Unloggable, match="a row"):
            table.said(Bench(), "t")

    cell = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
        st.datetimes(), st.lists(st.floats(), max_size=3),
        st.dictionaries(st.text(), st.floats(), max_size=3),
    )  # fmt: skip

    @given(st.lists(st.tuples(cell, cell)))
    def test_whatever_the_cells_the_file_is_strict_json(self, rows: list[Any]) -> None:
        bench = Bench()
        said = Table(columns=["a", "b"], data=rows, allow_mixed_types=True).said(bench, "t")

        def refuse(word: str) -> None:
            raise AssertionError(word)

        found = json.loads(bench.content(said), parse_constant=refuse)
        assert (len(found["data"]), said["nrows"], said["ncols"]) == (len(rows), len(rows), 2)


class TestModes:
    def test_a_table_that_is_not_incremental_is_kept_whole_each_time(self) -> None:
        for mode in ("IMMUTABLE", "MUTABLE"):
            bench, table = Bench(), Table(columns=["a"], data=[[1]], log_mode=mode)
            assert table.said(bench, "t")["log_mode"] == mode
            table.add_data(2)
            assert file_of(table, bench)["data"] == [[1], [2]]

    def test_an_incremental_table_is_whole_when_its_parts_are_put_together(self) -> None:
        bench, table = Bench(), Table(columns=["a"], log_mode="INCREMENTAL")
        said: dict[str, Any] = {}
        for number in range(150):
            table.add_data(2 * number)
            table.add_data(2 * number + 1)
            said = table.said(bench, "t")
            assert (said["_type"], said["increment_num"]) == ("incremental-table-file", number)
            assert (said["first"], said["nrows"]) == (2 * number, 2 * number + 2)
        assert len(said["previous_increments_paths"]) == 100
        rows, path = [], said["path"]
        while path:
            part = json.loads(bench.files[path])
            rows, path = part["data"] + rows, part["previous"]
        assert rows == [[each] for each in range(300)]

    def test_nothing_new_is_no_new_part(self) -> None:
        bench, table = Bench(), Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
        assert table.said(bench, "t") == table.said(bench, "t")
        assert len(bench.files) == 1

    def test_each_key_and_each_run_has_its_own_parts(self) -> None:
        table = Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
        bench, other = Bench(), Bench()
        assert table.said(bench, "t")["increment_num"] == 0
        assert table.said(bench, "u")["increment_num"] == 0
        table.add_data(2)
        assert table.said(bench, "t")["increment_num"] == 1
        assert table.said(other, "t")["first"] == 0

    def test_parts_that_were_taken_away_are_unloggable(self) -> None:
        bench, table = Bench(), Table(columns=["a"], data=[[1], [2]], log_mode="INCREMENTAL")
        table.said(bench, "t")
        table.data = [[1]]
        with pytest.raises(Unloggable, match="fewer rows"):
            table.said(bench, "t")

    def test_once_logged_an_incremental_table_gets_no_columns(self) -> None:
        bench, table = Bench(), Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
        table.add_column("b", [2])
        assert not table.has_been_logged()
        table.said(bench, "t")
        assert table.has_been_logged()
        with pytest.raises(UsageError, match="add_column"):
            table.add_column("c", [3])
        with pytest.raises(UsageError, match="add_computed_columns"):
            table.add_computed_columns(lambda *_: {})

    def test_a_table_may_go_to_another_process(self) -> None:
        bench, table = Bench(), Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
        table.said(bench, "t")
        again = pickle.loads(pickle.dumps(table))  # noqa: S301 - our own bytes
        assert again.data == [[1]]
        assert again.said(bench, "t")["increment_num"] == 0


class TestOthers:
    def test_an_eval_table_is_a_table(self) -> None:
        table = EvalTable(columns=["a", "s"], data=[[1, 0.5]], score_columns=["s"])
        assert file_of(table)["columns"] == ["a", "s"]

    def test_a_joined_table_names_both(self) -> None:
        bench = Bench()
        one = Table(columns=["id", "x"], data=[[1, 2]])
        other = Table(columns=["id", "y"], data=[[1, 3]])
        said = wandb.JoinedTable(one, other, "id").said(bench, "j")
        assert (said["_type"], said["join_key"]) == ("joined-table", "id")
        assert json.loads(bench.content(said)) == {
            "_type": "joined-table",
            "join_key": "id",
            "table1": said["table1"]["path"],
            "table2": said["table2"]["path"],
        }
        assert json.loads(bench.content(said["table2"]))["data"] == [[1, 3]]

    def test_a_joined_table_is_of_tables_with_that_column(self) -> None:
        table = Table(columns=["id"])
        with pytest.raises(TypeError):
            JoinedTable(table, [[1]], "id")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="'x'"):
            JoinedTable(table, table, "x")
        JoinedTable(table, Table(columns=["key"]), ("id", "key"))
