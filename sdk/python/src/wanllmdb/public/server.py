"""Server: what `Api()` asks, and what an answer that says no means for its caller.

Every question waits for its answer. Nobody answers: it is asked again, for as long as the Api is
patient, and then a `CommError`. What is asked may be asked twice: the server keeps it once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode

from wanllmdb.answer import Answer, NoAnswerError
from wanllmdb.body import Content
from wanllmdb.errors import AbsentError, AuthenticationError, CommError
from wanllmdb.http import Timeouts
from wanllmdb.login import connect
from wanllmdb.settings import Settings

PATIENCE: Final = 30.0  # seconds, from the first time that nobody answered
READ_SECONDS: Final = 30.0  # a long history is counted before its first row comes
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0

Query = Mapping[str, str | int | bool | Iterable[str] | None]


class Server:
    """One server, asked by one user; one question at a time.

    Args:
        settings: where it is, and what it is shown.
        timeout: seconds to wait for an answer, and for somebody who answers.
        clock, sleep: of the waiting.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        timeout: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        timeouts = Timeouts(read=timeout or settings.http_timeout or READ_SECONDS)
        self.url = settings.base_url
        self._http = connect(settings, timeouts=timeouts)
        self._patience = timeout or PATIENCE
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()

    def get(self, path: str, query: Query | None = None) -> Mapping[str, Any]:
        """The answer to `GET /api/v1{path}`."""
        return self.ask("GET", path + query_text(query or {}))

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Content | None = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        into: BinaryIO | None = None,
    ) -> Mapping[str, Any]:
        """The answer to a request, `path` from `/api/v1` on.

        Raises:
            AbsentError: there is no such thing, or it is not for this user to see.
            AuthenticationError: the server does not know the key, or was shown none.
            CommError: the server says no for another reason, or nobody answers.
        """
        with self._turn:
            answer = self._patiently(
                lambda: self._http.request(
                    method,
                    f"/api/v1{path}",
                    body,
                    content_type=content_type,
                    headers=headers,
                    into=into,
                )
            )
        if answer.ok:
            return answer.body
        raise self._refused(answer)

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        end = self._clock() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                return ask()
            except NoAnswerError as error:
                wait = pause if error.retry_after is None else error.retry_after
                if error.permanent or self._clock() + wait > end:
                    raise CommError(str(error)) from error
            self._sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _refused(self, answer: Answer) -> CommError:
        detail = answer.detail
        faults = answer.body.get("errors")
        if isinstance(faults, list) and faults:
            said = "; ".join(f"{each.get('pointer')}: {each.get('detail')}" for each in faults)
            detail = f"{detail} ({said})"
        if answer.status == 401:
            return AuthenticationError(
                f"{self.url} does not know who asks: {detail} "
                "Run `wanllmdb login`, or set WANLLMDB_API_KEY."
            )
        if answer.status in {404, 410}:
            return AbsentError(detail)
        return CommError(detail)


def project_path(entity: str, project: str) -> str:
    """The path of a project."""
    return f"/projects/{quote(entity, safe='')}/{quote(project, safe='')}"


def run_path(entity: str, project: str, run: str) -> str:
    """The path of a run."""
    return f"{project_path(entity, project)}/runs/{quote(run, safe='')}"


def query_text(query: Query) -> str:
    """The query of a URL; None is left out, of several values each is said."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, bool):
            pairs.append((name, "true" if value else "false"))
        elif isinstance(value, (str, int)):
            pairs.append((name, str(value)))
        else:
            pairs += [(name, each) for each in value]
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""
