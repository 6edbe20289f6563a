"""Answer: what a server of ours said, told from what anybody else may say in its place.

An answer is JSON that a wanLLMDB server sent, whatever it says. Everything else, "busy", a
proxy's error page, a captive portal's friendly HTML, half an answer, a redirection, is
`NoAnswerError`: the outcome is unknown, and the same request may be made again.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from wanllmdb.tls import is_plain_to_tls, use_https

# A stranger at the address does not go away in a second.
STRANGER_SECONDS: Final = 30.0
LONGEST_RETRY_AFTER: Final = 3600.0
LATER: Final = frozenset({408, 425, 429})


class NoAnswerError(Exception):
    """Nobody answered, or not a server of ours, or not now.

    Attributes:
        retry_after: seconds to leave the server alone, if it or the failure says so.
        permanent: it will be the same until somebody changes the configuration.
        timed_out: there was a connection, and no answer in time: less may get through.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        permanent: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.permanent = permanent
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: the status and the JSON body, of success or of a problem."""

    status: int
    body: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def code(self) -> str:
        """The problem's stable word, empty if there is none."""
        return str(self.body.get("code", ""))

    @property
    def detail(self) -> str:
        """The problem's sentence for people."""
        return str(self.body.get("detail") or self.body.get("title") or f"status {self.status}")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came over the connection: status, headers by small names, content."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def kind(self) -> str:
        """The media type."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def understand(heard: Heard, url: str) -> Answer:
    """The answer of a server of ours at `url`.

    Raises:
        NoAnswerError: it is anybody else's, or says "later".
    """
    status = heard.status
    if status in LATER or status >= 500:
        raise NoAnswerError(
            f"{url} is busy (status {status})", retry_after=retry_after(heard.headers)
        )
    if 300 <= status < 400:
        raise _redirected(heard, url)
    if status == 204:
        return Answer(204, {})
    if heard.kind in {"application/json", "application/problem+json"}:
        return Answer(status, _body(heard, url))
    if status == 413:
        # A proxy's limit, told by the proxy's own page: smaller pieces may pass.
        return Answer(413, {"code": "too-large", "detail": "A proxy refuses the size."})
    if url.startswith("http:") and is_plain_to_tls(heard.content[:4096].decode("latin-1")):
        raise NoAnswerError(use_https(url), permanent=True)
    raise _stranger(heard, url)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds from a Retry-After header, which may hold seconds or a date; an hour at most.

    A date is held against the Date of the same answer: the server's clock, not ours.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        then = _date(value)
        if then is None:
            return None
        said = _date(headers.get("date", ""))
        seconds = then - (said if said is not None else time.time() if now is None else now)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _date(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _body(heard: Heard, url: str) -> dict[str, Any]:
    try:
        body: object = json.loads(heard.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise NoAnswerError(f"{url} gave an answer that cannot be read (status {heard.status})")
    return body


def _redirected(heard: Heard, url: str) -> NoAnswerError:
    """No redirection is followed: the key is for this address and for no other."""
    try:
        there = urlsplit(urljoin(f"{url}/", heard.headers.get("location", "")))
        place = f"{there.scheme}://{there.netloc.rpartition('@')[2]}"
    except ValueError:
        place = ""
    told = place if place.isascii() and place.isprintable() and place else "somewhere else"
    return NoAnswerError(
        f"{url} sends us on to {told}, and the key goes nowhere else; if the server is there, "
        "set WANLLMDB_API_URL to it",
        retry_after=STRANGER_SECONDS,
    )


def _stranger(heard: Heard, url: str) -> NoAnswerError:
    kind = heard.kind or "no content type"
    page = ", perhaps the sign-in page of this network" if heard.kind == "text/html" else ""
    return NoAnswerError(
        f"What answers at {url} (status {heard.status}, {kind}) is not a wanLLMDB server{page}",
        retry_after=STRANGER_SECONDS,
    )
