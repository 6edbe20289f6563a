"""The binary frames of the live stream: new points, and last values; docs/reference/http-api.md
has the layout.

Pure: values in, bytes out, and back again for tests and scripts. They are framed as curves are.
A live frame is mostly of many series with a point or two each, so names stand in it once, and
everything else in a few columns over all series: a point costs some 40 bytes and no JSON. What
many viewers are told is laid out once; only the head says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.news import Change
from wanllmdb_server.domain.series import Tail
from wanllmdb_server.fronts.rest.frame import MAGIC

Columns = Mapping[str, NDArray[Any]]

_DTYPES: Final = {"f64": np.dtype("<f8"), "u32": np.dtype("<u4")}
_START: Final = len(MAGIC) + 8


class Laid(NamedTuple):
    """A frame without its first words: the rest of its header, and its columns."""

    header: bytes
    columns: bytes


class Piece(NamedTuple):
    """A series of a tail frame, as it is read back."""

    run: str
    key: str
    start: int
    step: NDArray[np.float64]
    time: NDArray[np.float64]
    value: NDArray[np.float64]


def tails_laid(pieces: Sequence[tuple[str, Tail]]) -> Laid:
    """New points of (run id, tail), in order of arrival, for whoever gets them."""
    runs: dict[str, int] = {}
    keys: dict[str, int] = {}
    tails = [tail for _, tail in pieces]
    series = _Table(len(pieces))
    series.add("run", "u32", [runs.setdefault(run, len(runs)) for run, _ in pieces])
    series.add("key", "u32", [keys.setdefault(t.series.key, len(keys)) for t in tails])
    series.add("start", "f64", [tail.start for tail in tails])
    series.add("count", "u32", [len(tail.step) for tail in tails])
    points = _Table(sum(len(tail.step) for tail in tails))
    points.add("step", "f64", np.concatenate([tail.step for tail in tails]))
    points.add("time", "f64", np.concatenate([tail.time for tail in tails]) / 1e6)
    points.add("value", "f64", np.concatenate([tail.value for tail in tails]))
    return _laid({"runs": list(runs), "keys": list(keys)}, {"series": series, "points": points})


def tail_frame(subscription: str, project: str, laid: Laid) -> bytes:
    """What `tails_laid` laid out, for one subscription."""
    return _frame({"type": "tail", "id": subscription, "project": project}, laid)


def last_frame(project: str, changes: Iterable[Change]) -> bytes:
    """Last values that are others than before, of those changes that have some.

    Runs with the same keys stand together, and their values run by run.
    """
    changed = sorted(
        ((tuple(sorted(each.lasts)), each) for each in changes if each.lasts),
        key=lambda one: one[0],
    )
    groups: list[dict[str, Any]] = []
    values: list[float] = []
    for keys, those in groupby(changed, key=lambda one: one[0]):
        found = [each for _, each in those]
        groups.append({"runs": [each.run.id for each in found], "keys": keys})
        values += [each.lasts[key] for each in found for key in keys]
    table = _Table(len(values))
    table.add("value", "f64", values)
    laid = _laid({"groups": groups}, {"values": table})
    return _frame({"type": "last", "project": project}, laid)


def tails(content: bytes) -> tuple[dict[str, Any], list[Piece]]:
    """A tail frame back from its bytes: its header and its series."""
    header, table = _read(content)
    series, points = table["series"], table["points"]
    ends = np.cumsum(series["count"]).tolist()
    runs, keys = header["runs"], header["keys"]
    found = zip(
        series["run"].tolist(), series["key"].tolist(), series["start"].tolist(), strict=True
    )
    return header, [
        Piece(runs[run], keys[key], int(start), *(points[name][begin:end] for name in _POINT))
        for (run, key, start), begin, end in zip(found, [0, *ends], ends, strict=False)
    ]


def lasts(content: bytes) -> tuple[dict[str, Any], list[tuple[str, str, float]]]:
    """A frame of last values back from its bytes: its header, and (run id, key, value)."""
    header, table = _read(content)
    return header, list(_named(header["groups"], iter(table["values"]["value"].tolist())))


_POINT: Final = ("step", "time", "value")


def _named(groups: Any, values: Iterator[float]) -> Iterator[tuple[str, str, float]]:
    for group in groups:
        for run in group["runs"]:
            yield from ((run, key, next(values)) for key in group["keys"])


class _Table:
    """Columns of equally many items, each at a multiple of 8 bytes."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.columns: list[tuple[str, str, bytes]] = []

    def add(self, name: str, kind: str, values: Sequence[float] | NDArray[Any]) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            content = np.asarray(values, _DTYPES[kind]).tobytes()
        self.columns.append((name, kind, content + bytes(-len(content) % 8)))


def _laid(header: Mapping[str, Any], tables: Mapping[str, _Table]) -> Laid:
    said: dict[str, Any] = dict(header)
    parts: list[bytes] = []
    size = 0
    for name, table in tables.items():
        columns: dict[str, tuple[str, int]] = {}
        for column, kind, content in table.columns:
            columns[column] = (kind, size)
            parts.append(content)
            size += len(content)
        said[name] = {"n": table.n, "columns": columns}
    return Laid(msgspec.json.encode({"bytes": size, **said}), b"".join(parts))


def _frame(first: Mapping[str, str], laid: Laid) -> bytes:
    text = msgspec.json.encode(first)[:-1] + b"," + laid.header[1:]
    text += b" " * (-len(text) % 8)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), bytes(4), text, laid.columns])


def _read(content: bytes) -> tuple[dict[str, Any], dict[str, Columns]]:
    if not content.startswith(MAGIC):
        raise ValueError("no frame begins here")
    base = _START + int.from_bytes(content[len(MAGIC) : len(MAGIC) + 4], "little")
    header = msgspec.json.decode(content[_START:base])
    return header, {
        name: {
            column: np.frombuffer(content, _DTYPES[kind], table["n"], base + offset)
            for column, (kind, offset) in table["columns"].items()
        }
        for name, table in header.items()
        if isinstance(table, dict)
    }
