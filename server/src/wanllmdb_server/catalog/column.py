"""Column: one field of all runs of a project as arrays, so that a hundred thousand are one step.

A column never changes: what is new makes another one. `Texts` alone grows, and only at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_TEXT: Final = -1


class Texts:
    """The texts of a column, each once, by their places."""

    __slots__ = ("_places", "_ranks", "of")

    def __init__(self) -> None:
        self.of: list[str] = []
        self._places: dict[str, int] = {}
        self._ranks: Ints | None = None

    def place(self, text: str) -> int:
        """The place of a text, which is made if there is none."""
        found = self._places.get(text)
        if found is None:
            found = self._places[text] = len(self.of)
            self.of.append(text)
        return found

    def known(self, text: str) -> int:
        """The place of a text; one that no run has, if it is not there."""
        return self._places.get(text, NO_TEXT - 1)

    def ranks(self) -> Ints:
        """By place, which text comes how far behind in the order of texts."""
        if self._ranks is None or len(self._ranks) < len(self.of):
            texts = list(self.of)
            order = np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int64)
            ranks = np.empty(len(texts), np.int64)
            ranks[order] = np.arange(len(texts))
            self._ranks = ranks
        return self._ranks

    def that(self, wanted: Callable[[str], bool]) -> Flags:
        """By place, of which texts something is true."""
        return np.fromiter(map(wanted, self.of), np.bool_)


@dataclass(frozen=True, slots=True)
class Column:
    """What each run has of a field: a number, a text, neither (though it is there), or nothing.

    Attributes:
        there: whether the run has the field.
        number: NaN where there is none.
        text: places of texts; `NO_TEXT` where there is none.
        texts: what they are the places of.
    """

    there: Flags
    number: Reals
    text: Ints
    texts: Texts

    def __len__(self) -> int:
        return len(self.there)

    def value(self, row: int) -> float | str | None:
        """What a run has."""
        place = int(self.text[row])
        if place >= 0:
            return self.texts.of[place]
        number = float(self.number[row])
        return None if number != number else number

    def values(self, rows: Ints) -> list[float | str | None]:
        """What these runs have."""
        found: list[float | str | None] = [
            None if number != number else number for number in self.number[rows].tolist()
        ]
        places = self.text[rows]
        for at in np.flatnonzero(places >= 0).tolist():
            found[at] = self.texts.of[places[at]]
        return found


@dataclass(frozen=True, slots=True)
class Cells:
    """What some rows have, which have anything: numbers and texts, or only one of the two."""

    rows: Ints
    numbers: Sequence[float | None]
    texts: Sequence[str | None]


def empty(length: int) -> Column:
    """A column that no run has anything of."""
    return Column(
        np.zeros(length, np.bool_),
        np.full(length, np.nan),
        np.full(length, NO_TEXT, np.int64),
        Texts(),
    )


def filled(column: Column, rows: Ints, cells: Cells) -> Column:
    """The column with these cells, where the rows had others or none."""
    there, number, text = column.there.copy(), column.number.copy(), column.text.copy()
    there[rows], number[rows], text[rows] = False, np.nan, NO_TEXT
    if len(cells.rows):
        there[cells.rows] = True
        if cells.numbers:
            number[cells.rows] = np.array(cells.numbers, np.float64)  # None is NaN
        if cells.texts:
            place = column.texts.place
            text[cells.rows] = [NO_TEXT if said is None else place(said) for said in cells.texts]
    return Column(there, number, text, column.texts)


def overlaid(column: Column, lower: Column) -> Column:
    """The column, and where it has nothing, what another one has."""
    free = ~column.there & lower.there
    if not free.any():
        return column
    said = lower.text[free]
    place = {at: column.texts.place(lower.texts.of[at]) for at in set(said.tolist()) if at >= 0}
    text = column.text.copy()
    text[free] = [place.get(at, NO_TEXT) for at in said.tolist()]
    number = np.where(free, lower.number, column.number)
    return Column(column.there | lower.there, number, text, column.texts)


def moved(column: Column, rows: Ints) -> Column:
    """The column of other rows: of each the row that it was; -1 where it was none."""
    made = empty(len(rows))
    kept = rows >= 0
    of = rows[kept]
    made.there[kept], made.number[kept], made.text[kept] = (
        column.there[of],
        column.number[of],
        column.text[of],
    )
    return Column(made.there, made.number, made.text, column.texts)


@dataclass(frozen=True, slots=True)
class Lists:
    """A field of which a run has several texts: its tags. Pairs of a row and a place."""

    rows: Ints
    text: Ints
    texts: Texts

    def of(self, rows: Sequence[int]) -> list[list[str]]:
        """The texts of these runs, each as they stand there."""
        order = np.argsort(self.rows, kind="stable")
        sorted_rows = self.rows[order]
        begin = np.searchsorted(sorted_rows, rows, "left")
        end = np.searchsorted(sorted_rows, rows, "right")
        places = self.text[order].tolist()
        return [
            [self.texts.of[at] for at in places[first:last]]
            for first, last in zip(begin.tolist(), end.tolist(), strict=True)
        ]


def refilled(lists: Lists, rows: Ints, pairs: Iterable[tuple[int, str]]) -> Lists:
    """The lists, where these rows have these texts and no others."""
    kept = ~np.isin(lists.rows, rows)
    found = list(pairs)
    row = np.fromiter((each[0] for each in found), np.int64, len(found))
    text = np.fromiter((lists.texts.place(each[1]) for each in found), np.int64, len(found))
    return Lists(
        np.concatenate((lists.rows[kept], row)),
        np.concatenate((lists.text[kept], text)),
        lists.texts,
    )


def relisted(lists: Lists, rows: Ints, length: int) -> Lists:
    """The lists of other rows, as `moved` does; `length` is how many rows there were."""
    places = np.full(length, -1, np.int64)
    kept = rows >= 0
    places[rows[kept]] = np.flatnonzero(kept)
    row = places[lists.rows]
    here = row >= 0
    return Lists(row[here], lists.text[here], lists.texts)
