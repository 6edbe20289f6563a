"""Ticket: a permission in a URL, for who cannot show a key: to put or get one file, for a while.

It names the user for whom it was made, who is asked again when it is used: a ticket gives nobody
more than that user has then. It is signed, not secret: whoever has the URL may use it until it
runs out, so it is short-lived and for one file alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

LIFETIME_US: Final = 24 * 3600 * 1_000_000  # a client may wait long for its turn to send
MAX_TEXT: Final = 8192

What = Literal["put", "get"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What may be done to what, by which user, until when (microseconds since the epoch).

    The file is one of a run, or of a version (its id); then `checksum` is what it has to be.
    """

    what: What
    user: str
    owner: str
    project: str
    run: str
    path: str
    until: int
    version: str = ""
    checksum: str = ""


def sealed(ticket: Ticket, key: str) -> str:
    """The ticket as a text for a URL, which nobody without the key can make."""
    content = json.dumps(asdict(ticket), separators=(",", ":"), sort_keys=True).encode()
    return _text(_seal(content, key) + content)


def opened(text: str, key: str, *, now: int) -> Ticket | None:
    """The ticket that `sealed` made; None if it is none, or has run out."""
    try:
        raw = base64.urlsafe_b64decode(text[:MAX_TEXT] + "=" * (-len(text) % 4))
    except ValueError:
        return None
    seal, content = raw[:32], raw[32:]
    if not hmac.compare_digest(seal, _seal(content, key)):
        return None
    ticket = Ticket(**json.loads(content))
    return ticket if now < ticket.until else None


def _seal(content: bytes, key: str) -> bytes:
    return hmac.digest(f"ticket {key}".encode(), content, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
