"""Limits: from which step on the series of a run are superseded, for all of them at once.

The same as `Succession.bounds` says of one series, without a line of Python for each of a
thousand: a page asks for the statistics of all keys of a run every second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.run import is_users_key
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.segment import Notes, attempt_of
from wanllmdb_server.metrics.succession import Succession

Mask = NDArray[np.bool_]
First = tuple[int, int, int, int]  # key, kind, attempt, lowest step there

_LAST_STEP: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds of each note about a run, and of what is in memory of it.

    Attributes:
        bounded: a later attempt supersedes points of the attempt that the note is of,
        limit: from this step on.
        mixed: of the note itself, some points are superseded and some are not.
        gone: all of them are.
        late: points of other attempts of its level are in the series, and come before it.
        cut: (key, kind, attempt) of what is in memory and bounded.
    """

    bounded: Mask
    limit: Ints
    mixed: Mask
    gone: Mask
    late: Mask
    cut: frozenset[tuple[int, int, int]]


def limits_of(
    notes: Notes, succession: Succession, names: Mapping[int, str], live: Iterable[First] = ()
) -> Limits:
    """The limits of a run.

    Args:
        notes: about the run, key after key and kind after kind.
        succession: of it.
        names: of the keys that the notes are about.
        live: of the series that the notes are about, what is in memory; others are passed over.
    """
    starts = pyramid.starts_of(notes["key"], notes["kind"])
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(notes))))
    keys, kinds = notes["key"][starts].tolist(), notes["kind"][starts].tolist()
    groups = {each: at for at, each in enumerate(zip(keys, kinds, strict=True))}
    place = {each.number: at for at, each in enumerate(succession.attempts)}
    places = np.array([place[number] for number in range(len(place))], np.int64)
    column = places[attempt_of(notes["gen"])]
    there = np.zeros((len(starts), len(places)), bool)
    there[group, column] = True
    first = np.full(there.shape, _LAST_STEP)
    np.minimum.at(first, (group, column), notes["first"])
    known = [(groups[key, kind], *rest) for key, kind, *rest in live if (key, kind) in groups]
    for at, number, step in known:
        there[at, place[number]] = True
        first[at, place[number]] = min(first[at, place[number]], step)
    users = np.array([is_users_key(names[key]) for key in keys], bool)
    bounded, limit = _bounds(succession, users, there, first)
    of_note = bounded[group, column], limit[group, column]
    gone = of_note[0] & (notes["first"] >= of_note[1])
    behind = of_note[0] & (notes["bin"][:, pyramid.STEP] >= of_note[1])
    return Limits(
        *of_note,
        mixed=behind & ~gone,
        gone=gone,
        late=_late(succession, users, group, column, [(at, place[n]) for at, n, _ in known]),
        cut=frozenset(
            (keys[at], kinds[at], number) for at, number, _ in known if bounded[at, place[number]]
        ),
    )


def _late(
    succession: Succession,
    users: Mask,
    group: Ints,
    column: Ints,
    live: Sequence[tuple[int, int]],
) -> Mask:
    """Which notes have others of their level before them that come later by generation.

    Args:
        succession: of the run.
        users: of each series, whether later levels hide anything of it; else all are one.
        group: the series of each note.
        column: the attempt of each note, by its place.
        live: the same of what is in memory.
    """
    levels = succession.levels()
    level = np.array([levels[each.number] for each in succession.attempts], np.int64)
    shape = (len(users), int(level[-1]) + 1)
    of_note = np.where(users[group], level[column], 0)
    newest = np.full(shape, -1)
    np.maximum.at(newest, (group, of_note), column)
    late = np.zeros(shape, bool)
    for at, place in live:
        here = level[place] if users[at] else 0
        late[at, here] |= place < newest[at, here]
    order = np.lexsort((of_note, group))  # stable: by generation within a level
    of, at_level, came = group[order], of_note[order], column[order]
    falls = (came[1:] < came[:-1]) & (of[1:] == of[:-1]) & (at_level[1:] == at_level[:-1])
    late[of[1:][falls], at_level[1:][falls]] = True
    return late[group, of_note]


def _bounds(succession: Succession, users: Mask, there: Mask, first: Ints) -> tuple[Mask, Ints]:
    """Whether, and from where on, each attempt (a column) is superseded in each series (a row)."""
    levels = succession.levels()
    bounded, limit = np.zeros(there.shape, bool), np.zeros(first.shape, np.int64)
    is_bound, bound = np.zeros(len(users), bool), np.full(len(users), _LAST_STEP)
    coming_is, coming = is_bound.copy(), bound.copy()  # with the level at hand
    at = -1
    for place in range(len(succession.attempts) - 1, -1, -1):
        each = succession.attempts[place]
        if levels[each.number] != at:
            is_bound, bound, at = coming_is.copy(), coming.copy(), levels[each.number]
        bounded[:, place], limit[:, place] = is_bound, bound
        coming_is |= there[:, place] & users
        coming = np.where(there[:, place] & users, np.minimum(coming, first[:, place]), coming)
        if each.after is not None and each.after < _LAST_STEP:
            coming_is |= users
            coming = np.where(users, np.minimum(coming, each.after + 1), coming)
    return bounded, limit
