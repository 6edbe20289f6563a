"""JSON as this API takes it: strict, shallow and of bounded size, with a pointer to each fault.

Python's parser takes more than JSON: NaN, equal names, lone surrogates, numbers that become
infinite. All of that is refused here, because the next reader of the data will not take it.
What is too much is refused before anything is made of it: brackets and commas are counted.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.errors import Fault, MalformedError, ServerError, TooLargeError

MAX_DEPTH: Final = 64
MAX_ITEMS: Final = 100_000  # members and elements in all
MAX_DIGITS: Final = 400
_CHUNK: Final = 64 * 1024  # bytes that are counted at once

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Refused:
    """Stands in the parsed value for something that JSON does not know."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail


def strict_json(content: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        MalformedError: it is none, or says something that JSON cannot say.
        TooLargeError: too many items.
    """
    if _could_be_large(content):
        _must_be_bounded(content)
    reader = _Reader()
    try:
        value = reader.read(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise _too_deep("") from None
    if reader.suspicious:
        _inspect(value)
    return value


class _Reader:
    """Python's parser, told to mark what it should refuse."""

    def __init__(self) -> None:
        self.suspicious = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._float,
            parse_int=self._int,
            parse_constant=self._constant,
        )

    def read(self, text: str) -> Any:
        if text.startswith("\ufeff"):
            raise json.JSONDecodeError("Byte order mark before the body", text, 0)
        if "\\u" in text:  # the only way in which a surrogate comes through UTF-8
            self.suspicious = True
        return self._decoder.decode(text)

    def _mark(self, code: str, detail: str) -> Any:
        self.suspicious = True
        return _Refused(code, detail)

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                members[name] = self._mark("duplicate-key", "This name occurs twice.")
            seen.add(name)
        return members

    def _float(self, text: str) -> Any:
        value = float(text)
        if math.isfinite(value):
            return value
        return self._mark("number-out-of-range", "This number is beyond a 64-bit float.")

    def _int(self, text: str) -> Any:
        if len(text) > MAX_DIGITS:
            return self._mark("number-out-of-range", "This number has too many digits.")
        return int(text)

    def _constant(self, text: str) -> Any:
        return self._mark("not-json", f'{text} is no JSON; send it as the string "{text}".')


def _could_be_large(content: bytes) -> bool:
    opened = content.count(b"[") + content.count(b"{")
    return opened > MAX_DEPTH or (
        len(content) > MAX_ITEMS and opened + content.count(b",") > MAX_ITEMS
    )


def _must_be_bounded(content: bytes) -> None:
    """Refuse what is too deep or too much. What is no JSON may pass, for the parser to refuse."""
    counting = _Counting()
    for begin in range(0, len(content), _CHUNK):
        counting.take(content[begin : begin + _CHUNK])
        if counting.deepest > MAX_DEPTH:
            raise _too_deep("")
        if counting.items > MAX_ITEMS:
            raise TooLargeError(
                f"A body has at most {MAX_ITEMS} items in all.", code="too-many-items"
            )


_LEVEL: Final = np.zeros(256, np.int8)
_LEVEL[[*b"[{"]] = 1
_LEVEL[[*b"]}"]] = -1


class _Counting:
    """Counts what stands outside of texts: a comma or a bracket that opens is an item each."""

    def __init__(self) -> None:
        self.items = 0
        self.deepest = 0
        self._depth = 0
        self._in_text = False
        self._escaping = (
            False  # a backslash ended the last chunk, and makes no text of what follows
        )

    def take(self, content: bytes) -> None:
        """Count the next bytes."""
        if self._in_text and b'"' not in content and b"\\" not in content:
            self._escaping = False
            return
        chunk = np.frombuffer(content, np.uint8)
        quotes = chunk == ord('"')
        if self._escaping or b"\\" in content:
            quotes &= ~self._escaped(chunk)
        in_text = np.bitwise_xor.accumulate(quotes) ^ self._in_text
        levels = _LEVEL[chunk]
        levels[in_text] = 0
        depth = np.cumsum(levels, dtype=np.int32) + self._depth
        commas = np.count_nonzero((chunk == ord(",")) & ~in_text)
        self.items += commas + np.count_nonzero(levels > 0)
        self.deepest = max(self.deepest, int(depth.max()))
        self._depth = int(depth[-1])
        self._in_text = bool(in_text[-1])

    def _escaped(self, chunk: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """What stands behind an odd number of backslashes."""
        others = np.flatnonzero(chunk != ord("\\"))
        begin = -2 if self._escaping else -1  # a backslash before the first byte, or none
        escaped = np.zeros(len(chunk), bool)
        before = np.diff(others, prepend=begin) - 1
        escaped[others[before % 2 == 1]] = True
        last = int(others[-1]) if len(others) else begin
        self._escaping = (len(chunk) - 1 - last) % 2 == 1
        return escaped


def _inspect(value: Any) -> None:
    """Walk through the value, which is bounded, and refuse what is marked."""
    faults: list[Fault] = []
    left: list[tuple[Any, str]] = [(value, "")]
    while left:
        each, place = left.pop()
        fault = _fault(each, place)
        if fault is not None:
            faults.append(fault)
        left.extend(_inside(each, place))
    if faults:
        raise _malformed("The body says something that JSON cannot say.", faults)


def _inside(value: Any, place: str) -> list[tuple[Any, str]]:
    match value:
        case dict():
            pairs = [(v, f"{place}/{_escaped(k)}") for k, v in value.items()]
            return pairs + [(k, where) for (k, (_, where)) in zip(value, pairs, strict=True)]
        case list():
            return [(each, f"{place}/{index}") for index, each in enumerate(value)]
        case _:
            return []


def _fault(value: Any, place: str) -> Fault | None:
    match value:
        case _Refused():
            return Fault(place, value.code, value.detail)
        case str() if _SURROGATE.search(value):
            return Fault(_printable(place), "lone-surrogate", "Half of a character.")
        case _:
            return None


def _escaped(name: str) -> str:
    return _printable(name[:64]).replace("~", "~0").replace("/", "~1")


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _too_deep(place: str) -> ServerError:
    detail = f"At most {MAX_DEPTH} levels."
    return MalformedError(
        f"The body is nested too deep. {detail}",
        code="too-deep",
        faults=[Fault(place, "too-deep", detail)],
    )


def _malformed(detail: str, faults: list[Fault] | None = None) -> MalformedError:
    found = faults or [Fault("", "malformed-json", detail)]
    return MalformedError(detail, code="malformed-json", faults=found)
