"""Requests to a server: who we are, and how often we may ask again.

What counts as an answer is said in `answer`; how bytes get there and back in `connection`;
whose certificates are believed in `tls`; how a proxy is found in `proxies`; how often a
process may ask again in `budget`. A key goes to the server that it was given for, and nowhere
else, and is in no message.
"""

from __future__ import annotations

import functools
import json
import math
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from wanllmdb import budget as budgets
from wanllmdb.answer import Answer, NoAnswerError, understand
from wanllmdb.body import Content, size_of
from wanllmdb.budget import Budget
from wanllmdb.connection import Connection, Timeouts, Way, wants_account
from wanllmdb.proxies import find_proxy, proxy_for
from wanllmdb.tls import find_trust
from wanllmdb.version import VERSION

__all__ = ["Answer", "Http", "Login", "NoAnswerError", "Timeouts", "base_url", "proxy_for"]


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password, to be exchanged for a token."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username!r})"


class Http:
    """Talks to one server, over kept connections, one request at a time.

    In a fork child it begins anew: a connection is never shared between processes.
    `answers` counts what was answered, and what was taken of files.
    """

    def __init__(
        self,
        url: str,
        credential: str | Login | None,
        *,
        timeouts: Timeouts | None = None,
        ca_file: str | None = None,
        environ: Mapping[str, str] | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Prepare; the first request connects.

        Args:
            url: of the server, with or without `/api/v1`.
            credential: an API key, or a `Login`, or None for what anybody may ask.
            timeouts: see `Timeouts`.
            ca_file: certificates to trust instead of the system's.
            environ: instead of `os.environ`.
            budget: of retries, instead of that of the process.
        """
        self.url = base_url(url)
        self.answers = 0
        self._credential = credential
        self._environ = os.environ if environ is None else environ
        self._ca_file = ca_file
        self._budget = budget or budgets.PROCESS
        self._token = credential if isinstance(credential, str) else None
        self._connection = Connection(timeouts or Timeouts(), self._budget)
        self._failed_at: float | None = None

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Content | None = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        into: BinaryIO | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Answer:
        """Make a request and wait for the answer; if it is a retry, wait for its turn.

        Args:
            method: GET, POST …
            path: from the root of the server: `/api/v1/me`.
            body: to be sent as JSON, or bytes or a file as they are.
            content_type: of bytes.
            headers: more of them.
            into: takes the content of an answer with status 200, whatever it is.
            meanwhile: called for every mebibyte of a file that was sent; it is a sign of life.

        Raises:
            NoAnswerError: the outcome is unknown, or the server asks to come back later.
        """
        if isinstance(body, Mapping):
            body, content_type = _json(body), "application/json"
        if self._token is None and isinstance(self._credential, Login):
            answer = self._log_in(self._credential)
            if not answer.ok:
                return answer
        ask = functools.partial(
            self._exchange,
            method,
            path,
            body,
            content_type,
            headers,
            into=into,
            meanwhile=functools.partial(self._heard, meanwhile),
        )
        answer = ask()
        if answer.status == 401 and isinstance(self._credential, Login):
            # The token has run out; the password may still be good.
            answer = self._log_in(self._credential)
            if answer.ok:
                answer = ask()
        return answer

    def _heard(self, meanwhile: Callable[[], None] | None) -> None:
        """Something of a file was taken."""
        self.answers += 1
        if meanwhile is not None:
            meanwhile()

    def use(self, key: str) -> None:
        """Show another key from now on."""
        self._credential = self._token = key

    def close(self) -> None:
        """Give the connections back; a later request opens new ones."""
        self._connection.close()

    def _log_in(self, login: Login) -> Answer:
        self._token = None
        content = _json({"username": login.username, "password": login.password})
        answer = self._exchange("POST", "/api/v1/auth/login", content, "application/json")
        if answer.ok:
            self._token = str(answer.body.get("token", ""))
        return answer

    def _exchange(
        self,
        method: str,
        path: str,
        content: Content | None,
        kind: str,
        more: Mapping[str, str] | None = None,
        *,
        into: BinaryIO | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Answer:
        """One request, when it may be made; what comes of it decides about the next."""
        way = self._way()
        if closed := self._budget.closed(way):
            raise NoAnswerError(closed[1], retry_after=closed[0], permanent=True)
        self._budget.wait(way, self._failed_at)
        try:
            headers = self._headers(content, kind, more)
            heard = self._connection.fetch(
                way, method, path, content, headers, into=into, meanwhile=meanwhile
            )
            if heard.status == 407 and way.proxy:
                raise wants_account(way.proxy)
            is_taken = into is not None and heard.status == 200 and heard.kind != "text/html"
            answer = Answer(200, {}) if is_taken else understand(heard, self.url)
        except NoAnswerError as error:
            self._failed_at = self._budget.clock()
            if error.permanent:
                self.close()
                self._budget.close(way, str(error))
                error.retry_after = budgets.CLOSED_SECONDS
            raise
        self._failed_at = None
        self.answers += 1
        self._budget.answered(way)
        return answer

    def _headers(
        self, content: Content | None, kind: str, more: Mapping[str, str] | None
    ) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "User-Agent": f"wanllmdb/{VERSION} Python/{platform.python_version()}",
            **(more or {}),
        }
        if content is not None:
            headers["Content-Type"] = kind
            headers["Content-Length"] = str(size_of(content))
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _way(self) -> Way:
        secure = self.url.startswith("https:")
        trust = find_trust(self._ca_file, self._environ) if secure else None
        try:
            proxy = find_proxy(self.url, self._environ)
        except ValueError:
            raise NoAnswerError(
                "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is no address: http://host:port is one",
                permanent=True,
                retry_after=budgets.CLOSED_SECONDS,
            ) from None
        return Way(self.url, proxy, trust)


def base_url(url: str) -> str:
    """The server's address without `/api/v1` and without a slash at its end."""
    return url.strip().rstrip("/").removesuffix("/api/v1").rstrip("/")


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(_finite(body), allow_nan=False).encode()


def _finite(value: Any) -> Any:
    """The value with NaN and the infinities as the strings that the API takes for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
