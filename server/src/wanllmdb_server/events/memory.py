"""The EventBus of one process: queues in memory."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from wanllmdb_server.domain.event import Event, RunDeleted

_NEVER_WAS = RunDeleted(0, 0, "")  # what those hear who missed something: it wakes them


class MemoryEventBus:
    """Carries events between the services of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_topic: defaultdict[str, set[MemorySubscription]] = defaultdict(set)
        self._watchers: list[Callable[[], None]] = []

    def publish(self, topic: str, event: Event, *, besides: object = None) -> None:
        """Tell everybody who listens on the topic, but for one; returns at once."""
        if topic not in self._by_topic:  # the usual case by far: nobody looks
            return
        with self._lock:
            found = tuple(self._by_topic.get(topic, ()))
        for subscription in found:
            if subscription is not besides:
                subscription.offer(event)

    def subscribe(self, topics: Iterable[str], *, limit: int = 1024) -> MemorySubscription:
        """A queue of at most `limit` events; must be called on a running event loop."""
        subscription = MemorySubscription(self, limit)
        subscription.add(topics)
        return subscription

    def listeners(self, topic: str) -> int:
        """How many subscriptions listen on the topic."""
        if topic not in self._by_topic:  # as for `publish`
            return 0
        with self._lock:
            return len(self._by_topic.get(topic, ()))

    def topics(self, *, besides: object) -> set[str]:
        """The topics on which anybody but this one listens."""
        with self._lock:
            return {
                topic
                for topic, members in self._by_topic.items()
                if any(each is not besides for each in members)
            }

    def miss(self, *, besides: object) -> None:
        """Tell everybody but this one that events may have passed them by."""
        with self._lock:
            found = {each for members in self._by_topic.values() for each in members}
        for subscription in found:
            if subscription is not besides:
                subscription.miss()

    def on_change(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call this, from whatever thread, when somebody listens or leaves; gives what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def join(self, topics: Iterable[str], subscription: MemorySubscription) -> None:
        """Enter a subscription under these topics."""
        with self._lock:
            for topic in topics:
                self._by_topic[topic].add(subscription)
        self._changed()

    def leave(self, topics: Iterable[str], subscription: MemorySubscription) -> None:
        """Strike a subscription from these topics."""
        with self._lock:
            for topic in topics:
                members = self._by_topic.get(topic)
                if members is not None:
                    members.discard(subscription)
                    if not members:
                        del self._by_topic[topic]
        self._changed()

    def _changed(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()


class MemorySubscription:
    """A listener of a `MemoryEventBus`."""

    def __init__(self, bus: MemoryEventBus, limit: int) -> None:
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        self._topics: set[str] = set()
        self._queue: deque[Event] = deque(maxlen=limit)
        self._filled = asyncio.Event()
        self._missed = 0

    @property
    def missed(self) -> int:
        """How many events were dropped because the queue was full, or on their way here."""
        return self._missed

    def add(self, topics: Iterable[str]) -> None:
        """Listen on these topics as well."""
        new = set(topics) - self._topics
        self._topics |= new
        self._bus.join(new, self)

    def remove(self, topics: Iterable[str]) -> None:
        """Listen on these topics no longer."""
        gone = self._topics & set(topics)
        self._topics -= gone
        self._bus.leave(gone, self)

    def miss(self) -> None:
        """Count an event that never came here, and wake who waits: there may be no other."""
        self._missed += 1
        self.offer(_NEVER_WAS)

    async def wait(self) -> None:
        """Return when something waits in the queue."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()

    def drain(self) -> list[Event]:
        """Everything that waits in the queue, at once, without waiting."""
        found: list[Event] = []
        while self._queue:
            found.append(self._queue.popleft())
        self._filled.clear()
        return found

    def offer(self, event: Event) -> None:
        """Queue an event, from whatever thread."""
        if self._on_own_loop():
            self._take(event)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, event)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove(tuple(self._topics))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        await self.wait()
        return self._queue.popleft()

    def _on_own_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _take(self, event: Event) -> None:
        if len(self._queue) == self._queue.maxlen:
            self._missed += 1
        self._queue.append(event)
        self._filled.set()
