"""Cells: the values of a table as JSON holds them, and which of them a column holds together."""

from __future__ import annotations

import datetime
import enum
import math
from collections.abc import Mapping
from typing import Any, Final

from wanllmdb.media.bare import as_media, media_kind
from wanllmdb.media.media import Read, is_restorable, restored
from wanllmdb.media.shelf import Shelf
from wanllmdb.values import Converter, NoRoom, histogram, is_array, is_numeric, on_host

MAX_ARRAY: Final = 65_536  # values of an array in a cell; a larger one becomes a histogram
MIXED: Final = "any"
_WORDS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_WITH_NAN: Final = frozenset({"number", "any", ""})  # kinds; elsewhere NaN says: nothing
_MISSING: Final = frozenset({"NAType", "NaTType"})  # as pandas says that there is nothing


def kind_of(value: Any) -> str:
    """What a column may hold together; "" fits everywhere, as what is missing and NaN do."""
    kind = _EXACT.get(type(value))
    if kind is not None:
        return "" if value != value else kind
    if value is None or type(value).__name__ in _MISSING:
        return ""
    for kinds, kind in _KINDS:
        if isinstance(value, kinds):
            return "" if isinstance(value, float) and math.isnan(value) else kind
    if is_array(value):
        return _kind_of_array(value)
    return media_kind(value) or ("number" if is_numeric(value) else type(value).__name__)


_EXACT: Final = {int: "number", float: "number", str: "string", bool: "boolean"}
_KINDS: Final[tuple[tuple[Any, str], ...]] = (
    (bool, "boolean"),
    ((int, float), "number"),
    (str, "string"),
    ((datetime.datetime, datetime.date), "timestamp"),
    ((list, tuple, set, frozenset), "list"),
    (Mapping, "dict"),
)
_SCALARS: Final = {"b": "boolean", "i": "number", "u": "number", "f": "number", "M": "timestamp"}


def _kind_of_array(value: Any) -> str:
    if len(value.shape) > 0:
        return "list"
    return _SCALARS.get(getattr(value.dtype, "kind", "f"), "number")


def kind_of_type(given: Any) -> str:
    """What a column holds that is declared to be of this type: "" is what comes, `MIXED` all."""
    if given is None:
        return ""
    if isinstance(given, type):
        if given is bool:
            return "boolean"
        if issubclass(given, (int, float)):
            return "number"
        if issubclass(given, str):
            return "string"
    return MIXED


class Cells:
    """Turns the cells of one table into what JSON holds.

    Args:
        shelf: where the files of media are put.
        key: that the table is logged under.
    """

    def __init__(self, shelf: Shelf, key: str) -> None:
        self._shelf = shelf
        self._key = key

    def __call__(self, value: Any, kind: str = "") -> Any:
        """A cell of a column of such a kind."""
        plain = type(value)
        if plain is int or plain is str or plain is bool or value is None:
            return value
        if plain is float and math.isfinite(value):
            return value
        if plain.__name__ in _MISSING or (kind not in _WITH_NAN and _is_nan(value)):
            return None
        if kind == "timestamp" and self._shelf.is_artifact:
            return milliseconds(value)
        try:
            medium = as_media(value)
            return _listed(value) if medium is None else medium.said(self._shelf, self._key)
        except NoRoom:
            raise
        except Exception as error:  # noqa: BLE001 - the user's object; the other cells are kept
            return f"[left out: a value of type {plain.__name__} ({error!s:.200})]"


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _listed(value: Any) -> Any:
    if is_array(value) and len(value.shape) > 0:
        array = on_host(value)
        return finite(_array(array, math.prod(int(each) for each in array.shape)))
    return finite(_PLAIN.convert(value))


def written(value: Any) -> Any:
    """The whole of a value as strict JSON has it; what has no such form is written as text."""
    return finite(_WHOLE.convert(value))


def finite(value: Any) -> Any:
    """The value as strict JSON has it: what is not finite is a word."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("nan", "NaN").replace("inf", "Infinity")
    if isinstance(value, list):
        return [finite(each) for each in value]
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    return value


def milliseconds(value: Any) -> float | None:
    """A date as an artifact has it: milliseconds since 1970, in UTC."""
    if hasattr(value, "astype"):  # of numpy
        number = value.astype("datetime64[us]").astype("int64").item()
        return number / 1000
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return value.timestamp() * 1000


def read(cell: Any, kind: str, read: Read) -> Any:
    """What a cell of an artifact's table was, in a column of such a kind."""
    if kind == "timestamp" and isinstance(cell, (int, float)):
        return datetime.datetime.fromtimestamp(cell / 1000, tz=datetime.timezone.utc)
    if kind == "number" and isinstance(cell, str):
        return _WORDS.get(cell, cell)
    return restored(cell, read) if is_restorable(cell) else cell


def _array(array: Any, count: int) -> Any:
    if count <= MAX_ARRAY and hasattr(array, "tolist"):
        return _PLAIN.convert(array.tolist())
    return histogram(array, count)


def _member(member: enum.Enum) -> Any:
    return member.value


def _number(value: Any) -> Any:
    """What says of itself that it is a number, or how it is written."""
    if is_numeric(value):
        return float(value)
    return str(value)


def _whole(array: Any, count: int) -> Any:
    del count
    return _WHOLE.convert(array.tolist())


_PLAIN: Final = Converter(array=_array, member=_member, unknown=_number)
_WHOLE: Final = Converter(array=_whole, member=_member, unknown=_number)
