"""Who goes on from whom, and when a run has ended: the rules, without any server."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from wanllmdb_server.domain.writer import Part, Place, Writer, WriterFacts, end_of, place

NOW = 1_000_000_000
SECOND = 1_000_000
LONG = 200 * SECOND  # longer than anybody waits for a sign of life
GOES_ON, BESIDE = True, False


def writer(name: str, *, attempt: int = 0, began: int = 0, seen: int = NOW, **said: Any) -> Writer:
    own = {key: said.pop(key) for key in ("finished_at", "exit_code") if key in said}
    return Writer(
        name=name, attempt=attempt, began=began, seen_at=seen, facts=WriterFacts(**said), **own
    )


def placed(known: list[Writer], *, began: int = NOW, name: str = "new", **said: Any) -> Place:
    return place(name, WriterFacts(**said), began, known, NOW)


@pytest.mark.parametrize(
    ("known", "said", "expected"),
    [
        ([], {}, Place(0, BESIDE)),
        ([], {"gone": ("a",)}, Place(1, GOES_ON)),  # what went before is on its way
        ([writer("a")], {}, Place(0, BESIDE)),
        ([writer("a", finished_at=NOW - 1)], {}, Place(1, GOES_ON)),
        ([writer("a", seen=NOW - LONG)], {}, Place(1, GOES_ON)),
        ([writer("a")], {"gone": ("a",)}, Place(1, GOES_ON)),
        # A rank that was started anew while others live: nothing of theirs is hidden.
        ([writer("a"), writer("b")], {"gone": ("a",)}, Place(0, BESIDE)),
        ([writer("a", finished_at=1), writer("b")], {}, Place(0, BESIDE)),
        ([writer("a", finished_at=1)], {"shared": True}, Place(0, BESIDE)),
        ([writer("a", job="j")], {"job": "j"}, Place(0, BESIDE)),
        ([writer("a", job="j")], {"job": "j", "restarts": 1}, Place(1, GOES_ON)),
        ([writer("a", job="i")], {"job": "j", "restarts": 1}, Place(0, BESIDE)),
        # A rank beside another, which was done before this one began.
        ([writer("a", label="0", finished_at=1)], {"label": "1"}, Place(0, BESIDE)),
        ([writer("a", label="0", finished_at=1)], {"label": "0"}, Place(1, GOES_ON)),
        ([writer("a", label="0", seen=NOW - LONG)], {"label": "1"}, Place(1, GOES_ON)),
        (
            [writer("a", label="0", finished_at=1), writer("b", label="1", finished_at=1)],
            {"label": "1"},
            Place(1, GOES_ON),
        ),
        # The second rank of a new attempt stands beside the first.
        ([writer("a", finished_at=1), writer("b", attempt=1)], {}, Place(1, BESIDE)),
    ],
)
def test_a_writer_stands_where_the_evidence_says(
    known: list[Writer], said: dict[str, Any], expected: Place
) -> None:
    assert placed(known, **said) == expected


class TestHeardOfLate:
    """Writers that were kept offline are opened in any order, one after another."""

    def test_ranks_that_ran_together_stand_together(self) -> None:
        ranks = [(f"r{n}", 100 + n) for n in range(8)]
        for order in itertools.islice(itertools.permutations(ranks), 0, 40320, 997):
            assert set(self.attempts(order, until=500).values()) == {0}

    def test_one_after_another_in_their_order(self) -> None:
        first = replace(writer("a", began=100), finished_at=200)
        assert placed([first], began=300, deferred=True) == Place(1, GOES_ON)
        assert placed([first], began=150, deferred=True) == Place(0, BESIDE)

    def test_who_comes_late_stands_before_the_one_that_knows_it_dead(self) -> None:
        successor = writer("b", attempt=1, began=300, gone=("a",))
        assert placed([successor], name="a", began=100, deferred=True) == Place(0, BESIDE)

    def test_without_a_word_of_its_end_nobody_is_gone_on_from(self) -> None:
        killed = writer("a", began=100)
        assert placed([killed], began=300, deferred=True) == Place(0, BESIDE)
        assert placed([killed], began=300, deferred=True, gone=("a",)) == Place(1, GOES_ON)

    @pytest.mark.parametrize("seed", range(20))
    def test_attempts_of_ranks_are_told_apart_in_any_order(self, seed: int) -> None:
        before = [(f"a{n}", 100 + n) for n in range(4)]
        after = [(f"b{n}", 1000 + n) for n in range(4)]
        order = [*before, *after]
        random.Random(seed).shuffle(order)
        gone = {name: tuple(n for n, _ in before) for name, _ in after}
        found = self.attempts(order, until=500, gone=gone)
        assert {found[name] for name, _ in before} == {0}
        assert {found[name] for name, _ in after} == {1}

    def attempts(
        self, order: Any, *, until: int, gone: dict[str, tuple[str, ...]] | None = None
    ) -> dict[str, int]:
        known: list[Writer] = []
        for name, began in order:
            facts = WriterFacts(deferred=True, gone=(gone or {}).get(name, ()))
            where = place(name, facts, began, known, NOW)
            ended = began + until
            known.append(
                Writer(
                    name=name,
                    attempt=where.attempt,
                    began=began,
                    seen_at=NOW,
                    finished_at=ended,
                    facts=facts,
                )
            )
        return {each.name: each.attempt for each in known}


ENDED = {"finished_at": NOW - 5}


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ([], None),
        ([writer("a")], None),
        ([writer("a", exit_code=0, **ENDED)], 0),
        ([writer("a", exit_code=3, **ENDED), writer("b", exit_code=0, **ENDED)], 3),
        ([writer("a", exit_code=0, **ENDED), writer("b")], None),
        ([writer("a", exit_code=0, **ENDED), writer("b", seen=NOW - LONG)], 0),
        ([writer("a", seen=NOW - LONG)], None),  # nobody said anything: crashed
        ([writer("a", exit_code=1, **ENDED), writer("b", attempt=1)], None),
        ([writer("a"), writer("b", attempt=1, exit_code=0, **ENDED)], 0),
        # The primary's end is the run's, whoever lives.
        ([writer("a", part=Part.PRIMARY, exit_code=0, **ENDED), writer("b")], 0),
        ([writer("a", part=Part.PRIMARY), writer("b", exit_code=1, **ENDED)], None),
        (
            [writer("a", part=Part.PRIMARY, seen=NOW - LONG), writer("b", exit_code=0, **ENDED)],
            None,
        ),
        # A follower's end is not the run's, unless there is nobody else.
        ([writer("a", part=Part.FOLLOWER, exit_code=0, **ENDED), writer("b", seen=0)], None),
        ([writer("a", part=Part.FOLLOWER, exit_code=0, **ENDED)], 0),
    ],
)
def test_a_run_ends_with_its_primary_or_with_the_last_of_its_writers(
    known: list[Writer], code: int | None
) -> None:
    assert end_of(known, NOW) == code
