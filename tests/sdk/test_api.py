"""How `Api()` names things, reads values and lists, and waits for a server."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import wanllmdb
from wanllmdb import api as api_module
from wanllmdb.answer import NoAnswerError
from wanllmdb.api import Api
from wanllmdb.public import values
from wanllmdb.public.files import below
from wanllmdb.public.history import key_list, table
from wanllmdb.public.pages import Page, Pages
from wanllmdb.public.paths import Defaults, project_path, run_path
from wanllmdb.public.server import query_text
from wanllmdb.public.summary import RunSummary

MINE = Defaults(lambda: "me", "p", None)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("r", ("me", "p", "r")),
        ("q/r", ("me", "q", "r")),
        ("e/q/r", ("e", "q", "r")),
        ("/e/q/r/", ("e", "q", "r")),
        ("e/q/runs/r", ("e", "q", "r")),
        ("e/q:r", ("e", "q", "r")),
        ("runs/r", ("me", "runs", "r")),
        ("https://host:8000/e/q/runs/r", ("e", "q", "r")),
        ("http://host/e/q/runs/a%20b/overview?x=1#y", ("e", "q", "a b")),
        ("e/q/runs/runs", ("e", "q", "runs")),
    ],
)
def test_a_run_is_named_by_each_form_of_its_path(path: str, names: tuple[str, ...]) -> None:
    assert run_path(path, MINE) == names


@pytest.mark.parametrize("path", ["", "/", "a/b/c/d/e"])
def test_what_names_no_run_is_refused(path: str) -> None:
    with pytest.raises(wanllmdb.UsageError, match="entity/project/id"):
        run_path(path, MINE)


@pytest.mark.parametrize(
    ("path", "names"),
    [(None, ("me", "p")), ("q", ("me", "q")), ("e/q", ("e", "q")), ("e/q/runs", ("e", "q")),
     ("http://host/e/q", ("e", "q"))],
)  # fmt: skip
def test_a_project_is_named_by_each_form_of_its_path(path: str, names: tuple[str, ...]) -> None:
    assert project_path(path, MINE) == names


@pytest.mark.parametrize(
    ("said", "value"),
    [(1.0, 1), (1.5, 1.5), ("Infinity", math.inf), ("x", "x"), ([1.0, {"a": 2.0}], [1, {"a": 2}]),
     (2.0**60, 2.0**60), (True, True), (None, None)],
)  # fmt: skip
def test_values_come_back_as_they_were_logged(said: Any, value: Any) -> None:
    found = values.logged(said)
    assert (found, type(found)) == (value, type(value))


def test_nan_comes_back_and_times_stay_fractions() -> None:
    row = values.row({"x": "NaN", "_timestamp": 5, "_runtime": 1, "_step": 3})
    assert math.isnan(row["x"])
    assert [type(row[key]) for key in ("_timestamp", "_runtime", "_step")] == [float, float, int]


def test_the_types_of_a_config_stay() -> None:
    assert repr(values.told({"a": 1.0, "b": ["-Infinity", 2]})) == "{'a': 1.0, 'b': [-inf, 2]}"


def numbers(count: int, size: int) -> tuple[Pages[int], list[str | None]]:
    asked: list[str | None] = []

    def fetch(cursor: str | None) -> Page:
        asked.append(cursor)
        at = int(cursor or 0)
        items = list(range(count))[at : at + size]
        return Page(items, str(at + size) if at + size < count else None, count)

    return Pages(fetch), asked


def test_a_list_is_read_as_far_as_somebody_looks() -> None:
    found, asked = numbers(10, 3)
    assert len(found) == 10
    assert (found[4], asked) == (4, [None, "3"])
    assert found[1:5] == [1, 2, 3, 4]
    assert len(asked) == 2
    assert (found[-1], found[-3:], found[::-1][:2]) == (9, [7, 8, 9], [9, 8])
    assert list(found) == list(found) == list(range(10))
    assert len(asked) == 4
    with pytest.raises(IndexError):
        found[10]
    with pytest.raises(IndexError):
        found[-11]
    assert [next(found), next(found)] == [0, 1]
    assert 7 in found


def test_an_empty_list_is_one() -> None:
    found, _ = numbers(0, 3)
    assert (len(found), list(found), found[:2]) == (0, [], [])
    with pytest.raises(IndexError):
        found[0]


def test_a_summary_is_read_by_key_and_attribute_and_sent_when_told() -> None:
    sent: list[dict[str, Any]] = []
    summary = RunSummary({"a": 1.0, "b.c": 2.5, "b.d.e": 3.0}, sent.append, {"_step": lambda: 9})
    assert (summary.a, summary["b"], summary["_step"]) == (1, {"c": 2.5, "d": {"e": 3}}, 9)
    assert list(summary) == ["a", "b.c", "b.d.e"]
    assert "nobody" not in summary
    assert not hasattr(summary, "nobody")
    with pytest.raises(KeyError):
        summary["nobody"]
    summary["x"] = 5
    summary.y = 6
    assert sent == []
    summary.update({"z": 7}, w=8)
    summary.update()
    assert sent == [{"x": 5, "y": 6, "z": 7, "w": 8}]
    with pytest.raises(wanllmdb.UnsupportedError):
        del summary["x"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd"])
def test_a_file_is_written_below_its_folder_and_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(wanllmdb.CommError, match="does not stay below"):
        below(tmp_path, name)


def test_questions_are_written_so_that_any_name_can_be_asked_for() -> None:
    asked = query_text({"keys": ["a b", "c&d"], "any": True, "cursor": None, "limit": 5})
    assert asked == "?keys=a%20b&keys=c%26d&any=true&limit=5"
    assert key_list("loss") == ["loss"]
    assert key_list([]) is None
    with pytest.raises(wanllmdb.UsageError):
        key_list([1])  # type: ignore[list-item]


def test_without_pandas_a_table_is_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    rows = [{"_step": 1, "a": 2}]
    assert table(rows) is rows


def test_the_module_tells_the_key_that_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del home
    assert api_module.api_key is None  # type: ignore[attr-defined]
    monkeypatch.setenv("WANLLMDB_API_KEY", "wl-" + "k" * 43)
    assert api_module.api_key == "wl-" + "k" * 43  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        api_module.nothing  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.usefixtures("home")
def test_a_server_that_is_away_for_a_while_is_asked_again() -> None:
    from wanllmdb.answer import Answer
    from wanllmdb.public.server import Server
    from wanllmdb.settings import resolve

    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    asked = Server(resolve({}), timeout=10, clock=lambda: now[0], sleep=sleep)
    answers: list[Answer | NoAnswerError] = [
        NoAnswerError("away"), NoAnswerError("busy", retry_after=3.0), Answer(200, {"x": 1}),
    ]  # fmt: skip

    class Line:
        """Says what is on the list."""

        def request(self, *_: Any, **__: Any) -> Answer:
            said = answers.pop(0)
            if isinstance(said, NoAnswerError):
                raise said
            return said

    asked._http = Line()  # type: ignore[assignment]
    assert asked.get("/me") == {"x": 1}
    assert slept == [0.25, 3.0]
    answers[:] = [NoAnswerError("away", retry_after=60.0)]
    with pytest.raises(wanllmdb.CommError, match="away"):
        asked.get("/me")


@pytest.mark.usefixtures("home")
def test_an_api_asks_nobody_before_it_must() -> None:
    api = Api({"base_url": "http://127.0.0.1:9", "entity": "e", "project": "p"})
    assert api.default_entity == "e"
    assert api.settings == {
        "base_url": "http://127.0.0.1:9", "entity": "e", "project": "p", "run": None,
    }  # fmt: skip
    assert repr(api.runs("q")) == "<Runs e/q>"
    with pytest.raises(wanllmdb.UnsupportedError):
        api.sweep("e/p/s")
