"""Tee: two sinks in the place of one, say the own server and the team's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanllmdb.sink import Ack, GapError, OpenedRun, Pulse, RefusedError, Sink

if TYPE_CHECKING:
    from wanllmdb.carrier import Carrier


class TeeSink:
    """Two sinks at once, say the own server and the team's.

    A record counts as acknowledged when both hold it; while one is away, both wait for it, so
    neither misses anything. Each knows the run under its own owner and project.
    """

    def __init__(self, first: Sink, second: Sink) -> None:
        self._sinks = (first, second)
        self._opened: dict[str, tuple[OpenedRun, OpenedRun]] = {}

    @property
    def answers(self) -> int:
        """Of the one that answers less: without it nothing gets on."""
        return min(sink.answers for sink in self._sinks)

    def open_run(self, payload: Mapping[str, Any]) -> OpenedRun:
        """Open it in both; the first one's answer is the one to show."""
        first, second = (sink.open_run(payload) for sink in self._sinks)
        self._opened[first.id] = (first, second)
        return first

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        """Send to both. If one lacks earlier records, both are sent them again."""
        del owner, project
        acks: list[Ack] = []
        gaps: list[GapError] = []
        for sink, there in zip(self._sinks, self._runs(run), strict=True):
            try:
                ack = sink.send(there.owner, there.project, there.id, writer, content)
            except GapError as gap:  # noqa: PERF203  twice is no loop
                gaps.append(gap)
            else:
                acks.append(ack)
        if gaps:
            raise min(gaps, key=lambda gap: gap.expected)
        return Ack(
            position=min(ack.position for ack in acks),
            rejected=[each for ack in acks for each in ack.rejected],
            stop=any(ack.stop for ack in acks),
            watched=any(ack.watched for ack in acks),
        )

    def heartbeat(self, owner: str, project: str, run: str) -> Pulse:
        """Both hear that the run lives; either may ask it to stop."""
        del owner, project
        pulses = [
            sink.heartbeat(opened.owner, opened.project, opened.id)
            for sink, opened in zip(self._sinks, self._runs(run), strict=True)
        ]
        return Pulse(
            stop=any(pulse.stop for pulse in pulses),
            watched=any(pulse.watched for pulse in pulses),
        )

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
        """Hand it over to both."""
        del owner, project
        for sink, there in zip(self._sinks, self._runs(run), strict=True):
            sink.put_file(
                there.owner, there.project, there.id, path, content, digest=digest, mime=mime
            )

    def carrier(self, moved: Callable[[int], None] | None = None) -> Carrier:
        """The first one's: what goes to a store of artifacts goes to one of the two."""
        return self._sinks[0].carrier(moved)

    def renewed(self) -> bool:
        """Whether either has another key."""
        renewed = [sink.renewed() for sink in self._sinks]  # both are asked
        return any(renewed)

    def close(self) -> None:
        """Close both."""
        for sink in self._sinks:
            sink.close()

    def _runs(self, run: str) -> tuple[OpenedRun, OpenedRun]:
        try:
            return self._opened[run]
        except KeyError:
            raise RefusedError(404, "run-not-found", "The run was not opened here.") from None
