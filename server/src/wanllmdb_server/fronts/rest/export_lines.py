"""Export lines: what is taken away as rows for JSON, with values as they were logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, Final

import msgspec

from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.series import Scan
from wanllmdb_server.fronts.rest.frame import spelled
from wanllmdb_server.metrics.extract import Rows, logged_value
from wanllmdb_server.services.export import Source

Part = Sequence[Scan] | Rows
_LINES: Final = 1 << 13  # at a time


class Line(msgspec.Struct, gc=False):
    """A point; made and written in less time than a dict."""

    run: str
    key: str
    step: int
    time: int
    value: Any


def long_lines(part: Part, runs: Mapping[int, Source]) -> Iterator[list[Line]]:
    """Rows of the points of a part, some at a time."""
    for scan in part if not isinstance(part, Rows) else ():
        head = repeat(runs[scan.series.run].id), repeat(scan.series.key)
        for points in _points(scan):
            yield list(map(Line, *head, *points))


def _points(scan: Scan) -> Iterator[tuple[Sequence[int], Sequence[int], Sequence[Any]]]:
    """The points of a series as JSON says them, some at a time, by step."""
    if scan.objects or scan.extra is not None:
        found = [
            (step, time, logged_value(scan, at))
            for at, (step, time) in enumerate(
                zip(scan.step.tolist(), scan.time.tolist(), strict=True)
            )
        ]
        found = sorted([*found, *scan.objects], key=itemgetter(0))
        for first in range(0, len(found), _LINES):
            step, time, values = zip(*found[first : first + _LINES], strict=True)
            yield step, time, [plain(value) for value in values]
        return
    for first in range(0, len(scan.step), _LINES):
        some = slice(first, first + _LINES)
        yield scan.step[some].tolist(), scan.time[some].tolist(), spelled(scan.value[some])


def wide_lines(part: Part, runs: Mapping[int, Source]) -> Iterator[list[dict[str, Any]]]:
    """The rows of a part, some at a time."""
    if not isinstance(part, Rows):
        return
    run = runs[part.run]
    rows: list[dict[str, Any]] = [
        {"_run": run.id, "_step": step, "_timestamp": time / 1e6,
         "_runtime": (time - run.started_at) / 1e6}
        for step, time in zip(part.step.tolist(), part.time.tolist(), strict=True)
    ]  # fmt: skip
    for key, (places, values) in part.columns.items():
        said = list(map(plain, values)) if isinstance(values, list) else spelled(values)
        for place, value in zip(places.tolist(), said, strict=True):
            rows[place][key] = value
    for first in range(0, len(rows), _LINES):
        yield rows[first : first + _LINES]
