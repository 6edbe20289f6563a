"""What a case of bad input stands on: a run of a user, and the account that it must balance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept_in

import wanllmdb as wandb
from wanllmdb.run import Run
from wanllmdb.wire import MAX_RECORD_BYTES, Kind, encode

QUIET = {"console": "off", "monitor_system": False, "save_facts": False}


@dataclass
class User:
    """A script of a user, offline, and what it left on the disk.

    Attributes:
        home: of the user; empty.
        patch: for the surroundings of the script.
        speech: what was written to the terminal.
    """

    home: Path
    patch: pytest.MonkeyPatch
    speech: pytest.CaptureFixture[str]
    runs: list[Run] = field(default_factory=list[Run])

    def begin(self, settings: Mapping[str, Any] | None = None, **arguments: Any) -> Run:
        """Begin a run."""
        told = {"project": "p", "mode": "offline", **arguments}
        run = wandb.init(**told, settings={**QUIET, **(settings or {})})
        self.runs.append(run)
        return run

    @property
    def run(self) -> Run:
        """The run of the script; it begins when it is first asked for."""
        return self.runs[-1] if self.runs else self.begin()

    def kept(self, kind: Kind) -> list[Any]:
        """What the run kept of a kind."""
        return kept_in(Path(self.run.dir).parent, kind)

    @property
    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """Step and values of each row."""
        return [(step, values) for step, _, values in self.kept(Kind.ROW)]

    @property
    def last(self) -> dict[str, Any]:
        """The values of the last row."""
        return self.rows[-1][1]

    @property
    def losses(self) -> list[tuple[str, int]]:
        """Reason and count of each loss that was told."""
        return [(each["reason"], each["count"]) for each in self.kept(Kind.LOSS)]

    def lost(self, reason: str) -> int:
        """How much was lost for a reason, once the run has ended."""
        self.finish()
        return sum(count for found, count in self.losses if found == reason)

    def said(self) -> str:
        """What the SDK has said since this was last asked."""
        return self.speech.readouterr().err

    def finish(self) -> None:
        """End every run; each must balance."""
        for run in self.runs:
            run.finish()
            balance(run)


def balance(run: Run) -> None:
    """What was logged is what was kept and what was counted as lost, in every account."""
    directory = Path(run.dir).parent
    rows, losses = (kept_in(directory, kind) for kind in (Kind.ROW, Kind.LOSS))
    [finish] = kept_in(directory, Kind.FINISH)
    [tally] = kept_in(directory, Kind.TALLY)
    lines = len(kept_in(directory, Kind.CONSOLE))
    told = sum(each["count"] for each in losses if each["reason"] != "console")
    assert finish["lost"] == run.lost == told
    assert finish["logged"] == run.logged <= len(rows)
    assert (tally["rows"], sum(tally["lost"].values())) == (len(rows) + lines, 0)
    assert all(len(encode(row)) <= MAX_RECORD_BYTES for row in rows)


@dataclass(frozen=True)
class Case:
    """One kind of bad input, and what must come of it.

    Attributes:
        id: the row of the matrix, and what is special.
        check: does it, and looks.
    """

    id: str
    check: Callable[[User], None]


Check = Callable[[User], None]


@dataclass
class Table:
    """Cases, in the order of the matrix."""

    cases: list[Case] = field(default_factory=list[Case])

    def case(self, id: str) -> Callable[[Check], Check]:  # noqa: A002 - as pytest calls it
        """Add a case."""

        def add(check: Check) -> Check:
            self.cases.append(Case(id, check))
            return check

        return add

    def value(self, id: str, given: Any, kept: Any, *, among: Any = None, lost: str = "") -> None:  # noqa: A002
        """Add a value: how it is kept, and how among rows in which its key was a number."""
        expected = kept if among is None else among

        def check(user: User) -> None:
            user.run.log({"x": given, "y": 1.0})
            assert same(user.last, {**_under(kept), "y": 1.0})
            for _ in range(3):
                user.run.log({"x": 0.5, "y": 1.0})
            user.run.log({"x": given, "y": 1.0})
            assert same(user.last, {**_under(expected), "y": 1.0})
            assert user.lost(lost) == (2 if lost else 0)
            # What it is that raises is told apart: to become a number, or to be read.
            assert user.said().count("warning:") in ({1, 2} if lost else {0})

        self.cases.append(Case(id, check))


def parameters(tables: Iterable[Table]) -> list[Any]:
    """All cases as one table, by the rows of the matrix, for `pytest.mark.parametrize`."""
    cases = [each for table in tables for each in table.cases]
    return [pytest.param(each, id=each.id) for each in sorted(cases, key=_row)]


NOTHING = object()  # the value is not in its row


def same(found: Any, expected: Any) -> bool:
    """Equal, of equal types, and a NaN is a NaN."""
    return repr(found) == repr(expected)


def _under(kept: Any) -> dict[str, Any]:
    return {} if kept is NOTHING else {"x": kept}


def _row(case: Case) -> str:
    return case.id.partition("-")[0]
