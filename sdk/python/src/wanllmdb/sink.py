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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class SinkError(Exception):
    """The sink did not do what it was asked."""


class UnreachableError(SinkError):
    """No answer that can be used; the outcome is unknown. The call may be repeated.

    Attributes:
        retry_after: seconds that the sink asked to be left alone for, if it did.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


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
        url: the run's page, for people.
    """

    run: Mapping[str, Any]
    resumed: bool
    last_step: int | None
    url: str

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

    def open_run(self, payload: Mapping[str, Any]) -> OpenedRun:
        """Make the run known, or find that it is; `payload` is that of `wire.Kind.RUN`."""
        ...

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        """Hand over one batch, as `wire.pack` made it; return when it is durable."""
        ...

    def heartbeat(self, owner: str, project: str, run: str) -> Pulse:
        """Say that the run lives."""
        ...

    def close(self) -> None:
        """Give connections back. A later call opens them again."""
        ...
