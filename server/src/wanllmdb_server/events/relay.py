"""The EventBus of a server of several processes: queues in memory, and links between them.

::

    api ──link──┐
                ├── metrics       the metric service is where all links meet
    worker ─link┘

Each end of a link tells the other what is listened on at its side, and so an event goes only
where somebody waits for it, and `listeners` counts those at the far ends too. What comes over a
link goes to everybody but back over it. Events go in bunches, the last of each run: at full
ingest a link carries a hundred messages a second, whatever comes.

A link that breaks loses events; when it stands again both ends say so, and whoever listens
looks at all that they view, as after a full queue.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

import msgspec

from wanllmdb_server.domain.event import (
    Event,
    RunChanged,
    RunDeleted,
    RunMoved,
    project_topic,
)
from wanllmdb_server.events.bus import Subscription

PACE_S: Final = 0.01  # between two messages of a link
QUEUE: Final = 16_384  # events that wait for a link; beyond, the far end looks for itself
MAX_NOTE_BYTES: Final = 16 * 1024 * 1024

_KINDS: Final = (RunMoved, RunChanged, RunDeleted)


class Queue(Subscription, Protocol):
    """A subscription of the local bus."""

    async def wait(self) -> None:
        """Return when something waits in the queue."""
        ...


class LocalBus(Protocol):
    """What a link needs of the bus of its own process (`events.memory`)."""

    def publish(self, topic: str, event: Event, *, besides: Queue | None = None) -> None: ...

    def subscribe(self, topics: Iterable[str], *, limit: int = 1024) -> Queue: ...

    def listeners(self, topic: str) -> int: ...

    def topics(self, *, besides: Queue) -> set[str]: ...

    def miss(self, *, besides: Queue) -> None: ...

    def on_change(self, watcher: Callable[[], None]) -> Callable[[], None]: ...


class Note(msgspec.Struct, array_like=True, frozen=True):
    """One message of a link.

    Attributes:
        listen, leave: topics on which this side listens from now on, and no longer.
        events: (kind, project, run, id, position).
        missed: events may have been lost before this one.
    """

    listen: list[str]
    leave: list[str]
    events: list[tuple[int, int, int, str, int]]
    missed: bool


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Note)


class Link:
    """One end of a link between the buses of two processes."""

    def __init__(self, bus: LocalBus, send: Callable[[bytes], Awaitable[None]]) -> None:
        """`send` brings a message to the far end; it raises when the link is broken."""
        self._bus = bus
        self._send = send
        self._far = bus.subscribe((), limit=QUEUE)  # what the far end listens on
        self._told: set[str] = set()
        self._missed = 0
        self._greeted = False
        self._wake = asyncio.Event()

    async def run(self, receive: Callable[[], Awaitable[bytes]]) -> None:
        """Carry events both ways until the link breaks, which raises."""
        loop = asyncio.get_running_loop()
        ended = self._bus.on_change(lambda: _wake(loop, self._wake))
        parts = (self._read(receive), self._listen(), self._write())
        async with self._far:
            tasks = [asyncio.create_task(part) for part in parts]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _read(self, receive: Callable[[], Awaitable[bytes]]) -> None:
        while True:
            note = _decoder.decode(await receive())
            self._far.add(note.listen)
            self._far.remove(note.leave)
            for kind, project, run, name, position in note.events:
                event = _event(kind, project, run, name, position)
                self._bus.publish(project_topic(project), event, besides=self._far)
            if note.missed:
                self._bus.miss(besides=self._far)
            if (
                not self._greeted
            ):  # from here on they hear, and what was before they may have missed
                self._greeted = True
                self._wake.set()

    async def _listen(self) -> None:
        while True:
            await self._far.wait()
            self._wake.set()
            await asyncio.sleep(PACE_S)

    async def _write(self) -> None:
        welcomed = False
        await self._tell(missed=False)
        while True:
            await self._wake.wait()
            self._wake.clear()
            lost = self._far.missed != self._missed
            self._missed = self._far.missed
            await self._tell(missed=lost or (self._greeted and not welcomed))
            welcomed = self._greeted
            await asyncio.sleep(PACE_S)

    async def _tell(self, *, missed: bool) -> None:
        topics = self._bus.topics(besides=self._far)
        listen, leave = topics - self._told, self._told - topics
        self._told = topics
        latest = {(type(event), event.run_number): event for event in self._far.drain()}
        events = [_parts(event) for event in latest.values()]
        note = Note(sorted(listen), sorted(leave), events, missed)
        await self._send(_encoder.encode(note))


class RelayEventBus:
    """The bus of one process, whose links carry it to others."""

    def __init__(self, local: LocalBus) -> None:
        self._local = local

    def publish(self, topic: str, event: Event) -> None:
        """Tell everybody who listens on the topic, here or elsewhere; returns at once."""
        self._local.publish(topic, event)

    def subscribe(self, topics: Iterable[str], *, limit: int = 1024) -> Subscription:
        """A queue of at most `limit` events; must be called on a running event loop."""
        return self._local.subscribe(topics, limit=limit)

    def listeners(self, topic: str) -> int:
        """How many subscriptions listen on the topic; all of a far end count as one."""
        return self._local.listeners(topic)

    async def link(
        self, send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes]]
    ) -> None:
        """Be linked to another process until that breaks, which raises."""
        await Link(self._local, send).run(receive)


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
        loop.call_soon_threadsafe(event.set)


def _parts(event: Event) -> tuple[int, int, int, str, int]:
    position = event.position if isinstance(event, RunMoved) else 0
    kind = _KINDS.index(type(event))
    return kind, event.project_id, event.run_number, event.run_id, position


def _event(kind: int, project: int, run: int, name: str, position: int) -> Event:
    if kind == 0:
        return RunMoved(project, run, name, position)
    return (RunChanged if kind == 1 else RunDeleted)(project, run, name)
