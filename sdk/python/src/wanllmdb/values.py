"""One value as the wire carries it: number, string, boolean, None, list or dict.

Whatever a training script may hold is told apart by what it can do, so that numpy, torch,
JAX and pandas are understood and never imported. What cannot be kept raises `Unloggable`;
a value is asked for its content once and never again. What holds more values than a record
could is not looked through: `log({"a": range(10**12)})` costs no more than any other row.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
import operator
import os
import reprlib
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, Final

from wanllmdb.wire import MAX_DEPTH, MAX_RECORD_BYTES

MAX_LISTED: Final = 32  # an array of more values becomes a histogram
HISTOGRAM_BINS: Final = 32
CIRCULAR: Final = "[circular]"
_INT_MAX: Final = (1 << 63) - 1
_INT_MIN: Final = -(1 << 63)


class Unloggable(ValueError):  # noqa: N818 - it is a fact about a value
    """The value has no form that could be kept; the message says of what type it is."""


class NoRoom(Unloggable):
    """There is no room to keep the value; the message says why."""


class Oversized(Unloggable):
    """The value holds more values than a record has bytes; the message says of what type it is."""


class Way:
    """The way to a value inside of another: what it lies in, and how much may still be seen."""

    __slots__ = ("above", "room")

    def __init__(self) -> None:
        self.above: tuple[int, ...] = ()
        self.room = [MAX_RECORD_BYTES]  # shared by the whole of one conversion

    def into(self, container: Any) -> Way:
        """The way of what lies in a container.

        Raises:
            Oversized: there is no room for so much.
        """
        self.room[0] -= len(container)
        if self.room[0] < 0:
            raise Oversized(f"a {type(container).__name__} of more values than a record can have")
        way = Way()
        way.above, way.room = (*self.above, id(container)), self.room
        return way


class Converter:
    """Turns values into what the wire carries.

    Args:
        array: what becomes of an array with more than one value.
        member: what becomes of a member of an `Enum`.
        unknown: what becomes of a value that nothing here understands.
        depth: how many containers a value may lie in; what is deeper becomes text.
    """

    def __init__(
        self,
        *,
        array: Callable[[Any, int], Any],
        member: Callable[[enum.Enum], Any],
        unknown: Callable[[Any], Any],
        depth: int = MAX_DEPTH,
    ) -> None:
        self._array = array
        self._member = member
        self._unknown = unknown
        self._depth = depth

    def convert(self, value: Any, way: Way | None = None) -> Any:
        """The value as the wire carries it.

        Raises:
            Unloggable: it has no such form.
        """
        kind = type(value)
        if kind is float or kind is bool or value is None:
            return value
        if kind is int:
            return bounded(value)
        if kind is str:
            return text(value)
        return self._convert_other(value, way or Way())

    def _convert_other(self, value: Any, way: Way) -> Any:
        if isinstance(value, enum.Enum):
            return self.convert(self._member(value), way)
        for kinds, convert in _SIMPLE:
            if isinstance(value, kinds):
                return convert(value)
        if is_array(value):
            return self._from_array(value, way)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        if isinstance(value, (Mapping, list, tuple, Set, Sequence)):
            return self._from_container(value, way)
        if callable(value) and not is_numeric(value):
            return qualified_name(value)
        return self._unknown(value)

    def _from_container(self, value: Any, way: Way) -> Any:
        if id(value) in way.above:
            return CIRCULAR
        if len(way.above) >= self._depth:
            return text(reprlib.repr(value))
        way = way.into(value)
        if isinstance(value, Mapping):
            return {
                text(key if isinstance(key, str) else str(key)): self.convert(each, way)
                for key, each in value.items()
            }
        return [self.convert(each, way) for each in value]

    def _from_array(self, value: Any, way: Way) -> Any:
        array = on_host(value)
        count = math.prod(int(each) for each in array.shape)
        if count == 1:
            return self.convert(_only(array), way)
        if count <= MAX_LISTED:
            return self.convert(_listed(array), way)
        return self._array(array, count)


def is_array(value: Any) -> bool:
    """Whether a value is an array or a tensor of any library."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def is_numeric(value: Any) -> bool:
    """Whether Python can make a number of a value that is none."""
    kind = type(value)
    return hasattr(kind, "__float__") or hasattr(kind, "__index__")


def bounded(number: int) -> int | float:
    """An int that fits 64 bits as it is, a greater one as the nearest float."""
    if _INT_MIN <= number <= _INT_MAX:
        return number
    return float(number) if number.bit_length() <= 1023 else (math.inf if number > 0 else -math.inf)


