"""Sink: where a spool empties to.

Whoever implements it promises: `send` answers only when the records are durable; sent again,
alone or in another batch, a record is kept once; a batch that begins behind what the sink
holds of its writer is refused with `GapError`, which says where to begin. Every call may be
repeated. One thread uses a sink at a time.

    SinkError
    ├── UnreachableError     nobody answered, or not now: the same call may succeed later
    └── RefusedError         understood, and refused
        └── GapError         records between are missing; says from where to send
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from urllib.parse import quote, urljoin

from wanllmdb.branch import Branch
from wanllmdb.http import Answer, Http, Login, NoAnswerError, Timeouts, base_url
from wanllmdb.wire import CONTENT_TYPE

BEAT_SECONDS: Final = 10.0  # between heart-beats while a large file is on its way

if TYPE_CHECKING:
    from wanllmdb.carrier import Carrier


class SinkError(Exception):
    """The sink did not do what it was asked."""


class UnreachableError(SinkError):
    """No answer that can be used; the outcome is unknown. The call may be repeated.

    Attributes:
        retry_after: seconds that the sink asked to be left alone for, if it did.
        permanent: it will be the same until somebody changes the configuration.
        timed_out: the sink was there and did not answer in time: less may get through.
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


class RefusedError(SinkError):
    """The sink understood and refused; the same call will be refused again.

    Attributes:
        status: 401 wrong key, 403 not allowed, 404 no such run, 409 conflict, 410 gone,
            400, 413 and 422 something in the content.
        code: a stable word for machines, such as `run-not-found`.
        detail: a sentence for people.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail or code or f"refused with status {status}")
        self.status = status
        self.code = code
        self.detail = detail


class GapError(RefusedError):
    """A batch begins behind what the sink holds; it wants what follows `expected`."""

    def __init__(self, expected: int, detail: str = "") -> None:
        super().__init__(409, "position-gap", detail)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run as the server knows it.

    Attributes:
        run: the server's words: id, name, owner, project, config, color …
        resumed: it was there before.
        last_step: the highest step that it holds, if any.
        first_step: the step that this writer begins with; None if the server does not say.
        url: the run's page, for people.
        summary_set: keys of its summary that were set, and stand until they are logged again.
    """

    run: Mapping[str, Any]
    resumed: bool
    last_step: int | None
    url: str
    first_step: int | None = None
    summary_set: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return str(self.run["id"])

    @property
    def owner(self) -> str:
        return str(self.run["owner"])

    @property
    def project(self) -> str:
        return str(self.run["project"])


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of a batch.

    Attributes:
        position: the writer may forget everything up to here.
        rejected: records of it that were passed over, each with position, code, detail.
        stop: somebody asked the run to stop.
        watched: somebody looks at the run just now.
    """

    position: int
    rejected: Sequence[Mapping[str, Any]] = field(default=())
    stop: bool = False
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a heart-beat brings back."""

    stop: bool = False
    watched: bool = False


class Sink(Protocol):
    """Takes runs and batches. All methods raise `SinkError`."""

    @property
    def answers(self) -> int:
        """How many calls it has answered: grows as long as it takes what it is given."""
        ...

    def open_run(self, payload: Mapping[str, Any]) -> OpenedRun:
        """Make the run known, or find that it is; `payload` is that of `wire.Kind.RUN`."""
        ...

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        """Hand over one batch, as `wire.pack` made it; return when it is durable."""
        ...

    def heartbeat(self, owner: str, project: str, run: str) -> Pulse:
        """Say that the run lives."""
        ...

    def put_file(
        self,
        owner: str,
        project: str,
        run: str,
        path: str,
        content: bytes | Path,
        *,
        digest: str,
        mime: str,
    ) -> None:
        """Hand over a file of the run; `digest` is its SHA-256 in hex. Twice is kept once.

        A large one is given as a path. The run counts as alive while it is on its way.
        """
        ...

    def carrier(self, moved: Callable[[int], None] | None = None) -> Carrier:
        """Who carries out the orders of runs there; `moved` is told of bytes that were taken."""
        ...

    def renewed(self) -> bool:
        """Whether there is another key to show than the one that was refused; it is taken."""
        ...

    def close(self) -> None:
        """Give connections back. A later call opens them again."""
        ...


