"""What the runs of a sweep are given: the same for the same n, within what was said."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb import search
from wanllmdb.errors import UnsupportedError, UsageError


def grid(**parameters: Any) -> dict[str, Any]:
    return search.checked({"method": "grid", "parameters": parameters})


def drawn(said: dict[str, Any], n: int = 200) -> list[Any]:
    config = search.checked({"method": "random", "parameters": {"x": said}})
    found = [search.suggestion(config, "s", index) for index in range(n)]
    return [each["x"] for each in found if each is not None]


def test_a_grid_goes_through_every_combination_once_and_ends() -> None:
    config = grid(
        a={"values": [1, 2]},
        b={"min": 0, "max": 2},
        c={"value": "same"},
        d={"parameters": {"e": {"min": 0.0, "max": 0.5, "q": 0.25}}},
    )
    found = [search.suggestion(config, "s", n) for n in range(19)]
    assert found[18] is None
    assert found[0] == {"a": 1, "b": 0, "c": "same", "d": {"e": 0.0}}
    assert found[1] == {"a": 1, "b": 0, "c": "same", "d": {"e": 0.25}}
    assert len({repr(each) for each in found[:18]}) == 18


def test_the_same_n_of_the_same_sweep_has_the_same_values() -> None:
    config = search.checked({"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}})
    assert search.suggestion(config, "s", 7) == search.suggestion(config, "s", 7)
    assert search.suggestion(config, "s", 7) != search.suggestion(config, "s", 8)
    assert search.suggestion(config, "s", 7) != search.suggestion(config, "t", 7)


def test_a_cap_ends_a_search_that_has_no_end() -> None:
    config = search.checked(
        {"method": "random", "run_cap": 3, "parameters": {"x": {"min": 0, "max": 9}}}
    )
    assert [search.suggestion(config, "s", n) is None for n in range(5)] == [False] * 3 + [True] * 2


@given(low=st.floats(-1e6, 1e6), width=st.floats(0, 1e6))
def test_uniform_values_lie_between_their_ends(low: float, width: float) -> None:
    assert all(low <= x <= low + width for x in drawn({"min": low, "max": low + width}, 20))


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ({"min": 1, "max": 4}, lambda x: x in {1, 2, 3, 4}),
        ({"min": 1.0, "max": 4.0}, lambda x: 1 <= x <= 4 and isinstance(x, float)),
        ({"values": ["a", "b"]}, lambda x: x in {"a", "b"}),
        ({"value": 3}, lambda x: x == 3),
        ({"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.25}, lambda x: x * 4 % 1 == 0),
        ({"distribution": "log_uniform", "min": -3, "max": 0}, lambda x: math.exp(-3) <= x <= 1),
        ({"distribution": "log_uniform_values", "min": 1e-4, "max": 1}, lambda x: 1e-4 <= x <= 1),
        (
            {"distribution": "q_log_uniform_values", "min": 8, "max": 99, "q": 8},
            lambda x: x % 8 == 0,
        ),
        ({"distribution": "inv_log_uniform_values", "min": 1, "max": 9}, lambda x: 1 <= x <= 9.01),
        ({"mu": 0, "sigma": 1}, lambda x: abs(x) < 8),
        ({"distribution": "log_normal", "mu": 0, "sigma": 1}, lambda x: x > 0),
        ({"distribution": "beta", "a": 2, "b": 3}, lambda x: 0 <= x <= 1),
    ],
)
def test_each_distribution_gives_what_it_says(said: dict[str, Any], holds: Any) -> None:
    values = drawn(said)
    assert all(holds(each) for each in values), values[:5]
    assert len(set(values)) > 1 or "value" in said


def test_probabilities_weigh_values() -> None:
    values = drawn({"values": ["often", "never"], "probabilities": [1.0, 0.0]})
    assert set(values) == {"often"}


def test_log_uniform_values_spread_evenly_over_the_orders_of_magnitude() -> None:
    values = drawn({"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}, 2000)
    below = sum(each < 1e-2 for each in values) / len(values)
    assert 0.42 < below < 0.58


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"method": "guess", "parameters": {"x": {"value": 1}}}, "method"),
        ({"method": "grid"}, "parameters"),
        ({"method": "grid", "parameters": {"x": 3}}, "mapping"),
        ({"method": "grid", "parameters": {"x": {"min": 0.0, "max": 1.0}}}, "grid"),
        ({"method": "random", "parameters": {"x": {"min": 0.0}}}, "max"),
        ({"method": "random", "parameters": {"x": {"min": 3, "max": 1}}}, "before"),
        ({"method": "random", "parameters": {"x": {"values": []}}}, "empty"),
        (
            {"method": "random", "parameters": {"x": {"values": [1], "probabilities": [1, 2]}}},
            "one",
        ),
        ({"method": "random", "parameters": {"x": {"distribution": "odd"}}}, "odd"),
        (
            {
                "method": "random",
                "parameters": {"x": {"distribution": "log_uniform_values", "min": 0, "max": 1}},
            },
            "above 0",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused_by_name(config: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        search.checked(config)


def test_a_method_that_is_not_here_says_which_is() -> None:
    with pytest.raises(UnsupportedError, match="random"):
        search.checked({"method": "bayes", "parameters": {"x": {"value": 1}}})
