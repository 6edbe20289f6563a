"""Answers of a MetricStore as they cross the hop (`hop`), as bytes.

Curves, tails and scans are columns of all series one behind the other, as raw little-endian
bytes, so that a thousand of them cost a few array operations; of a curve goes only what cannot
be told from the rest of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.receipt import Count, WriterTotals
from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.domain.series import (
    Accepted,
    Chart,
    Curve,
    KeyStats,
    Points,
    Scan,
    Series,
    Tail,
)

_Totals = tuple[int, int | None, int | None, int | None]


def _plain(value: object) -> object:
    """Numbers of numpy are numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not cross the hop")


_encode: Final = msgspec.msgpack.Encoder(enc_hook=_plain).encode


# -- plain answers


NOTHING: Final = _encode(None)
_accepted: Final = msgspec.msgpack.Decoder(tuple[int, int, list[tuple[int, str, str]]])
_positions: Final = msgspec.msgpack.Decoder(dict[str, int])
_writers: Final = msgspec.msgpack.Decoder(dict[str, _Totals])
_count: Final = msgspec.msgpack.Decoder(tuple[int, tuple[str, ...], dict[str, _Totals], int])
_points: Final = msgspec.msgpack.Decoder(
    tuple[list[int], list[int], list[Any], str | None, list[bool]]
)
_keys: Final = msgspec.msgpack.Decoder(dict[int, list[KeyStats]])
_weights: Final = msgspec.msgpack.Decoder(dict[int, dict[Part, Weight]])
_weight: Final = msgspec.msgpack.Decoder(Weight)
_damage: Final = msgspec.msgpack.Decoder(dict[int, list[Damage]])


def accepted_bytes(accepted: Accepted) -> bytes:
    """The answer of `append`."""
    return _encode((accepted.position, accepted.rows, accepted.rejected))


def accepted_of(content: bytes) -> Accepted:
    """What `append` answered."""
    return Accepted(*_accepted.decode(content))


def positions_bytes(positions: Mapping[str, int]) -> bytes:
    """The answer of `positions`."""
    return _encode(dict(positions))


def positions_of(content: bytes) -> Mapping[str, int]:
    """What `positions` answered."""
    return _positions.decode(content)


def writers_bytes(writers: Mapping[str, WriterTotals]) -> bytes:
    """The answer of `writers`."""
    return _encode(_flat(writers))


def writers_of(content: bytes) -> Mapping[str, WriterTotals]:
    """What `writers` answered."""
    return _totals(_writers.decode(content))


def count_bytes(count: Count) -> bytes:
    """The answer of `count`."""
    return _encode((count.points, count.damaged, _flat(count.writers), count.released))


def count_of(content: bytes) -> Count:
    """What `count` answered."""
    points, damaged, writers, released = _count.decode(content)
    return Count(points, damaged, _totals(writers), released)


def _flat(writers: Mapping[str, WriterTotals]) -> dict[str, _Totals]:
    return {
        name: (each.position, each.rows, each.points, each.refused)
        for name, each in writers.items()
    }


def _totals(writers: Mapping[str, _Totals]) -> dict[str, WriterTotals]:
    return {name: WriterTotals(*each) for name, each in writers.items()}


def points_bytes(points: Points) -> bytes:
    """The answer of `points`."""
    said = (points.step, points.time, points.value, points.cursor, points.superseded)
    return _encode(said)


def points_of(content: bytes, series: Series) -> Points:
    """What `points` answered of a series."""
    return Points(series, *_points.decode(content))


def keys_bytes(keys: Mapping[int, Sequence[KeyStats]]) -> bytes:
    """The answer of `keys`."""
    return _encode(keys)


def keys_of(content: bytes) -> dict[int, list[KeyStats]]:
    """What `keys` answered."""
    return _keys.decode(content)


def weights_bytes(weights: Mapping[int, Mapping[Part, Weight]]) -> bytes:
    """The answer of `weigh`."""
    return _encode(weights)


def weights_of(content: bytes) -> dict[int, dict[Part, Weight]]:
    """What `weigh` answered."""
    return _weights.decode(content)


def weight_bytes(weight: Weight) -> bytes:
    """The answer of `release`."""
    return _encode(weight)


def weight_of(content: bytes) -> Weight:
    """What `release` answered."""
    return _weight.decode(content)


def damage_bytes(damage: Mapping[int, Sequence[Damage]]) -> bytes:
    """The answer of `damage`."""
    return _encode(damage)


def damage_of(content: bytes) -> dict[int, list[Damage]]:
    """What `damage` answered."""
    return _damage.decode(content)


# -- answers of columns


_ODD: Final = ("nan", "posinf", "neginf")
_OF_CURVE: Final = (
    *(("step", "<i8"), ("time", "<i8")),
    *(("last", "<f8"), ("low", "<f8"), ("high", "<f8"), ("mean", "<f8")),
    *(("count", "<u4"), ("nan", "<u4"), ("posinf", "<u4"), ("neginf", "<u4")),
)
_OF_TAIL: Final = (("step", "<i8"), ("time", "<i8"), ("value", "<f8"))


