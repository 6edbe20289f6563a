"""The binary frame in which curves travel; docs/reference/http-api.md has the layout.

Pure: values in, bytes out, and back again for tests and scripts. All series of a frame are
laid out at once, column by column, so that a thousand of them cost a few array operations and
no work for each value. A column of values goes as float32 where that moves no point by more
than 2^-16 of the series' own range, a quarter of a pixel on a screen of 16 000, else as float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.panel import DrawnCurve, DrawnGroup, GroupPanel, Panel
from wanllmdb_server.domain.series import Curve

CONTENT_TYPE: Final = "application/vnd.wanllmdb.series+binary"
MAGIC: Final = b"WLCF\x01\x00\x00\x00"
PRECISION: Final = 2.0**-16

_VALUES: Final = ("last", "low", "high", "mean")
_ODD: Final = ("nan", "posinf", "neginf")
_OF_ALL: Final = ("low", "high", "count")  # of a group: over all points of all its runs
_DTYPES: Final = {"f64": "<f8", "f32": "<f4", "u32": "<u4"}


def size(panel: Panel | GroupPanel) -> int:
    """How many buckets a panel has."""
    if isinstance(panel, Panel):
        return sum(len(each.curve.bin) for each in panel.curves)
    return sum(len(each.curve.x) for each in panel.groups)


def panel_frame(panel: Panel | GroupPanel, said: Mapping[str, Any]) -> bytes:
    """A panel as a frame; `said` goes into its header, the kind of the axis (`x`) among it."""
    if panel.damaged:
        said = {**said, "damaged": panel.damaged}
    if isinstance(panel, GroupPanel):
        return group_frame(panel, said)
    header = {"type": "curve", "key": panel.key, **said, "width": panel.width}
    return curve_frame(header, panel.curves)


def curve_frame(header: Mapping[str, Any], drawn: Sequence[DrawnCurve]) -> bytes:
    """One key of many runs as a frame."""
    layout = _Layout()
    entries = [_entry(each) | {"columns": {}} for each in drawn]
    with_step = header["x"] != "step"
    filled: list[tuple[dict[str, Any], DrawnCurve]] = []
    for entry, each in zip(entries, drawn, strict=True):
        if len(each.x):
            filled.append((entry, each))
        else:  # columns of no items
            names = ("x", *(["step"] if with_step else []), *_VALUES)
            entry["columns"] = {**dict.fromkeys(names, ("f64", 0)), "count": ("u32", 0)}
    if filled:
        _lay_out(layout, filled, with_step=with_step)
    return _frame(header, entries, layout)


def group_frame(panel: GroupPanel, said: Mapping[str, Any]) -> bytes:
    """One key of the groups of many runs as a frame."""
    layout = _Layout()
    curves = [each.curve for each in panel.groups]
    entries: list[dict[str, Any]] = [
        {"group": each.values, "runs": each.runs, "n": len(each.curve.x), "columns": {}}
        for each in panel.groups
    ]
    layout.add(entries, "x", "f64", [curve.x for curve in curves])
    layout.add(entries, "run_count", "u32", [curve.runs for curve in curves])
    for name in _OF_ALL:
        layout.add(entries, name, "f64", [getattr(curve, name) for curve in curves])
    for name in curves[0].aggregates if curves else ():
        layout.add(entries, name, "f64", [curve.aggregates[name] for curve in curves])
    for name in _ODD:
        _lay_out_odd(layout, name, "f64", entries, [getattr(curve, name) for curve in curves])
    header = {"type": "groups", "key": panel.key, **said, "width": panel.width}
    return _frame(header | {"group": panel.names}, entries, layout)


def panel_json(panel: Panel | GroupPanel, said: Mapping[str, Any]) -> dict[str, Any]:
    """The same for people and scripts that ask for JSON."""
    if panel.damaged:
        said = {**said, "damaged": panel.damaged}
    answer: dict[str, Any] = {"key": panel.key, **said, "width": panel.width}
    if isinstance(panel, GroupPanel):
        groups = [group_json(each) for each in panel.groups]
        return answer | {"group": panel.names, "groups": groups}
    with_step = said["x"] != "step"
    return answer | {"series": [curve_json(each, with_step=with_step) for each in panel.curves]}


def curve_json(drawn: DrawnCurve, *, with_step: bool) -> dict[str, Any]:
    """The curve of a run for JSON."""
    curve, answer = drawn.curve, _entry(drawn)
    answer["x"] = drawn.x.tolist()
    if with_step:
        answer["step"] = curve.step.tolist()
    for name in _VALUES:
        answer[name] = spelled(getattr(curve, name))
    answer["count"] = curve.count.tolist()
    for name in _ODD:
        if getattr(curve, name).any():
            answer[name] = getattr(curve, name).tolist()
    return answer


def group_json(drawn: DrawnGroup) -> dict[str, Any]:
    """The common curve of some runs for JSON."""
    curve = drawn.curve
    answer: dict[str, Any] = {"group": drawn.values, "runs": drawn.runs, "n": len(curve.x)}
    answer |= {"x": curve.x.tolist(), "run_count": curve.runs.tolist()}
    answer |= {name: spelled(getattr(curve, name)) for name in ("low", "high")}
    answer["count"] = curve.count.astype(np.int64).tolist()
    answer |= {name: spelled(column) for name, column in curve.aggregates.items()}
    for name in _ODD:
        if getattr(curve, name).any():
            answer[name] = getattr(curve, name).astype(np.int64).tolist()
    return answer


def _entry(drawn: DrawnCurve) -> dict[str, Any]:
    """What is said of a run's curve beside its columns."""
    entry: dict[str, Any] = {"run": drawn.run, "n": len(drawn.x), "logged": drawn.curve.logged}
    if drawn.dropped:
        entry["dropped"] = drawn.dropped
    if drawn.unplaced:
        entry["unplaced"] = drawn.unplaced
    return entry


