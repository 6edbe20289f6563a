"""Charts: the table in the row, the words in the config, and numbers as scikit-learn has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from tests.sdk.journals import kept, rows
from tests.sdk.shelves import Tensor

import wanllmdb as wandb
from wanllmdb import plot
from wanllmdb.errors import ArgumentError
from wanllmdb.plot import scoring
from wanllmdb.run import Run
from wanllmdb.wire import Kind

QUIET = {"console": "off", "monitor_system": False, "save_facts": False}


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(project="p", mode="offline", settings=QUIET)


def described(run: Run) -> dict[str, Any]:
    """What the config of a run says of its charts in the end."""
    return kept(run, Kind.CONFIG)[-1]["set"]["_wandb"]


def table(*columns: str) -> Any:
    return wandb.Table(columns=list(columns), data=[list(range(len(columns)))])


class TestLogged:
    def test_the_row_has_the_table_and_the_config_the_chart(self, run: Run) -> None:
        run.log({"roc": plot.line(table("a", "b"), "a", "b", title="T"), "x": 1.0})
        [(_, row)] = rows(run)
        assert set(row) == {"roc_table", "x"}
        assert (row["roc_table"]["_type"], row["roc_table"]["ncols"]) == ("table-file", 2)
        chart = described(run)["visualize"]["roc"]
        assert chart["panel_type"] == "Vega2"
        assert chart["panel_config"]["panelDefId"] == "wandb/line/v0"
        assert chart["panel_config"]["fieldSettings"] == {"x": "a", "y": "b", "stroke": None}
        assert chart["panel_config"]["stringSettings"] == {"title": "T"}
        assert chart["panel_config"]["transform"] == {"name": "tableWithLeafColNames"}
        [query] = chart["panel_config"]["userQuery"]["queryFields"]
        assert query["args"] == [{"name": "runSets", "value": "${runSets}"}]
        assert query["fields"][-1]["args"] == [{"name": "tableKey", "value": "roc_table"}]
        assert list(run.config) == []  # it is hidden there

    def test_a_table_may_be_kept_apart(self, run: Run) -> None:
        run.log({"e/roc": plot.line(table("a", "b"), "a", "b", split_table=True)})
        assert list(rows(run)[0][1]) == ["Custom Chart Tables/e/roc_table"]
        [query] = described(run)["visualize"]["e/roc"]["panel_config"]["userQuery"]["queryFields"]
        assert query["fields"][-1]["args"][0]["value"] == "Custom Chart Tables/e/roc_table"

    def test_all_charts_are_described_together_and_each_once(self, run: Run) -> None:
        for _ in range(3):
            for key in ("a", "b"):
                run.log({key: plot.scatter(table("x", "y"), "x", "y")})
        run.log({"c": plot.visualize("me/mine", table("x"))})
        assert len(kept(run, Kind.CONFIG)) == 3
        found = described(run)
        assert list(found["visualize"]) == ["a", "b"]
        assert found["viz"] == {
            "c": {"id": "me/mine", "historyFieldSettings": {"x-axis": "_step", "key": "c"}}
        }
        assert rows(run)[-1][1]["c"]["_type"] == "table-file"

    def test_a_chart_that_changes_is_described_anew(self, run: Run) -> None:
        run.log({"a": plot.scatter(table("x", "y"), "x", "y")})
        run.log({"a": plot.scatter(table("x", "y"), "y", "x")})
        fields = described(run)["visualize"]["a"]["panel_config"]["fieldSettings"]
        assert fields == {"x": "y", "y": "x"}

    def test_more_charts_than_a_config_holds_leave_the_first_ones_whole(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run.config["_wandb"] = {"visualize": {f"c{number}": "x" * 1000 for number in range(129)}}
        for number in range(129, 135):
            run.log({f"c{number}": plot.bar(table("x", "y"), "x", "y")})
        charts = described(run)["visualize"]
        assert list(charts) == [f"c{number}" for number in range(len(charts))]
        assert 129 < len(charts) < 135
        assert [list(row) for _, row in rows(run)][-1] == ["c134_table"]
        assert capsys.readouterr().err.count("more charts than a config can describe") == 1

    def test_a_chart_inside_a_mapping_is_described_by_its_way(self, run: Run) -> None:
        run.log({"eval": {"roc": plot.bar(table("x", "y"), "x", "y"), "n": 1}})
        assert list(rows(run)[0][1]["eval"]) == ["roc_table", "n"]
        assert list(described(run)["visualize"]) == ["eval.roc"]

    def test_what_the_config_of_the_user_has_there_stays(self, run: Run) -> None:
        run.config["_wandb"] = {"mine": 1}
        run.log({"a": plot.scatter(table("x", "y"), "x", "y")})
        assert described(run)["mine"] == 1


class TestPresets:
    @pytest.mark.parametrize(
        ("chart", "name", "fields"),
        [
            (plot.line(table("a"), "a", "b", "c"), "line", {"x": "a", "y": "b", "stroke": "c"}),
            (plot.scatter(table("a"), "a", "b"), "scatter", {"x": "a", "y": "b"}),
            (plot.bar(table("a"), "a", "b"), "bar", {"label": "a", "value": "b"}),
            (plot.histogram(table("a"), "a"), "histogram", {"value": "a"}),
        ],
        ids=["line", "scatter", "bar", "histogram"],
    )
    def test_a_chart_has_the_name_and_the_roles_of_wandb(
        self, chart: Any, name: str, fields: dict[str, Any]
    ) -> None:
        assert chart.spec.spec_name == f"wandb/{name}/v0"
        assert chart.spec.fields == fields
        assert chart.spec.string_fields == {"title": ""}

    def test_a_chart_of_any_name_can_be_made(self) -> None:
        chart = wandb.plot_table("me/mine", table("a"), {"x": "a"}, {"title": "t"})
        chart.set_key("k")
        assert chart.spec.config_key == ("_wandb", "visualize", "k")
        assert (chart.spec.table_key, chart.spec.fields) == ("k_table", {"x": "a"})
        assert wandb.plot.CustomChart is type(chart)

    def test_a_chart_is_of_a_table(self) -> None:
        for make in (plot.line, plot.scatter, plot.bar):
            with pytest.raises(ArgumentError, match=r"wandb\.Table"):
                make([[1]], "a", "b")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "xs", [[0, 1], [[0, 1], [0, 1]], np.array([0, 1]), iter([0, 1]), np.array([[0, 1]] * 2)]
    )
    def test_lines_share_their_x_or_have_their_own(self, xs: Any) -> None:
        chart = plot.line_series(xs, [[1, 2], np.array([3, 4])], keys=["a", "b"], xname="e")
        assert chart.table.data == [[0, "a", 1], [1, "a", 2], [0, "b", 3], [1, "b", 4]]
        assert chart.spec.string_fields == {"title": "", "xname": "e"}

    def test_lines_without_names_are_numbered(self) -> None:
        chart = plot.line_series([0], iter([[1], [2]]))
        assert chart.table.get_column("lineKey") == ["line_0", "line_1"]

    @pytest.mark.parametrize(
        ("xs", "ys", "keys", "error"),
        [
            ([[0]], [[1], [2]], None, ValueError),
            ([0], [[1]], ["a", "b"], ValueError),
            ([0, 1], [1, 2], None, TypeError),
        ],
    )
    def test_what_makes_no_lines_is_said_at_once(
        self, xs: Any, ys: Any, keys: Any, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            plot.line_series(xs, ys, keys=keys)


# Few different scores, so that some are equal.
answers = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])), min_size=2
).filter(lambda found: len({truth for truth, _ in found}) == 2)


def columns(found: list[tuple[bool, float]]) -> tuple[Any, Any]:
    return np.array([each for each, _ in found]), np.array([score for _, score in found])


class TestScoring:
    @given(answers)
    def test_roc_is_what_scikit_learn_finds(self, found: list[tuple[bool, float]]) -> None:
        truth, scores = columns(found)
        expected = sklearn.metrics.roc_curve(truth, scores)
        fpr, tpr = scoring.roc(truth, scores)
        assert fpr == pytest.approx(expected[0])
        assert tpr == pytest.approx(expected[1])

    @given(answers)
    def test_precision_and_recall_are_what_scikit_learn_finds(
        self, found: list[tuple[bool, float]]
    ) -> None:
        truth, scores = columns(found)
        expected = sklearn.metrics.precision_recall_curve(truth, scores)
        precision, recall = scoring.precision_recall(truth, scores)
        assert precision == pytest.approx(expected[0])
        assert recall == pytest.approx(expected[1])

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
    def test_confusion_is_what_scikit_learn_counts(self, found: list[tuple[int, int]]) -> None:
        truth, taken = [each for each, _ in found], [each for _, each in found]
        expected = sklearn.metrics.confusion_matrix(truth, taken, labels=range(5))
        assert scoring.confusion(truth, taken, 5) == expected.tolist()


TRUTH = [0, 1, 2, 1, 0, 2]
SCORES = [
    *([0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]),
    *([0.5, 0.3, 0.2], [0.4, 0.3, 0.3], [0.2, 0.5, 0.3]),
]


class TestClassifiers:
    @pytest.mark.parametrize("scores", [SCORES, np.array(SCORES), Tensor(np.array(SCORES))])
    def test_roc_has_a_curve_for_each_class(self, scores: Any) -> None:
        chart = plot.roc_curve(TRUTH, scores, labels=["a", "b", "c"])
        assert chart.table.columns == ["class", "fpr", "tpr"]
        assert chart.spec.spec_name == "wandb/area-under-curve/v0"
        assert chart.spec.fields == {"x": "fpr", "y": "tpr", "class": "class"}
        for place, name in enumerate("abc"):
            points = [row[1:] for row in chart.table.data if row[0] == name]
            truth, column = np.array(TRUTH) == place, np.array(SCORES)[:, place]
            expected = sklearn.metrics.roc_curve(truth, column)
            found = np.array(points).T
            assert found == pytest.approx(np.array(expected[:2]))

    def test_precision_is_told_at_even_recalls_from_1_to_0(self) -> None:
        scores = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
        chart = plot.pr_curve([0, 1, 1], scores, ["a", "b"], interp_size=3)
        assert chart.table.data == [
            ["a", 1.0, 1.0], ["a", 1.0, 0.5], ["a", 1.0, 0.0],
            ["b", 1.0, 1.0], ["b", 1.0, 0.5], ["b", 1.0, 0.0],
        ]  # fmt: skip
        assert len(plot.pr_curve(TRUTH, SCORES).table.data) == 3 * 21
        assert chart.spec.fields == {"x": "recall", "y": "precision", "class": "class"}

    def test_some_classes_may_be_chosen_by_value_or_by_name(self) -> None:
        for chosen in ([1], ["b"], np.array([1])):
            chart = plot.roc_curve(TRUTH, SCORES, ["a", "b", "c"], chosen)
            assert {row[0] for row in chart.table.data} == {"b"}

    def test_classes_may_be_words_in_their_order(self) -> None:
        chart = plot.roc_curve(["x", "y", "x"], [[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
        assert {row[0] for row in chart.table.data} == {"x", "y"}

    def test_a_class_that_nobody_is_of_has_no_curve(self) -> None:
        chart = plot.roc_curve([0, 2, 0], [[0.9, 0, 0.1], [0.1, 0, 0.9], [0.9, 0, 0.1]])
        assert {row[0] for row in chart.table.data} == {0, 2}

    def test_one_column_is_of_the_second_of_two(self) -> None:
        chart = plot.roc_curve([0, 1, 1], [0.1, 0.9, 0.4])
        assert {row[0] for row in chart.table.data} == {0, 1}

    def test_a_long_curve_is_drawn_through_some_of_its_points(self) -> None:
        chance = np.random.default_rng(0)
        truth, scores = chance.integers(0, 2, 100_000), chance.random(100_000)
        data = plot.roc_curve(truth, scores).table.data
        assert len(data) <= 10_000
        assert [data[0][1:], data[-1][1:]] == [[0, 0], [1, 1]]

    @pytest.mark.parametrize(
        ("truth", "scores"),
        [
            (None, SCORES),
            (TRUTH, None),
            (TRUTH, SCORES[:3]),
            (TRUTH, np.zeros((6, 3, 1))),
            (TRUTH, np.full((6, 3), np.nan)),
            ([0] * 6, SCORES),
            ([7, 8, 9, 5, 6, 7], SCORES),
            ([[0]], [[1.0]]),
        ],
    )
    def test_what_makes_no_curve_is_a_value_error(self, truth: Any, scores: Any) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
            plot.roc_curve(truth, scores)

    def test_confusion_counts_every_pair(self) -> None:
        chart = plot.confusion_matrix(y_true=[0, 1, 1], preds=[0, 1, 0], class_names=["a", "b"])
        assert chart.table.data == [["a", "a", 1], ["a", "b", 0], ["b", "a", 1], ["b", "b", 1]]
        assert chart.spec.spec_name == "wandb/confusion_matrix/v1"
        scored = plot.confusion_matrix(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), [0, 1, 1])
        assert [row[2] for row in scored.table.data] == [1, 0, 1, 1]
        assert scored.table.data[1][:2] == ["Class_1", "Class_2"]

    @pytest.mark.parametrize(
        ("truth", "taken", "names", "expected"),
        [
            ([1, 2], [2, 2], ["a", "b", "c"], {("b", "c"), ("c", "c")}),
            (["a", "b"], ["b", "b"], ["b", "a"], {("a", "b"), ("b", "b")}),
            (["x", "y"], ["y", "y"], None, {("x", "y"), ("y", "y")}),
            ([10, 20], [20, 20], ["a", "b"], {("a", "b"), ("b", "b")}),
        ],
    )
    def test_names_are_found_for_classes(
        self, truth: Any, taken: Any, names: Any, expected: Any
    ) -> None:
        chart = plot.confusion_matrix(y_true=truth, preds=taken, class_names=names)
        assert {(row[0], row[1]) for row in chart.table.data if row[2]} == expected

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"y_true": [1]},
            {"y_true": [1], "preds": [1], "probs": [[1.0]]},
            {"y_true": [1, 2], "preds": [1]},
            {"y_true": [5, 6, 7], "preds": [5, 6, 7], "class_names": ["a"]},
        ],
    )
    def test_what_makes_no_matrix_is_a_value_error(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
            plot.confusion_matrix(**arguments)
