"""Writer: one process that logs into a run; whom it goes on from, and when all have ended.

The writers of a run stand in *attempts*. Who begins after all others were over goes on with
the run: a new attempt, which supersedes what it logs anew. Who begins while others live stands
beside them in their attempt: ranks, spawned processes, `mode="shared"`. To hide a point needs
evidence; without it a writer stands beside. Decision 0015 has the reasons.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from wanllmdb_server.domain.run import CRASHED_AFTER_S

_STALE_US: Final = int(CRASHED_AFTER_S * 1_000_000)


class Part(enum.StrEnum):
    """What the end of a writer means for its run."""

    PRIMARY = "primary"  # the run ends with it
    PEER = "peer"  # the run ends with the last of them
    FOLLOWER = "follower"  # nothing


@dataclass(frozen=True, slots=True)
class Moment:
    """A run at a step: what is forked from, or gone back to. `run` may be `owner/project/id`."""

    run: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterFacts:
    """What a writer says of itself when it opens a run.

    Attributes:
        opener: who opened the run for it: the writer of the process it was forked from.
        label: its rank, or what the user calls it.
        job, restarts: of a scheduler, and how often it began the job anew: what ran before
            is over.
        gone: writers of the run that were over when it began, as their machine knew.
        shared: it logs beside others and never goes on from them.
        part: what its end means for the run.
        deferred: it has begun without the server's answer, and cannot be stopped any more.
    """

    opener: str | None = None
    label: str | None = None
    job: str | None = None
    restarts: int = 0
    gone: tuple[str, ...] = ()
    shared: bool = False
    part: Part = Part.PEER
    deferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A writer as the catalog knows it. Times are microseconds.

    Attributes:
        attempt: where it stands, from 0; a higher one went on from the lower ones.
        began, finished_at: by its own clock.
        seen_at: when the server heard of it last.
        first_step: where it went on, None for where runs begin.
        resumed: the run was there before it.
        rewound_to: the step after which its attempt cut the run, if it did.
    """

    name: str
    attempt: int
    began: int
    seen_at: int
    first_step: int | None = None
    resumed: bool = False
    rewound_to: int | None = None
    finished_at: int | None = None
    exit_code: int | None = None
    facts: WriterFacts = field(default_factory=WriterFacts)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new writer stands, and whether it goes on from those before it."""

    attempt: int
    goes_on: bool


def place(name: str, facts: WriterFacts, began: int, known: Sequence[Writer], now: int) -> Place:
    """Where a writer that was not known stands among those that are."""
    if not known:
        # What went before may be unknown yet: kept on its machine, and on its way.
        return Place(1, goes_on=True) if facts.gone else Place(0, goes_on=False)
    newest = max(each.attempt for each in known)
    if facts.shared:
        return Place(newest, goes_on=False)
    living = {each.attempt for each in known if not is_over(each, facts, began, now)}
    gone = {each.attempt for each in known if _is_told_gone(each, facts)} - living
    low = max(gone, default=-1) + 1
    high = min((w.attempt - 1 for w in known if _comes_before(name, facts, w)), default=None)
    found = _by_lifetimes(facts, began, known, now)
    if high is not None:
        found = max(min(found, high), 0)
    found = max(found, low)
    return Place(min(found, newest + 1), goes_on=found > newest)


def is_over(each: Writer, facts: WriterFacts, began: int, now: int) -> bool:
    """Whether a writer was over when another, which says this of itself, began."""
    if _is_told_gone(each, facts):
        return True
    if facts.deferred:  # heard of late: only the writers' own clocks tell the order
        end = each.seen_at + _STALE_US if each.finished_at is None else each.finished_at
        return end < began
    return each.finished_at is not None or _is_silent(each, now)


def is_living(each: Writer, now: int) -> bool:
    """Whether a writer may still log: it has not said its end, and was heard of lately."""
    return each.finished_at is None and not _is_silent(each, now)


def end_of(known: Sequence[Writer], now: int) -> int | None:
    """The exit code with which a run has ended; None while it goes on, or nobody said its end.

    The primary's end is the run's. Without one, the run ends when nobody lives any more and
    somebody said so: with the first code that is not 0, if there is one.
    """
    if not known:
        return None
    newest = max(each.attempt for each in known)
    here = [each for each in known if each.attempt == newest]
    ended = sorted((w.finished_at, w.exit_code or 0) for w in here if w.finished_at is not None)
    primaries = [each for each in here if each.facts.part is Part.PRIMARY]
    codes = [w.exit_code or 0 for w in primaries if w.finished_at is not None]
    if codes:
        return codes[-1]
    if primaries or not ended or any(is_living(each, now) for each in here):
        return None
    deciding = [w for w in here if w.facts.part is Part.PEER and w.finished_at is not None]
    if not deciding and len(ended) < len(here):
        return None  # a follower's end is not the run's
    return next((code for _, code in ended if code), 0)


def _by_lifetimes(facts: WriterFacts, began: int, known: Sequence[Writer], now: int) -> int:
    """The attempt that the lifetimes of the others speak for; above the newest: it goes on."""
    newest = max(each.attempt for each in known)
    if facts.deferred:
        begun = {w.attempt: w.began for w in sorted(known, key=lambda w: w.began, reverse=True)}
        attempt = max((a for a, first in begun.items() if first <= began), default=min(begun))
        if attempt < newest:
            return attempt
    here = [each for each in known if each.attempt == newest]
    if all(is_over(each, facts, began, now) for each in here):
        return newest if _is_new_rank(facts, here, now) else newest + 1
    return newest


def _is_new_rank(facts: WriterFacts, here: Sequence[Writer], now: int) -> bool:
    """Whether it is a rank that its attempt has not seen, though others have ended just now.

    A rank may have done its work before the next has begun. The same rank again goes on.
    """
    labels = {each.facts.label for each in here}
    if facts.label is None or None in labels or facts.label in labels:
        return False
    return any(not _is_told_gone(w, facts) and not _is_silent(w, now) for w in here)


def _is_told_gone(each: Writer, facts: WriterFacts) -> bool:
    same_job = facts.job is not None and each.facts.job == facts.job
    return each.name in facts.gone or (same_job and each.facts.restarts < facts.restarts)


def _comes_before(name: str, facts: WriterFacts, each: Writer) -> bool:
    """Whether what is known of another says that this writer was over when that one began."""
    same_job = facts.job is not None and each.facts.job == facts.job
    return name in each.facts.gone or (same_job and facts.restarts < each.facts.restarts)


def _is_silent(each: Writer, now: int) -> bool:
    return each.seen_at < now - _STALE_US
