"""Hop: what is asked of a MetricStore in another process, and what it answers, as bytes.

Pure: values in, bytes out, and back. A question is a msgpack array of the arguments of a method
of the contract (`store.MetricStore`), an answer what it returns (`hop_answers`). What a store
raises survives as what it is. Both ends are of one version of the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from wanllmdb.wire import Batch, WireError
from wanllmdb_server.domain.errors import UnavailableError
from wanllmdb_server.domain.retention import Part
from wanllmdb_server.domain.series import Chart, Series, Superseded, Window
from wanllmdb_server.metrics.store import DamagedStoreError, PositionGapError, StoreFullError

CONTENT_TYPE: Final = "application/vnd.wanllmdb.hop"

# What is refused crosses the hop with this status, whatever it is.
REFUSED: Final = 409

Pair = tuple[int, str]  # a series

_encode: Final = msgspec.msgpack.Encoder().encode


class Append(msgspec.Struct, array_like=True, frozen=True):
    """Of `append`: a run and a batch."""

    run: int
    writer: str
    start: int
    end: int
    count: int
    kinds: int
    body: bytes

    @property
    def batch(self) -> Batch:
        """The batch as it came."""
        return Batch(self.writer, self.start, self.end, self.count, self.kinds, self.body)


class Begin(msgspec.Struct, array_like=True, frozen=True):
    """Of `begin_attempt`."""

    run: int
    writer: str
    at: int
    since: int
    after: int | None


class Join(msgspec.Struct, array_like=True, frozen=True):
    """Of `join_attempt`."""

    run: int
    writer: str
    at: int


class Copy(msgspec.Struct, array_like=True, frozen=True):
    """Of `copy`."""

    source: int
    target: int
    until: int


class OfRun(msgspec.Struct, array_like=True, frozen=True):
    """Of every method that takes a run alone."""

    run: int


class Positions(msgspec.Struct, array_like=True, frozen=True):
    """Of `positions`."""

    run: int
    writers: list[str] | None


class Draw(msgspec.Struct, array_like=True, frozen=True):
    """Of `curves`; a list of them is of `charts`."""

    pairs: list[Pair]
    first: int | None
    last: int | None
    buckets: int

    @property
    def chart(self) -> Chart:
        """What is to be drawn."""
        return Chart(series_of(self.pairs), Window(self.first, self.last), self.buckets)


class DrawAll(msgspec.Struct, array_like=True, frozen=True):
    """Of `charts`."""

    each: list[Draw]


class Look(msgspec.Struct, array_like=True, frozen=True):
    """Of `scan`."""

    pairs: list[Pair]
    first: int | None
    last: int | None
    superseded: Superseded


class Page(msgspec.Struct, array_like=True, frozen=True):
    """Of `points`."""

    run: int
    key: str
    first: int | None
    last: int | None
    limit: int
    cursor: str | None
    superseded: Superseded


class Follow(msgspec.Struct, array_like=True, frozen=True):
    """Of `tail`."""

    pairs: list[Pair]
    after: list[int]


class Runs(msgspec.Struct, array_like=True, frozen=True):
    """Of `damage` and `weigh`."""

    runs: list[int]


class Release(msgspec.Struct, array_like=True, frozen=True):
    """Of `release`."""

    run: int
    parts: list[Part]


class Keys(msgspec.Struct, array_like=True, frozen=True):
    """Of `keys`."""

    runs: list[int]
    keys: list[str] | None


def asked(question: msgspec.Struct) -> bytes:
    """A question as bytes."""
    return _encode(question)


def pairs(series: Sequence[Series]) -> list[Pair]:
    """Series as a question names them."""
    return [(each.run, each.key) for each in series]


def series_of(pairs: Sequence[Pair]) -> list[Series]:
    """The series that a question names."""
    return [Series(run, key) for run, key in pairs]


# -- refusals


_refusal: Final = msgspec.msgpack.Decoder(tuple[str, str, int | float | str | None])


def refusal_bytes(error: Exception) -> bytes | None:
    """What a store raised, as bytes; None if it is nothing that a store promises to raise."""
    match error:
        case PositionGapError():
            said = ("gap", str(error), error.expected)
        case StoreFullError():
            said = ("full", str(error), error.retry_after)
        case DamagedStoreError():
            said = ("damaged", str(error), None)
        case UnavailableError():
            said = ("unavailable", str(error), error.retry_after)
        case WireError():
            said = ("wire", str(error), error.code)
        case ValueError():
            said = ("value", str(error), None)
        case _:
            return None
    return _encode(said)


def refusal_of(content: bytes) -> Exception:
    """The error that the store raised."""
    match _refusal.decode(content):
        case ("gap", _, int(expected)):
            return PositionGapError(expected)
        case ("full", message, float(seconds) | int(seconds)):
            return StoreFullError(message, seconds)
        case ("unavailable", message, float(seconds) | int(seconds)):
            return UnavailableError(message, retry_after=seconds)
        case ("damaged", message, _):
            return DamagedStoreError(message)
        case ("wire", message, str(code)):
            return WireError(code, message)
        case (_, message, _):
            return ValueError(message)
