"""EventBus: who hears that something moved.

Promises: `publish` never waits and never fails for a listener's sake; a listener hears the
events of its topics in the order of their publishing; a listener that does not keep up loses
the oldest events and is told so by `Subscription.missed`, never the process its memory.
Events carry no data (domain/event.py), so a lost one costs a look into the store.

Threads and loops: `publish` and `listeners` may be called from any thread; a subscription
belongs to the event loop on which it was opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

from wanllmdb_server.domain.event import Event


class Subscription(Protocol):
    """One listener's queue: an async context manager, and an async iterator of events."""

    @property
    def missed(self) -> int:
        """How many events were dropped because the queue was full."""
        ...

    def add(self, topics: Iterable[str]) -> None:
        """Listen on these topics as well; a topic that is listened on already stays so."""
        ...

    def remove(self, topics: Iterable[str]) -> None:
        """Listen on these topics no longer."""
        ...

    def drain(self) -> list[Event]:
        """Everything that waits in the queue, at once, without waiting."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> Event: ...


class EventBus(Protocol):
    """Carries events from services to whoever listens, in this process or in others."""

    def publish(self, topic: str, event: Event) -> None:
        """Tell everybody who listens on the topic; returns at once."""
        ...

    def subscribe(self, topics: Iterable[str], *, limit: int = 1024) -> Subscription:
        """A queue of at most `limit` events; listens from here on, until its context ends."""
        ...

    def listeners(self, topic: str) -> int:
        """How many subscriptions listen on the topic."""
        ...
