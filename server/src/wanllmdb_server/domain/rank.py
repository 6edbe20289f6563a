"""Rank: the place of a run among others, by values that some of them lack.

Numbers come before texts, and both before nothing, in either direction: runs without the value
are never first. Equal ones are ordered by their numbers, in the direction of the first value.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple


class Value(NamedTuple):
    """What a run is ordered by: a number, a text, or nothing."""

    number: float | None = None
    text: str | None = None

    @property
    def group(self) -> int:
        """Numbers, texts, nothing."""
        return 0 if self.number is not None else 1 if self.text is not None else 2


class Rank(NamedTuple):
    """A run, and its value under each key of the order."""

    run: int
    values: tuple[Value, ...]

    def flat(self) -> list[str | float]:
        """As a cursor holds it."""
        found: list[str | float] = [self.run]
        for value in self.values:
            found += [value.group, value.number or 0.0, value.text or ""]
        return found


# The kinds of what `flat` gives for one key, behind the run.
KINDS = (int, float, str)


def read_rank(flat: Sequence[str | float]) -> Rank:
    """A rank from what `flat` gave."""
    values: list[Value] = []
    for at in range(1, len(flat), 3):
        group, number, text = flat[at : at + 3]
        values.append(Value(float(number)) if group == 0 else _text(group, text))
    return Rank(int(flat[0]), tuple(values))


def _text(group: str | float, text: str | float) -> Value:
    return Value(text=str(text)) if group == 1 else Value()


def ordered(ranks: Sequence[Rank], descending: Sequence[bool]) -> list[Rank]:
    """The ranks in order."""
    key = functools.cmp_to_key(functools.partial(_compare, tuple(descending)))
    return sorted(ranks, key=key)


def follows(rank: Rank, last: Rank, descending: Sequence[bool]) -> bool:
    """Whether a rank comes behind another one."""
    return _compare(tuple(descending), rank, last) > 0


def _compare(descending: tuple[bool, ...], one: Rank, other: Rank) -> int:
    for down, a, b in zip(descending, one.values, other.values, strict=True):
        if a.group != b.group:
            return -1 if a.group < b.group else 1
        left, right = (a.number, a.text), (b.number, b.text)
        if left != right:
            less = _less(a, b)
            return -1 if less != down else 1
    if one.run == other.run:
        return 0
    return -1 if (one.run < other.run) != descending[0] else 1


def _less(a: Value, b: Value) -> bool:
    if a.number is not None and b.number is not None:
        return a.number < b.number
    return (a.text or "") < (b.text or "")