def text(string: str) -> str:
    """The string as UTF-8 can hold it: lone surrogates are written out as escapes."""
    try:
        string.encode()
    except UnicodeEncodeError:
        return string.encode("utf-8", "backslashreplace").decode()
    return str.__str__(string)


def qualified_name(value: Any) -> str:
    """Of a function or a class, where it is found."""
    name = getattr(value, "__qualname__", None)
    if not isinstance(name, str):
        raise Unloggable(f"a value of type {type(value).__name__}")
    return f"{getattr(value, '__module__', '')}.{name}".lstrip(".")


def histogram(array: Any, count: int) -> dict[str, Any]:
    """An array of many values as the counts of 32 equal bins between its least and greatest."""
    del count
    counts, edges = binned(array, HISTOGRAM_BINS)
    return {"_type": "histogram", "values": counts, "bins": edges}


def binned(array: Any, bins: int) -> tuple[list[Any], list[float]]:
    """How many of the finite values lie in each of so many equal bins, and the bins' edges.

    Raises:
        Unloggable: the values are no numbers.
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(array, numpy.ndarray):
        if array.dtype.kind not in "biuf" and "float" not in array.dtype.name:
            raise Unloggable(f"an array of {array.dtype}")
        flat = array.astype(float).ravel()
        counts, edges = numpy.histogram(flat[numpy.isfinite(flat)], bins=bins)
        return counts.tolist(), edges.tolist()
    try:
        numbers = [float(each) for each in _flat(_listed(array))]
    except (TypeError, ValueError):
        raise Unloggable(f"an array of type {type(array).__name__}") from None
    return _counted([each for each in numbers if math.isfinite(each)], bins)


def _counted(numbers: list[float], bins: int) -> tuple[list[Any], list[float]]:
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    width = (high - low) / bins
    counts = [0] * bins
    for number in numbers:
        counts[min(int((number - low) / width), bins - 1)] += 1
    return counts, [low + width * each for each in range(bins)] + [high]


def _flat(nested: Any) -> Iterable[Any]:
    if not isinstance(nested, (list, tuple, range)):
        yield nested
        return
    for each in nested:
        yield from _flat(each)


def on_host(array: Any) -> Any:
    """A tensor as the array behind it: detached, on the CPU, and of numpy where that can be."""
    for step in ("detach", "cpu"):
        if callable(getattr(array, step, None)):
            array = getattr(array, step)()
    if callable(getattr(array, "numpy", None)):
        try:
            return array.numpy()
        except (TypeError, ValueError, RuntimeError):  # bfloat16, float8, no numpy at all
            return array
    return array


def _only(array: Any) -> Any:
    unit = {"M": "datetime64[us]", "m": "timedelta64[us]"}.get(getattr(array.dtype, "kind", ""))
    if unit:
        array = array.astype(unit)
    only = array.item() if hasattr(array, "item") else _listed(array)
    # A number that Python has no type for stays what it is: numpy.longdouble.
    return float(only) if hasattr(only, "dtype") else only


def _listed(array: Any) -> Any:
    if isinstance(array, (list, tuple, range)):
        return array
    for name in ("tolist", "to_list"):
        if callable(getattr(array, name, None)):
            return getattr(array, name)()
    raise Unloggable(f"an array of type {type(array).__name__}")


def _duration(value: datetime.timedelta) -> str:
    """A time span as ISO 8601 writes it: P1DT2H3M4.5S."""
    sign, value = ("-", -value) if value < datetime.timedelta() else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest + value.microseconds / 1e6, 60)
    clock = "".join(
        f"{number:g}{unit}"
        for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if number
    )
    days = f"{value.days}D" if value.days else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}" if days or clock else "P0D"


def _bytes(value: Any) -> str:
    return bytes(value).decode("utf-8", "backslashreplace")


def _complex(value: complex) -> str:
    return str(value).strip("()")


_SIMPLE: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (str, text),  # numpy.str_ and other kinds of string
    (bool, bool),
    (int, lambda value: bounded(int(value))),
    (float, float),  # numpy.float64 is one
    (complex, _complex),
    ((bytes, bytearray, memoryview), _bytes),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, _duration),
    (uuid.UUID, str),
    (os.PathLike, lambda value: text(os.fspath(value))),
)


def _refuse(value: Any) -> Any:
    raise Unloggable(f"a value of type {type(value).__name__}")


def _number(value: Any) -> int | float:
    """What says of itself that it is a number."""
    if hasattr(value, "__index__"):
        return bounded(operator.index(value))
    return float(value) if hasattr(value, "__float__") else _refuse(value)


LOGGED: Final = Converter(array=histogram, member=lambda each: each.value, unknown=_number)
