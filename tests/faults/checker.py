"""Checker: compares what clients say they logged with what the server has, and with the spool.

There is one, and every fault is judged by it: stored = distinct = sent, nothing lost, nothing
doubled, the same values. A writer that was killed may have one row more in each slot of its
ledger: returned from the write, and killed before the ledger said so. Nothing may be left in
the spool, unless the test says that it should be.
"""

from __future__ import annotations

import contextlib
import os
import urllib.error
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.faults.ledger import Entry, checksum_of, entries, value_of
from tests.sdk.stub_server import StubServer

from wanllmdb import wire

# The series of a slot: the number of each row, and what `value_of` makes of it.
NUMBER = "number/{}"
VALUE = "value/{}"


class Answers(Protocol):
    """A server that can be asked for exact points: `ServerProcess`, or `OfStub`."""

    def points(self, project: str, run: str, key: str) -> list[tuple[int, Any]]:
        """Every (step, value) of a series."""
        ...


class Client(Protocol):
    """Who logged: a `Training`, or a `Logged`."""

    @property
    def project(self) -> str: ...

    @property
    def run(self) -> str: ...

    @property
    def ledger(self) -> Path: ...

    @property
    def killed(self) -> bool: ...


@dataclass(frozen=True)
class Logged:
    """A client that is no `Training`: where its rows are, and what it says of them."""

    run: str
    ledger: Path
    project: str = "faults"
    killed: bool = False


@dataclass(frozen=True)
class OfStub:
    """What the stub server has, asked as the real one is."""

    stub: StubServer

    def points(self, project: str, run: str, key: str) -> list[tuple[int, Any]]:
        del project
        rows = (record[0::2] for record in self.stub.records(run, wire.Kind.ROW))
        return sorted((step, values[key]) for step, values in rows if key in values)


@dataclass(frozen=True)
class Verdict:
    """What the checker found, when it found nothing wrong.

    Attributes:
        returned: calls of `log()` that returned, of all clients.
        stored: rows that the server has.
        extra: rows that it has beyond what the ledgers say, of writers that were killed.
    """

    returned: int
    stored: int
    extra: int

    def __str__(self) -> str:
        return f"{self.returned:,} returned = {self.stored:,} stored - {self.extra} unsaid"


def check(server: Answers, clients: Iterable[Client], *, spool: Path | None = None) -> Verdict:
    """Compare; raises AssertionError that says everything that is wrong.

    Args:
        server: what has the rows.
        clients: who logged them. Several may have logged to one run, with other slots.
        spool: where nothing may be left; None if something may be.
    """
    found, problems = [], []
    for client in clients:
        for entry in entries(client.ledger):
            slot = _Stored.of(server, client, entry.slot)
            found.append((entry.count, len(slot.numbers), slot.beyond(entry)))
            problems += [
                f"{client.project}/{client.run} slot {entry.slot}: {each}"
                for each in slot.problems(entry, killed=client.killed)
            ]
    if spool is not None:
        problems += [f"left in the spool: {each}" for each in left(spool)]
    if not found:
        problems.append("no ledger says anything: nobody ever logged")
    assert not problems, _told(problems)
    returned, stored, extra = (sum(column) for column in zip(*found, strict=True))
    return Verdict(returned, stored, extra)


def left(spool: Path) -> list[str]:
    """Files below a spool that hold records, with their sizes.

    Trainings may delete files and folders at this very moment: what is gone is not left.
    """
    found: list[str] = []
    for folder, _, names in os.walk(spool):  # passes over folders that are gone
        for path in (Path(folder, name) for name in names if name.endswith(".seg")):
            with contextlib.suppress(FileNotFoundError):
                found.append(f"{path.relative_to(spool)} ({path.stat().st_size:,} bytes)")
    return sorted(found)


@dataclass(frozen=True)
class _Stored:
    """The rows of one slot, as the server has them."""

    numbers: Sequence[int]
    values: Sequence[float]

    @classmethod
    def of(cls, server: Answers, client: Client, slot: int) -> _Stored:
        def series(name: str) -> list[Any]:
            try:
                points = server.points(client.project, client.run, name.format(slot))
            except urllib.error.HTTPError as error:
                if error.code != 404:  # a run that the server does not know has no rows
                    raise
                return []
            return [value for _, value in points]

        return cls([int(each) for each in series(NUMBER)], series(VALUE))

    def beyond(self, entry: Entry) -> int:
        return max(0, len(self.numbers) - entry.count)

    def problems(self, entry: Entry, *, killed: bool) -> list[str]:
        """What is wrong, a sentence each."""
        found = []
        times = Counter(self.numbers)
        lost = [number for number in range(entry.count) if number not in times]
        doubled = [number for number, count in times.items() if count > 1]
        last = entry.count + (1 if killed else 0)
        unsaid = [number for number in times if not 0 <= number < last]
        if lost:
            found.append(f"lost {len(lost):,} of {entry.count:,} returned rows: {_some(lost)}")
        if doubled:
            found.append(f"doubled {len(doubled):,} rows: {_some(doubled)}")
        if unsaid:
            found.append(f"{len(unsaid):,} rows that were never logged: {_some(unsaid)}")
        if not found:
            found += self._other_values(entry)
        return found

    def _other_values(self, entry: Entry) -> list[str]:
        """Rows that are there and say something else than what was logged."""
        if len(self.values) != len(self.numbers):
            return [f"{len(self.numbers):,} rows have {len(self.values):,} values"]
        rows = sorted(zip(self.numbers, self.values, strict=True))
        wrong = [number for number, value in rows if value != value_of(entry.slot, number)]
        if wrong:
            return [f"{len(wrong):,} rows have another value than was logged: {_some(wrong)}"]
        checksum = checksum_of(float(value) for _, value in rows[: entry.count])
        if checksum != entry.checksum:
            return ["the checksum of what is stored is not that of the ledger"]
        return []


def _some(numbers: Sequence[int]) -> str:
    """The first and the last of them, as ranges."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    told = [f"{first}" if first == last else f"{first}-{last}" for first, last in ranges]
    return ", ".join(told if len(told) <= 8 else [*told[:5], "...", *told[-2:]])


def _told(problems: Sequence[str]) -> str:
    shown = list(problems[:20])
    if len(problems) > len(shown):
        shown.append(f"... and {len(problems) - len(shown)} more")
    return "The ledger, the spool and the server do not agree:\n  " + "\n  ".join(shown)