class _Columns(msgspec.Struct, array_like=True, frozen=True):
    """Curves or tails: how long each is, two numbers of each, and the columns of all of them.

    A column that is all zeros has no bytes.
    """

    lengths: list[int]
    first: list[int]  # width; start; whether there is more than float64 holds
    second: list[int]  # logged; nothing
    columns: list[memoryview]


_columns: Final = msgspec.msgpack.Decoder(_Columns)
_scans: Final = msgspec.msgpack.Decoder(tuple[_Columns, list[list[tuple[int, int, Any]]]])
_raws: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])


def curves_bytes(curves: Sequence[Curve]) -> bytes:
    """The answer of `curves`."""
    columns = [
        _joined([getattr(curve, name) for curve in curves], kind, odd=name in _ODD)
        for name, kind in _OF_CURVE
    ]
    return _encode(
        (
            [len(curve.step) for curve in curves],
            [curve.width for curve in curves],
            [curve.logged for curve in curves],
            columns,
        )
    )


def curves_of(content: bytes | msgspec.Raw, series: Sequence[Series]) -> list[Curve]:
    """What `curves` answered of these series."""
    said = _columns.decode(content)
    total = sum(said.lengths)
    columns = [
        _column(each, kind, total) for each, (_, kind) in zip(said.columns, _OF_CURVE, strict=True)
    ]
    bins = _bins(columns[0], said)
    return [
        Curve(each, width, logged, bins[begin:end], *(column[begin:end] for column in columns))
        for each, width, logged, (begin, end) in zip(
            series, said.first, said.second, _spans(said.lengths), strict=True
        )
    ]


def charts_bytes(charts: Sequence[Sequence[Curve]]) -> bytes:
    """The answer of `charts`."""
    return _encode([msgspec.Raw(curves_bytes(curves)) for curves in charts])


def charts_of(content: bytes, charts: Sequence[Chart]) -> list[list[Curve]]:
    """What `charts` answered of these."""
    said = _raws.decode(content)
    return [curves_of(each, chart.series) for each, chart in zip(said, charts, strict=True)]


def scans_bytes(scans: Sequence[Scan]) -> bytes:
    """The answer of `scan`."""
    extras = [
        np.zeros(len(scan.step), "<i8") if scan.extra is None else scan.extra for scan in scans
    ]
    columns = [_joined([getattr(scan, name) for scan in scans], kind) for name, kind in _OF_TAIL]
    columns.append(_joined(extras, "<i8", odd=True))
    lengths = [len(scan.step) for scan in scans]
    exact = [int(scan.extra is not None) for scan in scans]
    return _encode(((lengths, exact, [], columns), [list(scan.objects) for scan in scans]))


def scans_of(content: bytes, series: Sequence[Series]) -> list[Scan]:
    """What `scan` answered of these series."""
    said, objects = _scans.decode(content)
    total = sum(said.lengths)
    kinds = (*(kind for _, kind in _OF_TAIL), "<i8")
    columns = [_column(each, kind, total) for each, kind in zip(said.columns, kinds, strict=True)]
    step, time, value, extra = columns
    return [
        Scan(
            each,
            step[begin:end],
            time[begin:end],
            value[begin:end],
            extra[begin:end] if has else None,
            of,
        )
        for each, has, of, (begin, end) in zip(
            series, said.first, objects, _spans(said.lengths), strict=True
        )
    ]


def tails_bytes(tails: Sequence[Tail]) -> bytes:
    """The answer of `tail`."""
    columns = [_joined([getattr(tail, name) for tail in tails], kind) for name, kind in _OF_TAIL]
    return _encode(
        ([len(tail.step) for tail in tails], [tail.start for tail in tails], [], columns)
    )


def tails_of(content: bytes, series: Sequence[Series]) -> list[Tail]:
    """What `tail` answered of these series."""
    said = _columns.decode(content)
    total = sum(said.lengths)
    columns = [
        _column(each, kind, total) for each, (_, kind) in zip(said.columns, _OF_TAIL, strict=True)
    ]
    return [
        Tail(each, start, *(column[begin:end] for column in columns))
        for each, start, (begin, end) in zip(series, said.first, _spans(said.lengths), strict=True)
    ]


def _joined(parts: Sequence[NDArray[Any]], kind: str, *, odd: bool = False) -> memoryview | bytes:
    if not parts:
        return b""
    joined = np.concatenate(parts).astype(kind, copy=False)
    if odd and not joined.any():
        return b""
    return joined.data.cast("B") if len(joined) else b""


def _column(content: memoryview, kind: str, total: int) -> NDArray[Any]:
    if not len(content):
        return np.zeros(total, kind)
    return np.frombuffer(content, kind)


def _bins(step: NDArray[np.int64], said: _Columns) -> NDArray[np.int64]:
    """The bucket of each last point, which is how buckets are numbered."""
    shifts = np.array([width.bit_length() - 1 for width in said.first], np.int64)
    if len(shifts) and (shifts == shifts[0]).all():
        return step >> shifts[0]
    return step >> np.repeat(shifts, said.lengths)


def _spans(lengths: Sequence[int]) -> Iterable[tuple[int, int]]:
    ends = itertools.accumulate(lengths, initial=0)
    return itertools.pairwise(ends)
