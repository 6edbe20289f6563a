"""Seams: what a run is joined with: its journal, what goes along with it, where it empties to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from wanllmdb.appearance import RunStatus
from wanllmdb.moulds import Mould, Moulds


class Journal(Protocol):
    """Keeps records. `append` never raises and never waits for anybody."""

    moulds: Moulds

    def append(self, kind: int, payload: bytes) -> bool:
        """Keep a record; False if it is not safe yet."""
        ...

    def append_values(self, mould: Mould, step: int, time_us: int, values: Iterable[Any]) -> bool:
        """Keep a row of numbers; raises `Misfit` if they do not fit the mould, and nothing else."""
        ...

    def mould(self, row: Mapping[str, Any]) -> Mould | None:
        """A new mould for rows like this one, if they deserve one."""
        ...


class Companion(Protocol):
    """What goes along with a run and ends with it: the monitor, the capture of the terminal."""

    def close(self) -> None:
        """Write what is left, and end; soon."""
        ...

    def abandon(self) -> None:
        """In the child of a fork: keep nothing any more."""
        ...


class Outlet(Protocol):
    """Where the journal empties to."""

    def status(self) -> RunStatus:
        """How much was kept until now, and how much of that was sent."""
        ...

    def hurry(self, seconds: float) -> None:
        """Send at once what was kept until now; wait at most so long for that, without a lock."""
        ...

    def finish(self, *, at_once: bool) -> str:
        """Send what can be sent in the time there is; the last line for the user.

        `at_once` waits for nothing. A second time says how things stand then.
        """
        ...
