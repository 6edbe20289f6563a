"""Lines: what the files of a stream hold, as numbered records of our own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from wanllmdb.wire import Kind
from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.fronts.wandb.machine import reading
from wanllmdb_server.services.numbered import Record

_ROW: Final = int(Kind.ROW)
_SYSTEM: Final = int(Kind.SYSTEM)
_CONSOLE: Final = int(Kind.CONSOLE)
_MAX_STEP: Final = (1 << 63) - 1

_strict = msgspec.json.Decoder(dict[str, Any])


def history(lines: Sequence[str], offset: int, *, first_step: int, now: int) -> list[Record]:
    """Rows from lines of history, numbered as they are.

    A row from before `first_step` is known already: a second `wandb sync` sends all again.
    Raises InvalidError for a line that is no JSON mapping.
    """
    found: list[Record] = []
    for number, line in enumerate(lines, offset + 1):
        row = _mapping(line)
        step = row.pop("_step", None)
        if not _is_whole(step):
            step = number - 1
        time = _time(row.pop("_timestamp", None), now)
        row.pop("_runtime", None)  # the time since the run's start, which is known
        if step >= first_step:
            found.append((number, _ROW, (step, time, _flat(row))))
    return found


def events(lines: Sequence[str], offset: int, *, now: int) -> list[Record]:
    """Readings of the machine; raises InvalidError as `history`."""
    found: list[Record] = []
    for number, line in enumerate(lines, offset + 1):
        row = _mapping(line)
        time = _time(row.pop("_timestamp", None), now)
        values = dict(
            reading(key, value)
            for key, value in row.items()
            if not key.startswith("_") and isinstance(value, (int, float))
        )
        found.append((number, _SYSTEM, (number - 1, time, values)))
    return found


def console(lines: Sequence[str], offset: int, *, now: int) -> list[Record]:
    """What was printed. A line may come again with another text, under its number."""
    return [
        (number + 1, _CONSOLE, (*_printed(line, number, now),))
        for number, line in enumerate(lines, offset)
    ]


def _printed(line: str, number: int, now: int) -> tuple[str, int, int, str]:
    if line.startswith("{"):
        try:
            said = _strict.decode(line)
        except msgspec.DecodeError:
            said = {}
        if isinstance(said.get("content"), str):
            stream = "stderr" if said.get("level") == "error" else "stdout"
            return stream, number, _moment(said.get("ts"), now), said["content"].rstrip("\r\n")
    stream, text = "stdout", line
    if text.startswith("ERROR "):
        stream, text = "stderr", text[6:]
    first, _, rest = text.partition(" ")
    time = _moment(first, 0)
    if time:
        text = rest
    return stream, number, time or now, text.rstrip("\r\n")


def _moment(said: object, otherwise: int) -> int:
    """A time in ISO 8601 as microseconds."""
    if not isinstance(said, str) or len(said) < 19:
        return otherwise
    try:
        moment = dt.datetime.fromisoformat(said)
    except ValueError:
        return otherwise
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return int(moment.timestamp() * 1e6)


def _mapping(line: str) -> dict[str, Any]:
    try:
        return _strict.decode(line)
    except msgspec.DecodeError:
        pass
    try:  # bare NaN and Infinity, which the client writes
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"A line is no JSON: {error}", code="bad-line") from error
    if not isinstance(found, dict):
        raise InvalidError("A line is no JSON mapping.", code="bad-line")
    return cast("dict[str, Any]", found)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Nested mappings as keys with dots; media and the like, which say their `_type`, stay."""
    for value in row.values():
        if type(value) is dict:
            return dict(_leaves("", row))
    return row


def _leaves(prefix: str, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and "_type" not in value:
            yield from _leaves(f"{name}.", cast("dict[str, Any]", value))
        else:
            yield name, value


def _time(said: object, now: int) -> int:
    """Seconds as microseconds."""
    if isinstance(said, (int, float)) and 0 <= said < 1e12:
        return int(said * 1e6)
    return now


def _is_whole(step: object) -> bool:
    return isinstance(step, int) and not isinstance(step, bool) and -_MAX_STEP <= step <= _MAX_STEP
