"""Damage: what was stored and can no longer be read, told beside every answer that lacks it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """Something of a run that is not there any more.

    Attributes:
        run: the catalog's number of it.
        key: of the series that lacks it; None if it may be any series of the run.
        first, last: the lowest and the highest step of it, None where that is not known.
        points: how many there were, None where that is not known.
        what: in words, what it was.
        why: in words, how it was found out.
        found: when, in microseconds since the epoch.
    """

    run: int
    key: str | None
    first: int | None
    last: int | None
    points: int | None
    what: str
    why: str
    found: int

    @property
    def words(self) -> str:
        """What it is, for people."""
        of = f" of {self.key}" if self.key else ""
        return f"The {self.what}{of} ({self.why})"
