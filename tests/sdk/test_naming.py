"""Names and ids are made here, and what cannot be one is said with what could."""

from __future__ import annotations

import random
import re

import pytest

from wanllmdb.errors import UsageError
from wanllmdb.naming import (
    chance,
    checked_id,
    checked_project,
    checked_tags,
    new_id,
    new_name,
    slug,
)


def test_an_id_is_eight_of_lower_case_letters_and_digits() -> None:
    ids = {new_id(chance()) for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[a-z0-9]{8}", each) for each in ids)


def test_a_name_is_an_adjective_a_noun_and_a_number() -> None:
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", new_name(chance())) for _ in range(1000))


def test_the_same_chance_makes_the_same_name() -> None:
    assert new_name(random.Random(7)) == new_name(random.Random(7))


def test_a_seeded_script_still_gets_new_names_and_its_own_numbers() -> None:
    random.seed(0)
    first, number = new_id(chance()), random.random()
    random.seed(0)
    assert new_id(chance()) != first
    assert random.random() == number


@pytest.mark.parametrize("text", ["a/b", "  x  ", "..", "🎉", "", "a" * 500, "Ünder scores_ok"])
def test_a_slug_is_safe_in_a_path(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", slug(text))
    assert slug(text) not in {".", ".."}


def test_the_id_that_is_proposed_can_be_one() -> None:
    with pytest.raises(UsageError) as caught:
        checked_id("my/run: 1")
    proposed = re.findall(r"Try '([^']+)'", str(caught.value))[0]
    assert checked_id(proposed) == proposed


def test_a_project_may_have_spaces_dots_and_any_alphabet() -> None:
    for name in ("my project", "v1.2", "日本語", "a-b_c"):
        assert checked_project(name) == name


def test_tags_lose_their_repetitions_and_keep_their_order() -> None:
    assert checked_tags(["b", "a", "b"]) == ("b", "a")
    assert checked_tags(None) == ()
    assert checked_tags("one") == ("one",)
