"""Digest: what was found of each run when it was looked at last, so that only changes are told.

Pure. A look at a run gives what is another since the look before. Who heard of all looks at a
run is told that; who missed one, or never heard of the run, is told all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Final

from wanllmdb_server.domain.news import Change, Changes, Runs
from wanllmdb_server.domain.run import Run, is_users_key, merged_summary
from wanllmdb_server.domain.series import KeyStats

Place = tuple[tuple[int, int], ...]  # runs, and which look at each was told last

MAX_RUNS: Final = 100  # in one look; the others wait for the next
MAX_NUMBERS: Final = 1500  # last values in one look, and so about 12 kB of them

_FIELDS: Final = tuple(
    each.name for each in fields(Run) if each.name not in {"config", "summary", "environment"}
)


@dataclass(slots=True)
class Look:
    """What a look at a run found, and what was another before."""

    count: int
    run: Run
    summary: dict[str, Any]
    lasts: dict[str, float]
    change: Change


class Digest:
    """The last look at each run of a project."""

    def __init__(self) -> None:
        self._looks: dict[int, Look] = {}

    def size(self, number: int) -> int:
        """How many numbers the run's last look found; 1 at least."""
        look = self._looks.get(number)
        return max(1, len(look.lasts)) if look else 1

    def look(self, run: Run, stats: Sequence[KeyStats]) -> Look:
        """Take what is there of a run now."""
        before = self._looks.get(run.number)
        look = _look(run, stats, before)
        self._looks[run.number] = look
        return look

    def forget(self, number: int) -> None:
        """A run is gone."""
        self._looks.pop(number, None)

    def choice(self, due: Iterable[int]) -> list[int]:
        """The first of the runs that are due, as many as one look takes."""
        chosen: list[int] = []
        numbers = 0
        for number in islice(due, MAX_RUNS):
            numbers += self.size(number)
            if chosen and numbers > MAX_NUMBERS:
                break
            chosen.append(number)
        return chosen


class Hearing:
    """What one viewer has heard of the runs of a project, and of which runs they are to hear."""

    def __init__(self) -> None:
        self.due: dict[int, None] = {}  # in the order in which they became so
        self._heard: dict[int, int] = {}

    def place(self, chosen: Iterable[int]) -> Place:
        """Which of these runs are due and how much was heard of them: equal places, equal news."""
        return tuple((each, self._heard.get(each, 0)) for each in chosen if each in self.due)

    def take(self, looks: Mapping[int, Look], chosen: Iterable[int]) -> None:
        """They are told of these looks now; a run that is there no longer is no news."""
        for number in chosen:
            if self.due.pop(number, 0) is None and number in looks:
                self._heard[number] = looks[number].count


def news_of(looks: Mapping[int, Look], place: Place) -> list[Runs | Changes]:
    """What whoever stands at this place is told of the looks, which are of one project."""
    project = next((f"{look.run.owner}/{look.run.project}" for look in looks.values()), "")
    whole: list[tuple[Run, Mapping[str, Any]]] = []
    changes: list[Change] = []
    for number, heard in place:
        look = looks.get(number)
        if look is None:
            continue
        if heard != look.count - 1 or heard == 0:
            whole.append((look.run, {**look.lasts, **look.summary}))
        elif not look.change.nothing:
            changes.append(look.change)
    news: list[Runs | Changes] = []
    if whole:
        news.append(Runs(project, whole))
    if changes:
        news.append(Changes(project, changes))
    return news


def _look(run: Run, stats: Sequence[KeyStats], before: Look | None) -> Look:
    logged = {
        each.key: float(each.last)
        for each in stats
        if each.kind == "number" and each.key not in run.summary and is_users_key(each.key)
    }
    merged = merged_summary(run.summary, (each for each in stats if each.key not in logged))
    if before is None:
        change = Change(run, frozenset(_FIELDS), merged, (), logged)
        return Look(1, run, merged, logged, change)
    change = Change(
        run,
        frozenset(name for name in _FIELDS if getattr(run, name) != getattr(before.run, name)),
        {key: value for key, value in merged.items() if _other(before.summary, key, value)},
        [
            key
            for key in (*before.summary, *before.lasts)
            if key not in merged and key not in logged
        ],
        {key: value for key, value in logged.items() if _other(before.lasts, key, value)},
    )
    return Look(before.count + 1, run, merged, logged, change)


def _other(before: Mapping[str, Any], key: str, value: Any) -> bool:
    """Whether a value is another; one that is not equal to itself (NaN) is the same again."""
    if key not in before:
        return True
    known = before[key]
    return known != value and (known == known or value == value)
