"""Strict JSON: what it takes it takes exactly, what it refuses it points at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb_server.domain.errors import MalformedError, ServerError
from wanllmdb_server.fronts.rest.json_body import strict_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(TEXT, inside, max_size=5),
    max_leaves=30,
)


@given(VALUES)
def test_json_is_read_as_it_was_meant(value: object) -> None:
    assert strict_json(json.dumps(value).encode()) == value


@given(VALUES)
def test_json_with_plain_characters_is_read_as_it_was_meant(value: object) -> None:
    assert strict_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_bytes_are_json_or_are_refused(content: bytes) -> None:
    try:
        strict_json(content)
    except ServerError as error:
        assert error.faults  # noqa: PT017


@given(st.text('[]{}",:0123456789eE+-.ntfuls\\ ', max_size=60))
def test_almost_json_is_json_or_is_refused(text: str) -> None:
    try:
        strict_json(text.encode())
    except ServerError as error:
        assert error.faults  # noqa: PT017


def test_every_fault_is_pointed_at() -> None:
    content = b'{"a": [1, NaN, {"b": 1, "b": 2}], "c": 1e999, "d": "\\udc00"}'
    with pytest.raises(MalformedError) as caught:
        strict_json(content)
    faults = {fault.pointer: fault.code for fault in caught.value.faults}
    assert faults == {
        "/a/1": "not-json",
        "/a/2/b": "duplicate-key",
        "/c": "number-out-of-range",
        "/d": "lone-surrogate",
    }


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert strict_json(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_64_levels_are_taken_and_65_are_not() -> None:
    assert strict_json(b"[" * 64 + b"]" * 64)
    with pytest.raises(MalformedError, match="too deep"):
        strict_json(b"[" * 65 + b"]" * 65)


def test_the_position_of_a_mistake_is_told() -> None:
    with pytest.raises(MalformedError, match=r"line 2, column 3"):
        strict_json(b'{"a": 1,\n  b}')
