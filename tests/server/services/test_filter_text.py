"""Filters as people write them mean what the cases say that the page is tested with, too."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.domain.filter_text import parse_filter, parse_tree
from wanllmdb_server.domain.filter_words import BadTextError, field_text, quoted
from wanllmdb_server.domain.language import parse_query
from wanllmdb_server.domain.query import Ago, All, Compare, Field

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contracts" / "filter_language.json").read_text()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_text_means_its_tree_or_is_wrong_at_its_column(case: dict[str, Any]) -> None:
    if "tree" in case:
        assert parse_tree(case["text"]) == case["tree"]
        assert parse_filter(case["text"]) == (parse_query(case["tree"]) or All(()))
        return
    with pytest.raises(BadTextError) as raised:
        parse_tree(case["text"])
    assert raised.value.column == case["error_column"]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("config.lr >=", "column 13: a value is missing after >="),
        ("foo = 1", "column 1: there is no field 'foo'"),
        ("name ~ /(/", "column 8: The regular expression cannot be used"),
        ("created_at > soon", "column 14: A time is ISO 8601"),
        ("(" * 70 + "name = x" + ")" * 70, "column 65: a filter is nested at most 64 deep"),
        ("not " * 20 + "name = x", "column 81: A filter is nested at most 16 deep."),
        (" or ".join(["name = x"] * 201), "A filter has at most 200 conditions."),
        ("config.lr = 99999999999999999999", "column 13: An integer here has at most 64 bits."),
    ],
)
def test_what_is_wrong_is_said_with_its_column(text: str, detail: str) -> None:
    with pytest.raises(InvalidError) as raised:
        parse_filter(text)
    [fault] = raised.value.faults
    assert (fault.pointer, fault.code) == ("/filter", "bad-filter")
    assert detail in fault.detail


def test_a_time_may_be_so_long_ago() -> None:
    assert parse_filter("created_at > -1.5h") == Compare(
        Field("time", "created_at"), "gt", Ago(5_400_000_000)
    )


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_fault(text: str) -> None:
    with contextlib.suppress(InvalidError):
        parse_filter(text)


_told = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])


@given(st.text(_told, min_size=1), st.text(_told))
def test_what_is_written_is_read_again(key: str, value: str) -> None:
    text = f"{field_text('config', key)} = {quoted(value)}"
    assert parse_tree(text) == {f"config.{key}": {"$eq": value}}
