"""Manifest: the list of a version's files, a line of JSON for each, as its maker sends it."""

from __future__ import annotations

import json
from typing import Any, cast

from wanllmdb_server.domain import artifact as rules
from wanllmdb_server.domain.artifact import Entry
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.file import is_digest


def entry_of(number: int, line: bytes) -> Entry:
    """A file as a line of a manifest says it."""
    try:
        said = _object(line)
        entry = Entry(
            path=_text(said.pop("path")),
            size=_whole(said.pop("size", 0)),
            digest=_sha256(said.pop("digest", None)),
            reference=_text_or_none(said.pop("reference", None)),
            checksum=_text_or_none(said.pop("checksum", None)),
            extra=_small(said.pop("extra", None)),
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise bad_line(number, "It is no file of a version.") from error
    if said:
        raise bad_line(number, f"'{min(said)[:64]}' is no field of a file.")
    if fault := rules.entry_fault(entry):
        raise bad_line(number, fault)
    return entry


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _sha256(value: object) -> str | None:
    if value is None:
        return None
    kind, _, digest = _text(value).partition(":")
    if kind != "sha256" or not is_digest(digest):
        raise ValueError
    return digest


def _small(value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(json.dumps(value)) > rules.MAX_EXTRA_BYTES:
        raise TypeError
    return cast("dict[str, Any]", value)


def bad_line(number: int, detail: str) -> InvalidError:
    """The error for a line that names no file."""
    told = f"Line {number}: {detail}"
    fault = Fault(f"/manifest/{number}", "bad-manifest", told)
    return InvalidError(told, code="bad-manifest", faults=[fault])


def _object(line: bytes) -> dict[str, Any]:
    said: object = json.loads(line)
    if not isinstance(said, dict):
        raise TypeError
    return cast("dict[str, Any]", said)
