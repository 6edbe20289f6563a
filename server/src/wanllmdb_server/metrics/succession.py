"""Succession: the attempts of a run in their order, who belongs to which, and what each hides.

Pure. Most runs have one attempt, and then there is no `Succession` at all. The rules and their
reasons: docs/decisions/0014-resume-and-superseded.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from wanllmdb_server.domain.receipt import ANSWERED_PREFIX
from wanllmdb_server.domain.run import is_users_key

_LAST_STEP: Final = (1 << 63) - 1
_UNKNOWN: Final = 1 - (1 << 62)
_BEFORE_ALL: Final = -(1 << 62)  # when the attempt began that was copied from another run


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at a run.

    Attributes:
        number: the store's; 0 is the one that was there before any other was heard of.
        at: when it began, on its own clock.
        after: it was rewound to this step.
        until: the beginning of the last one of those attempts, later than this one, after
            whose beginning a writer of this one still logged: it ran beside them.
        copied: the run of which it is a copy.
    """

    number: int
    at: int
    after: int | None = None
    until: int | None = None
    copied: int | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """The attempts of a run by when they began, and the writers that are known to be in one."""

    attempts: tuple[Attempt, ...]
    writers: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def newest(self) -> int:
        """The number of the attempt that began last."""
        return self.attempts[-1].number

    def number_of(self, writer: str) -> int | None:
        """The attempt of a writer, None if it has none yet.

        Points that come as JSON are of no process: they belong to what is going on.
        """
        return self.newest if writer.startswith(ANSWERED_PREFIX) else self.writers.get(writer)

    def nearest(self, at: int) -> int:
        """The attempt that began nearest to a moment."""
        return min(self.attempts, key=lambda each: (abs(each.at - at), -each.at)).number

    def levels(self) -> dict[int, int]:
        """How many attempts that supersede each other came before each one, by number."""
        level = 0
        until: int | None = None
        found: dict[int, int] = {}
        for place, each in enumerate(self.attempts):
            beside = until is not None and each.at <= until and each.after is None
            if place and not beside:
                level, until = level + 1, None
            if each.until is not None:
                until = each.until if until is None else max(until, each.until)
            found[each.number] = level
        return found

    def bounds(self, key: str, first: Mapping[int, int]) -> dict[int, int | None]:
        """From which step on the points of each attempt are superseded; None is nowhere.

        Args:
            key: whose points.
            first: the lowest step of each attempt that has points of it.
        """
        found: dict[int, int | None] = {}
        users = is_users_key(key)
        level = self.levels()
        bound: int | None = None  # of what later levels hide
        coming: int | None = None  # the same, with the level at hand
        at = -1
        for each in reversed(self.attempts):
            if level[each.number] != at:
                bound, at = coming, level[each.number]
            found[each.number] = bound
            if users:
                coming = _lower(coming, first.get(each.number))
                if each.after is not None and each.after < _LAST_STEP:
                    coming = _lower(coming, each.after + 1)
        return found

    def placed(self, writer: str, number: int) -> Succession:
        """The same with a writer in an attempt."""
        return replace(self, writers={**self.writers, writer: number})

    def heard(self, number: int, time: int) -> Succession:
        """A writer of this attempt logged at a time: whatever began before that ran beside it."""
        mine = next(each for each in self.attempts if each.number == number)
        begun = [each.at for each in self.attempts if mine.at < each.at < time]
        if not begun or (mine.until is not None and mine.until >= begun[-1]):
            return self
        attempts = [
            replace(each, until=begun[-1]) if each is mine else each for each in self.attempts
        ]
        return replace(self, attempts=tuple(attempts))


def begun(
    known: Succession | None,
    writers: Iterable[str],
    *,
    writer: str,
    at: int,
    since: int,
    after: int | None,
) -> Succession:
    """The succession once `writer` went on with the run; the same if it had its place already.

    Args:
        known: what it was.
        writers: who logged into the run so far.
        writer: who goes on; this and what follows is as for `MetricStore.begin_attempt`.
        at: when it began.
        since: when the run began.
        after: the step that it was rewound to.
    """
    known = _told(known, since) if known else _first(since, writers)
    if writer in known.writers:
        return known
    attempt = Attempt(_next(known), at, after)
    return _with(known, attempt).placed(writer, attempt.number)


def joined(
    known: Succession | None, writers: Iterable[str], *, writer: str, at: int
) -> Succession | None:
    """The succession once `writer` came to run beside others; see `MetricStore.join_attempt`."""
    del writers
    if known is None or writer in known.writers:
        return known
    return known.placed(writer, known.nearest(at))


def with_copy(known: Succession | None, writers: Iterable[str], *, source: int) -> Succession:
    """The succession with an attempt before all others that is a copy of another run's points.

    It gets one such attempt, once.
    """
    known = known or _first(_UNKNOWN, writers)
    if any(each.copied is not None for each in known.attempts):
        return known
    return _with(known, Attempt(_next(known), _BEFORE_ALL, copied=source))


def _first(since: int, writers: Iterable[str]) -> Succession:
    return Succession((Attempt(0, since),), dict.fromkeys(writers, 0))


def _told(known: Succession, since: int) -> Succession:
    """The same; if it did not know when the first attempt began, it does."""
    attempts = [replace(each, at=since) if each.at == _UNKNOWN else each for each in known.attempts]
    return replace(known, attempts=tuple(attempts))


def _next(known: Succession) -> int:
    return max(each.number for each in known.attempts) + 1


def _with(known: Succession, attempt: Attempt) -> Succession:
    attempts = sorted((*known.attempts, attempt), key=lambda each: (each.at, each.number))
    return replace(known, attempts=tuple(attempts))


def _lower(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
