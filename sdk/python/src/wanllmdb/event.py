"""Event: what a script wrote for TensorBoard: tags and values of a step.

The messages are those of TensorFlow's event.proto, summary.proto and tensor.proto, by the numbers
of their fields. Old writers have a field for each kind of value, newer ones put it in a tensor and
say in the metadata which kind it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wanllmdb.protobuf import Value, fields, numbers, signed

MAX_BINS: Final = 512
_HUGE: Final = 1e300  # the edge of a bucket without an end
_TEXT_SUFFIX: Final = "/text_summary"


@dataclass(frozen=True, slots=True)
class Counts:
    """A histogram: how many values lie between two edges."""

    counts: list[float]
    edges: list[float]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images of one size, as files have them: PNG, JPEG, GIF."""

    files: list[bytes]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sounds:
    """Recordings as files have them: WAV."""

    files: list[bytes]


@dataclass(frozen=True, slots=True)
class Choice:
    """Hyperparameters that a script said of itself."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of a plugin of TensorBoard's that is not understood here."""

    plugin: str


Content = float | int | str | list[Any] | Counts | Pictures | Sounds | Choice | Unknown


@dataclass(slots=True)
class Event:
    """What was written at once.

    Attributes:
        step: the writer's.
        time: seconds since the epoch.
        values: by tag; several of one tag are one behind the other.
    """

    step: int = 0
    time: float = 0.0
    values: list[tuple[str, Content]] = field(default_factory=list[tuple[str, Content]])


def read_event(message: bytes) -> Event:
    """An event from its message.

    Raises:
        ValueError: it is none.
    """
    event = Event()
    for number, _, value in fields(message):
        if number == 1 and isinstance(value, bytes):
            [event.time] = struct.unpack("<d", value)
        elif number == 2 and isinstance(value, int):
            event.step = signed(value)
        elif number == 5 and isinstance(value, bytes):
            event.values += read_summary(value)
    return event


def read_summary(message: bytes) -> list[tuple[str, Content]]:
    """The tags and values of a summary.

    Raises:
        ValueError: it is none.
    """
    found = (_value(value) for number, _, value in fields(message) if number == 1)
    return [(tag, content) for tag, content in found if content is not None]


def _value(message: Value) -> tuple[str, Content | None]:
    parts = _parts(message)
    tag = _text(parts.get(1, b""))
    plugin, said = _metadata(parts.get(9, b""))
    if plugin == "hparams":
        return tag, _choice(said)
    if plugin == "text":
        tag = tag.removesuffix(_TEXT_SUFFIX)
    for number, read in _CONTENTS.items():
        if number in parts:
            return tag, read(parts[number])
    return tag, _of_tensor(parts[8], plugin) if 8 in parts else None


def _parts(message: Value) -> dict[int, Value]:
    """The fields of a message in which each occurs once."""
    return {number: value for number, _, value in fields(_bytes(message))}


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a number where a message should be")  # noqa: TRY004 - it is the data
    return value


def _text(value: Value) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _metadata(message: Value) -> tuple[str, bytes]:
    """The name of the plugin, and what it says of itself."""
    plugin = _parts(_parts(message).get(1, b""))
    return _text(plugin.get(1, b"")), _bytes(plugin.get(2, b""))


def _simple(value: Value) -> float:
    [number] = numbers("f", 5, value)
    return number


def _picture(message: Value) -> Pictures | None:
    parts = _parts(message)
    height, width = (_whole(parts.get(number, 0)) for number in (1, 2))
    return Pictures([_bytes(parts[4])], width, height) if 4 in parts else None


def _whole(value: Value) -> int:
    """A number, also where it is written as text."""
    return value if isinstance(value, int) else int(value)


def _sound(message: Value) -> Sounds | None:
    content = _bytes(_parts(message).get(4, b""))
    return Sounds([content]) if content else None


def _histogram(message: Value) -> Counts | None:
    """Buckets by their right edges; the left edge of the first is the least value."""
    least = greatest = 0.0
    limits: list[float] = []
    counts: list[float] = []
    for number, kind, value in fields(_bytes(message)):
        if number == 1:
            [least] = numbers("d", kind, value)
        elif number == 2:
            [greatest] = numbers("d", kind, value)
        elif number == 6:
            limits += numbers("d", kind, value)
        elif number == 7:
            counts += numbers("d", kind, value)
    if not limits or len(limits) != len(counts):
        return None
    if counts[0] == 0 and len(limits) > 1:
        return binned(counts[1:], limits, least, greatest)
    return binned(counts, [min(least, limits[0]), *limits], least, greatest)