def spelled(values: NDArray[np.float64]) -> list[float | str | None]:
    """Numbers for JSON, which knows no NaN and no infinity: they stand there as strings."""
    found: list[Any] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        value = found[place]
        found[place] = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return found


def frames(content: bytes) -> Iterator[tuple[dict[str, Any], list[dict[str, NDArray[Any]]]]]:
    """Frames back from their bytes: the header, and the columns of each series in it."""
    at = 0
    while at < len(content):
        if content[at : at + 8] != MAGIC:
            raise ValueError("no frame begins here")
        length = int.from_bytes(content[at + 8 : at + 12], "little")
        header = msgspec.json.decode(content[at + 16 : at + 16 + length])
        base = at + 16 + length
        yield header, [_columns(content, base, entry) for entry in header["series"]]
        at = base + header["bytes"]


def _columns(content: bytes, base: int, entry: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {
        name: np.frombuffer(content, _DTYPES[kind], entry["n"], base + offset)
        for name, (kind, offset) in entry["columns"].items()
    }


class _Layout:
    """The columns part as it grows: blocks of one type, in which each series has a place."""

    def __init__(self) -> None:
        self.size = 0
        self.blocks: list[NDArray[Any]] = []

    def add(
        self,
        entries: Sequence[dict[str, Any]],
        name: str,
        kind: str,
        columns: Sequence[NDArray[Any]],
    ) -> None:
        """Lay the columns of these entries behind one another, each at a multiple of 8 bytes."""
        dtype = np.dtype(_DTYPES[kind])
        pad = np.zeros(1, dtype)
        offset = self.size
        parts: list[NDArray[Any]] = []
        for entry, column in zip(entries, columns, strict=True):
            entry["columns"][name] = (kind, offset)
            parts.append(column)
            offset += len(column) * dtype.itemsize
            if offset % 8:
                parts.append(pad)
                offset += dtype.itemsize
        if parts:
            with np.errstate(over="ignore", invalid="ignore"):
                self.blocks.append(np.concatenate(parts, dtype=dtype, casting="unsafe"))
        self.size = offset


def _lay_out(
    layout: _Layout, filled: Sequence[tuple[dict[str, Any], DrawnCurve]], *, with_step: bool
) -> None:
    entries = [entry for entry, _ in filled]
    curves = [drawn.curve for _, drawn in filled]
    layout.add(entries, "x", "f64", [drawn.x for _, drawn in filled])
    if with_step:
        layout.add(entries, "step", "f64", [curve.step for curve in curves])
    narrow = _fits_f32(curves)
    for kind, chosen in (("f32", narrow), ("f64", ~narrow)):
        places = np.flatnonzero(chosen).tolist()
        for name in _VALUES if places else ():
            columns = [getattr(curves[place], name) for place in places]
            layout.add([entries[place] for place in places], name, kind, columns)
    layout.add(entries, "count", "u32", [curve.count for curve in curves])
    for name in _ODD:
        _lay_out_odd(layout, name, "u32", entries, [getattr(curve, name) for curve in curves])


def _lay_out_odd(
    layout: _Layout,
    name: str,
    kind: str,
    entries: list[dict[str, Any]],
    columns: Sequence[NDArray[Any]],
) -> None:
    """A column that is left out where it says nothing: nearly everywhere."""
    if not columns or not np.concatenate(columns).any():
        return
    places = [place for place, column in enumerate(columns) if column.any()]
    layout.add([entries[p] for p in places], name, kind, [columns[p] for p in places])


def _fits_f32(curves: Sequence[Curve]) -> NDArray[np.bool_]:
    """For each series, whether float32 keeps its values to `PRECISION` of its range."""
    starts = np.cumsum([0, *(len(curve.last) for curve in curves[:-1])])
    low = np.fmin.reduceat(np.concatenate([curve.low for curve in curves]), starts)
    high = np.fmax.reduceat(np.concatenate([curve.high for curve in curves]), starts)
    worst = np.zeros(len(curves))
    with np.errstate(over="ignore", invalid="ignore"):
        for name in _VALUES:
            column = np.concatenate([getattr(curve, name) for curve in curves])
            error = np.abs(column.astype(np.float32) - column)
            worst = np.fmax(worst, np.fmax.reduceat(error, starts))
        return worst <= np.fmax(high - low, 0.0) * PRECISION


def _frame(header: Mapping[str, Any], entries: list[dict[str, Any]], layout: _Layout) -> bytes:
    text = msgspec.json.encode({**header, "bytes": layout.size, "series": entries})
    text += b" " * (-len(text) % 8)
    head = MAGIC + len(text).to_bytes(4, "little") + bytes(4)
    return b"".join([head, text, *(block.tobytes() for block in layout.blocks)])
