"""Cursors: where a list goes on, as text that only the list which gave it will take.

A cursor holds the values of the last item shown, which the asker has seen anyway; it grants
nothing. The digest in front catches what was damaged, or given by another list.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any, Final

from wanllmdb_server.domain.errors import Fault, MalformedError

_DIGEST: Final = 6
_MAX: Final = 4096
_INT64: Final = 1 << 63


def write_cursor(of: str, *values: str | float) -> str:
    """A cursor of the list that `of` names, filters and order included."""
    body = json.dumps(values).encode()
    return _text(_digest(of, body) + body)


def read_cursor(of: str, text: str, *kinds: type) -> list[Any]:
    """The values of a cursor, which are of these kinds (a `float` may be whole).

    Raises:
        MalformedError: not a cursor of this list; code `bad-cursor`.
    """
    try:
        packed = base64.b64decode(_padded(text), altchars=b"-_", validate=True)
        digest, body = packed[:_DIGEST], packed[_DIGEST:]
        ours = digest == _digest(of, body) and _text(packed) == text
        values = list(json.loads(body)) if ours else []
        if len(values) == len(kinds) and all(map(_is, values, kinds)):
            return values
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass  # whatever else it is, it is no cursor
    detail = "This cursor was not given by this list, with these filters and this order."
    raise MalformedError(detail, code="bad-cursor", faults=[Fault("/cursor", "bad-cursor", detail)])


def _is(value: object, kind: type) -> bool:
    """Whether a value is of the kind, and one that a database can compare with."""
    match value:
        case bool():
            return False
        case int():
            return kind in (int, float) and -_INT64 <= value < _INT64
        case str():
            return kind is str and _encodable(value)
        case _:
            return kind is float and isinstance(value, float)


def _encodable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _padded(text: str) -> bytes:
    return text[:_MAX].encode("ascii") + b"=" * (-len(text[:_MAX]) % 4)


def _digest(of: str, body: bytes) -> bytes:
    return hashlib.sha256(of.encode("utf-8", "surrogatepass") + b"\0" + body).digest()[:_DIGEST]