def binned(counts: list[float], edges: list[float], least: float, greatest: float) -> Counts:
    """A histogram of at most 512 bins; an edge without an end is where the values end."""
    edges = [least if each < -_HUGE else greatest if each > _HUGE else each for each in edges]
    for index in range(1, len(edges)):
        edges[index] = max(edges[index], edges[index - 1])
    step = -(-len(counts) // MAX_BINS)
    starts = range(0, len(counts), step)
    together = [sum(counts[start : start + step]) for start in starts]
    return Counts(together, [*(edges[start] for start in starts), edges[-1]])


_CONTENTS: Final[Mapping[int, Callable[[Value], Content | None]]] = {
    2: _simple,
    4: _picture,
    5: _histogram,
    6: _sound,
}


def _of_tensor(message: Value, plugin: str) -> Content | None:
    tensor = read_tensor(_bytes(message))
    if plugin == "images":
        return Pictures(tensor[2:], *map(_whole, tensor[:2])) if len(tensor) > 2 else None
    if plugin == "audio":
        return Sounds([each for each in tensor if each[:4] == b"RIFF"])
    if plugin == "histograms":
        return _of_buckets(tensor)
    if plugin in {"", "scalars", "text"}:
        plain = [_text(each) if isinstance(each, bytes) else each for each in tensor]
        if plugin == "text":
            return "\n\n".join(map(str, plain))
        return plain[0] if len(plain) == 1 else plain or None
    return Unknown(plugin)


def _of_buckets(numbers: list[Any]) -> Counts | None:
    """Left edge, right edge and count of each bucket, one behind the other."""
    if not numbers:
        return None
    lefts, rights, counts = numbers[::3], numbers[1::3], numbers[2::3]
    return binned(counts, [*lefts, rights[-1]], lefts[0], rights[-1])


# Of each type of a tensor: how its bytes are read, and the field that has its values otherwise.
_TYPES: Final = {
    1: ("f", 5, "f"),
    2: ("d", 6, "d"),
    3: ("i", 7, ""),
    4: ("B", 7, ""),
    5: ("h", 7, ""),
    6: ("b", 7, ""),
    9: ("q", 10, ""),
    10: ("?", 11, ""),
    17: ("H", 7, ""),
    19: ("e", 13, ""),
    22: ("I", 16, ""),
    23: ("Q", 17, ""),
}
_STRING: Final = 7
_HALF: Final = 19


def read_tensor(message: bytes) -> list[Any]:
    """The values of a tensor, one behind the other; strings as bytes, none of an unknown type.

    Raises:
        ValueError: it is none.
    """
    found = list(fields(message))
    kind = next((value for number, _, value in found if number == 1), 0)
    if kind == _STRING:
        return [_bytes(value) for number, _, value in found if number == 8]
    if kind not in _TYPES:
        return []
    form, own, packed = _TYPES[int(kind)]
    whole = [
        each
        for number, type_, value in found
        if number == 4
        for each in numbers(form, type_, value)
    ]
    if whole:
        return whole
    listed = [
        each
        for number, type_, value in found
        if number == own
        for each in numbers(packed, type_, value)
    ]
    if kind == _HALF:  # as the numbers that its bytes are
        return list(struct.unpack(f"<{len(listed)}e", struct.pack(f"<{len(listed)}H", *listed)))
    return [signed(each) for each in listed] if form in "ihbq" else listed


def _choice(said: bytes) -> Choice | None:
    """What the plugin for hyperparameters says of the start of a training."""
    start = _parts(said).get(3)
    if start is None:
        return None
    chosen: dict[str, Any] = {}
    for number, _, value in fields(_bytes(start)):
        if number == 1:
            pair = _parts(value)
            chosen[_text(pair.get(1, b""))] = _chosen(pair.get(2, b""))
    return Choice(chosen)


def _chosen(message: Value) -> Any:
    for number, kind, value in fields(_bytes(message)):
        if number == 2:
            return numbers("d", kind, value)[0]
        if number == 3:
            return _text(value)
        if number == 4:
            return bool(value)
    return None