class HttpSink:
    """A wanLLMDB server, over HTTP.

    `metric_url` may name another address for batches; without one they go where the server says
    that they shall (`branch`), or where the rest goes.
    """

    def __init__(
        self,
        api_url: str,
        credential: str | Login | None,
        *,
        metric_url: str | None = None,
        timeouts: Timeouts | None = None,
        ca_file: str | None = None,
        environ: Mapping[str, str] | None = None,
        fresh_key: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            api_url: of the server.
            credential: an API key, or a `Login`, or None.
            metric_url: where batches go, whatever the server says.
            timeouts: of connections and answers.
            ca_file: certificates to trust instead of the system's.
            environ: of proxies and certificates, instead of `os.environ`.
            fresh_key: a key that turned up since it was last asked, or None.
        """
        self._fresh_key = fresh_key
        self._writer: object = None
        self._credential = credential

        def http(url: str) -> Http:
            shown = self._credential
            return Http(url, shown, timeouts=timeouts, ca_file=ca_file, environ=environ)

        self._another = lambda: http(api_url)
        self._http, self._beside = http(api_url), http(api_url)
        self._is_told = metric_url is not None
        given = metric_url and base_url(metric_url) != self._http.url
        self._metrics = http(metric_url) if metric_url and given else self._http
        self._branch = Branch(self._metrics, http)

    @property
    def answers(self) -> int:
        """Of the server, or of the two."""
        metrics = self._metrics.answers if self._metrics is not self._http else 0
        return self._http.answers + metrics + self._branch.answers

    def open_run(self, payload: Mapping[str, Any]) -> OpenedRun:
        """`POST /runs`: idempotent, creates the project when it is missing."""
        body = self._ask(self._http, "/api/v1/runs", payload)
        found: object = body.get("run")
        run = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        if not run.keys() >= {"id", "owner", "project"}:
            raise UnreachableError("The server's answer names no run.")
        self._writer = payload.get("writer")
        if not self._is_told:
            self._branch.name(body.get("metric_url"))
        step, first = body.get("last_step"), body.get("first_step")
        return OpenedRun(
            run=run,
            resumed=bool(body.get("resumed")),
            last_step=step if isinstance(step, int) else None,
            url=urljoin(f"{self._http.url}/", str(run.get("url", "")).lstrip("/")),
            first_step=first if isinstance(first, int) else None,
            summary_set=_names(body.get("summary_set")),
        )

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        """`POST …/writers/{writer}/batches`: answers when the records are durable."""
        path = f"{_run_path(owner, project, run)}/writers/{quote(writer, safe='')}/batches"
        try:
            answer = self._branch.post(path, content, content_type=CONTENT_TYPE)
        except NoAnswerError as error:
            raise _unreachable(error) from error
        body = _understood(answer)
        position = body.get("position")
        if not isinstance(position, int):
            raise UnreachableError("The server's answer names no position.")
        return Ack(
            position=position,
            rejected=cast("list[dict[str, Any]]", body.get("rejected") or []),
            stop=bool(body.get("stop")),
            watched=bool(body.get("watched")),
        )

    def heartbeat(self, owner: str, project: str, run: str) -> Pulse:
        """`POST …/heartbeat`."""
        said = {"writer": self._writer} if self._writer else {}
        body = self._ask(self._http, f"{_run_path(owner, project, run)}/heartbeat", said)
        return Pulse(stop=bool(body.get("stop")), watched=bool(body.get("watched")))

    def put_file(
        self,
        owner: str,
        project: str,
        run: str,
        path: str,
        content: bytes | Path,
        *,
        digest: str,
        mime: str,
    ) -> None:
        """`PUT …/files/{path}`."""
        where = f"{_run_path(owner, project, run)}/files/{quote(path)}"
        headers = {"X-Wanllmdb-Digest": f"sha256:{digest}"}
        beat = _Beat(lambda: self._beat_beside(owner, project, run))
        try:
            answer = self._http.request(
                "PUT", where, content, content_type=mime, headers=headers, meanwhile=beat
            )
        except NoAnswerError as error:
            raise _unreachable(error) from error
        if not answer.ok:
            raise RefusedError(answer.status, answer.code, answer.detail)

    def _beat_beside(self, owner: str, project: str, run: str) -> None:
        """Say that the run lives over another connection: the first one is busy."""
        said = {"writer": self._writer} if self._writer else {}
        with contextlib.suppress(NoAnswerError):
            self._beside.request("POST", f"{_run_path(owner, project, run)}/heartbeat", said)

    def carrier(self, moved: Callable[[int], None] | None = None) -> Carrier:
        """Who brings the orders of a run to this server, over connections of its own."""
        from wanllmdb.carrier import Carrier

        return Carrier(self._another, moved=moved)

    def renewed(self) -> bool:
        """Show a key that turned up meanwhile, if one did."""
        key = self._fresh_key()
        if key is None:
            return False
        self._credential = key
        for http in (self._http, self._beside, self._metrics, self._branch):
            http.use(key)
        return True

    def close(self) -> None:
        """Give the connections back."""
        for http in (self._http, self._beside, self._metrics, self._branch):
            http.close()

    def _ask(self, http: Http, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return _understood(http.request("POST", path, body))
        except NoAnswerError as error:
            raise _unreachable(error) from error


def _understood(answer: Answer) -> Mapping[str, Any]:
    """What an answer says; raises what it refuses."""
    if answer.ok:
        return answer.body
    expected = answer.body.get("expected")
    if answer.status == 409 and isinstance(expected, int):
        raise GapError(expected, answer.detail)
    raise RefusedError(answer.status, answer.code, answer.detail)


class _Beat:
    """Calls something, at most every ten seconds."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._next = time.monotonic() + BEAT_SECONDS

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + BEAT_SECONDS
            self._call()


def _unreachable(error: NoAnswerError) -> UnreachableError:
    return UnreachableError(
        str(error),
        retry_after=error.retry_after,
        permanent=error.permanent,
        timed_out=error.timed_out,
    )


def _names(said: object) -> tuple[str, ...]:
    """A list of names; empty if a server of before says none."""
    found = cast("list[object]", said) if isinstance(said, list) else []
    return tuple(each for each in found if isinstance(each, str))


def _run_path(owner: str, project: str, run: str) -> str:
    names = (quote(each, safe="") for each in (owner, project, run))
    return "/api/v1/projects/{}/{}/runs/{}".format(*names)
