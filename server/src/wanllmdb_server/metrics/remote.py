"""RemoteMetricStore: the store of another process of this server, asked over HTTP.

What is asked here is done there (`fronts/internal`), and what that store promises is what this
one promises. Where it does not answer, every method raises `UnavailableError`, and works again
as soon as it does: nothing is opened anew. What may be asked twice is, where a connection that
was kept has died; rows are not, for their sender does so and is told how many of them were new.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from wanllmdb.wire import Batch
from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.errors import UnavailableError
from wanllmdb_server.domain.hop import KEY_HEADER, STORE_PATH
from wanllmdb_server.domain.receipt import Count, WriterTotals
from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.domain.series import (
    Accepted,
    Chart,
    Curve,
    KeyStats,
    Overview,
    Points,
    Scan,
    Series,
    Superseded,
    Tail,
    Window,
)
from wanllmdb_server.metrics import hop, overview
from wanllmdb_server.metrics import hop_answers as answers
from wanllmdb_server.metrics.channel import RETRY_AFTER_S, Answer, Channel
from wanllmdb_server.metrics.store import Reply

QUICK_S: Final = 30.0  # for an answer that a page or a script waits for
SLOW_S: Final = 600.0  # for what reads or writes all of a run
COMPLAIN_S: Final = 60.0  # a service that does not know us is said so often

logger = logging.getLogger("wanllmdb.remote")


class RemoteMetricStore:
    """A `MetricStore` at the other end of a channel."""

    def __init__(self, url: str, key: str) -> None:
        """`url` of the metric service; `key` is what processes of this server show each other."""
        self._channel = Channel(url, {"Content-Type": hop.CONTENT_TYPE, KEY_HEADER: key})
        self._url = url
        self._complained = -COMPLAIN_S

    async def append(self, run: int, batch: Batch) -> Accepted:
        """See `MetricStore`."""
        said = (batch.writer, batch.start, batch.end, batch.count, batch.kinds, batch.body)
        question = hop.Append(run, *said)
        return answers.accepted_of(await self._ask("append", question, again=False))

    def offer(self, run: int, batch: Batch, reply: Reply) -> bool:  # noqa: ARG002
        """See `MetricStore`: what is far away takes nothing without waiting."""
        return False

    async def begin_attempt(
        self, run: int, writer: str, *, at: int, since: int, after: int | None = None
    ) -> None:
        """See `MetricStore`."""
        await self._ask("begin_attempt", hop.Begin(run, writer, at, since, after))

    async def join_attempt(self, run: int, writer: str, *, at: int) -> None:
        """See `MetricStore`."""
        await self._ask("join_attempt", hop.Join(run, writer, at))

    async def copy(self, source: int, target: int, until: int) -> None:
        """See `MetricStore`."""
        await self._ask("copy", hop.Copy(source, target, until), timeout_s=SLOW_S)

    async def positions(self, run: int, writers: Sequence[str] | None = None) -> Mapping[str, int]:
        """See `MetricStore`."""
        question = hop.Positions(run, None if writers is None else list(writers))
        return answers.positions_of(await self._ask("positions", question))

    async def writers(self, run: int) -> Mapping[str, WriterTotals]:
        """See `MetricStore`."""
        return answers.writers_of(await self._ask("writers", hop.OfRun(run)))

    async def count(self, run: int) -> Count:
        """See `MetricStore`."""
        return answers.count_of(await self._ask("count", hop.OfRun(run), timeout_s=SLOW_S))

    async def curves(self, series: Sequence[Series], window: Window, buckets: int) -> list[Curve]:
        """See `MetricStore`."""
        question = _draw(Chart(series, window, buckets))
        return answers.curves_of(await self._ask("curves", question), series)

    async def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        """See `MetricStore`."""
        question = hop.DrawAll([_draw(chart) for chart in charts])
        return answers.charts_of(await self._ask("charts", question), charts)

    async def points(
        self,
        series: Series,
        window: Window,
        *,
        limit: int,
        cursor: str | None = None,
        superseded: Superseded = "hide",
    ) -> Points:
        """See `MetricStore`."""
        page = (window.first, window.last, limit, cursor, superseded)
        question = hop.Page(series.run, series.key, *page)
        return answers.points_of(await self._ask("points", question), series)

    async def scan(
        self, series: Sequence[Series], window: Window, superseded: Superseded = "hide"
    ) -> list[Scan]:
        """See `MetricStore`."""
        question = hop.Look(hop.pairs(series), window.first, window.last, superseded)
        return answers.scans_of(await self._ask("scan", question, timeout_s=SLOW_S), series)

    async def tail(self, series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        """See `MetricStore`."""
        question = hop.Follow(hop.pairs(series), list(after))
        return answers.tails_of(await self._ask("tail", question), series)

    async def keys(
        self, runs: Sequence[int], keys: Sequence[str] | None = None
    ) -> dict[int, list[KeyStats]]:
        """See `MetricStore`."""
        question = hop.Keys(list(runs), None if keys is None else list(keys))
        return answers.keys_of(await self._ask("keys", question))

    async def overview(self, runs: Sequence[int], keys: Sequence[str] | None = None) -> Overview:
        """See `MetricStore`."""
        return overview.of_stats(await self.keys(runs, keys))

    async def seal(self, run: int) -> None:
        """See `MetricStore`."""
        await self._ask("seal", hop.OfRun(run), timeout_s=SLOW_S)

    async def weigh(self, runs: Sequence[int]) -> dict[int, dict[Part, Weight]]:
        """See `MetricStore`."""
        question = hop.Runs(list(runs))
        return answers.weights_of(await self._ask("weigh", question, timeout_s=SLOW_S))

    async def release(self, run: int, parts: Sequence[Part]) -> Weight:
        """See `MetricStore`."""
        question = hop.Release(run, list(parts))
        return answers.weight_of(await self._ask("release", question, timeout_s=SLOW_S))

    async def damage(self, runs: Iterable[int]) -> dict[int, list[Damage]]:
        """See `MetricStore`."""
        return answers.damage_of(await self._ask("damage", hop.Runs(list(runs))))

    async def forget(self, run: int) -> None:
        """See `MetricStore`."""
        await self._ask("forget", hop.OfRun(run))

    async def close(self) -> None:
        """Close the connections; the store itself is not ours to close."""
        self._channel.close()

    async def _ask(
        self,
        method: str,
        question: msgspec.Struct,
        *,
        timeout_s: float = QUICK_S,
        again: bool = True,
    ) -> bytes:
        answer = await self._channel.post(
            STORE_PATH + method, hop.asked(question), timeout_s=timeout_s, again=again
        )
        if answer.kind == hop.CONTENT_TYPE:
            if answer.status == hop.REFUSED:
                raise hop.refusal_of(answer.content)
            return answer.content
        raise self._stranger(method, answer)

    def _stranger(self, method: str, answer: Answer) -> UnavailableError:
        """What answered is no metric service, or none of ours; that is for the log."""
        now = time.monotonic()
        if now - self._complained >= COMPLAIN_S:
            self._complained = now
            logger.error(
                "the metric service at %s answered %s with status %d: %s",
                self._url,
                method,
                answer.status,
                answer.content[:200].decode("utf-8", "replace"),
            )
        return UnavailableError(
            "The metric service does not answer as one of this server.",
            code="metrics-unavailable",
            retry_after=RETRY_AFTER_S,
        )


def _draw(chart: Chart) -> hop.Draw:
    window = chart.window
    return hop.Draw(hop.pairs(chart.series), window.first, window.last, chart.buckets)
