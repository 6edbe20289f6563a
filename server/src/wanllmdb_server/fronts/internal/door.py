"""The door of the metric service for the other processes of its server, and for nobody else.

It stands on the metric port of a process that is the metric service alone; there is none where
one process is the whole server. Whoever comes shows the internal key, which no user has; keys
and sessions of users mean nothing here. What is asked is a method of the store's contract
(`metrics/hop.py` has the bytes), or a link between the event buses.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, cast

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from wanllmdb_server.domain.errors import MalformedError, NotFoundError, UnauthenticatedError
from wanllmdb_server.domain.hop import EVENTS_PATH, KEY_HEADER, STORE_PATH
from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.events.relay import RelayEventBus
from wanllmdb_server.metrics import hop
from wanllmdb_server.metrics import hop_answers as answers
from wanllmdb_server.metrics.store import MetricStore

IN_THREAD_SERIES: Final = 50  # curves of more are turned into bytes off the event loop

logger = logging.getLogger("wanllmdb.internal")

Question = TypeVar("Question", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Door:
    """What stands behind the door.

    Attributes:
        store, bus: of this process.
        key: what those who may come show.
        forgotten: told of every run that is forgotten, so that nobody takes it for a known one.
    """

    store: MetricStore
    bus: RelayEventBus
    key: str
    forgotten: Callable[[], None]

    def opens_for(self, said: str) -> bool:
        """Whether this is the key; the time it takes tells nothing of it."""
        mine, theirs = (hashlib.sha256(each.encode()).digest() for each in (self.key, said))
        return hmac.compare_digest(mine, theirs)


def routes() -> list[BaseRoute]:
    """The routes of the door; `app.state.door` has what is behind it."""
    return [
        Route(STORE_PATH + "{method}", ask, methods=["POST"]),
        WebSocketRoute(EVENTS_PATH, link),
    ]


async def ask(request: Request) -> Response:
    """A question to the store."""
    door = _door(request)
    method = _METHODS.get(request.path_params["method"])
    if method is None:
        raise NotFoundError("The store has no such method.", code="unknown-method")
    content = await request.body()
    try:
        answer = await method(door, content)
    except msgspec.DecodeError as error:
        raise MalformedError(f"This is no question to the store: {error}") from error
    except Exception as error:
        refused = hop.refusal_bytes(error)
        if refused is None:
            raise
        return Response(refused, hop.REFUSED, media_type=hop.CONTENT_TYPE)
    return Response(answer, media_type=hop.CONTENT_TYPE)


async def link(websocket: WebSocket) -> None:
    """A link between the bus of another process and the one of this."""
    try:
        door = _door(websocket)
    except UnauthenticatedError:
        await websocket.close(1008)  # before it is accepted: refused with 403
        return
    await websocket.accept()
    try:
        await door.bus.link(websocket.send_bytes, websocket.receive_bytes)
    except (WebSocketDisconnect, RuntimeError, msgspec.DecodeError) as ended:
        logger.debug("a link ended: %s", ended)


def _door(connection: HTTPConnection) -> Door:
    """The door, for who has the key.

    Raises:
        UnauthenticatedError: for everybody else.
    """
    door = cast("Door", connection.app.state.door)
    said = connection.headers.getlist(KEY_HEADER)
    if len(said) != 1 or not door.opens_for(said[0]):
        raise UnauthenticatedError("This is for the other processes of this server alone.")
    return door


class _Method(Generic[Question]):
    """A method of the contract: the form of its question, and how it is answered."""

    def __init__(
        self, form: type[Question], answer: Callable[[Door, Question], Awaitable[bytes]]
    ) -> None:
        self._decoder = msgspec.msgpack.Decoder(form)
        self._answer = answer

    async def __call__(self, door: Door, content: bytes) -> bytes:
        return await self._answer(door, self._decoder.decode(content))


async def _append(door: Door, said: hop.Append) -> bytes:
    return answers.accepted_bytes(await door.store.append(said.run, said.batch))


async def _begin_attempt(door: Door, said: hop.Begin) -> bytes:
    await door.store.begin_attempt(
        said.run, said.writer, at=said.at, since=said.since, after=said.after
    )
    return answers.NOTHING


async def _join_attempt(door: Door, said: hop.Join) -> bytes:
    await door.store.join_attempt(said.run, said.writer, at=said.at)
    return answers.NOTHING


async def _copy(door: Door, said: hop.Copy) -> bytes:
    await door.store.copy(said.source, said.target, said.until)
    return answers.NOTHING


async def _positions(door: Door, said: hop.Positions) -> bytes:
    return answers.positions_bytes(await door.store.positions(said.run, said.writers))


async def _writers(door: Door, said: hop.OfRun) -> bytes:
    return answers.writers_bytes(await door.store.writers(said.run))


async def _count(door: Door, said: hop.OfRun) -> bytes:
    return answers.count_bytes(await door.store.count(said.run))


async def _curves(door: Door, said: hop.Draw) -> bytes:
    chart = said.chart
    curves = await door.store.curves(chart.series, chart.window, chart.buckets)
    if len(curves) <= IN_THREAD_SERIES:
        return answers.curves_bytes(curves)
    return await asyncio.to_thread(answers.curves_bytes, curves)


async def _charts(door: Door, said: hop.DrawAll) -> bytes:
    drawn = await door.store.charts([each.chart for each in said.each])
    if sum(map(len, drawn)) <= IN_THREAD_SERIES:
        return answers.charts_bytes(drawn)
    return await asyncio.to_thread(answers.charts_bytes, drawn)


async def _points(door: Door, said: hop.Page) -> bytes:
    found = await door.store.points(
        Series(said.run, said.key),
        Window(said.first, said.last),
        limit=said.limit,
        cursor=said.cursor,
        superseded=said.superseded,
    )
    return answers.points_bytes(found)


async def _scan(door: Door, said: hop.Look) -> bytes:
    window = Window(said.first, said.last)
    found = await door.store.scan(hop.series_of(said.pairs), window, said.superseded)
    return await asyncio.to_thread(answers.scans_bytes, found)


async def _tail(door: Door, said: hop.Follow) -> bytes:
    return answers.tails_bytes(await door.store.tail(hop.series_of(said.pairs), said.after))


async def _keys(door: Door, said: hop.Keys) -> bytes:
    return answers.keys_bytes(await door.store.keys(said.runs, said.keys))


async def _seal(door: Door, said: hop.OfRun) -> bytes:
    await door.store.seal(said.run)
    return answers.NOTHING


async def _weigh(door: Door, said: hop.Runs) -> bytes:
    return answers.weights_bytes(await door.store.weigh(said.runs))


async def _release(door: Door, said: hop.Release) -> bytes:
    return answers.weight_bytes(await door.store.release(said.run, said.parts))


async def _damage(door: Door, said: hop.Runs) -> bytes:
    return answers.damage_bytes(await door.store.damage(said.runs))


async def _forget(door: Door, said: hop.OfRun) -> bytes:
    door.forgotten()  # it is gone from the catalog: from here on nobody knows it
    await door.store.forget(said.run)
    return answers.NOTHING


_METHODS: Final[dict[str, Callable[[Door, bytes], Awaitable[bytes]]]] = {
    "weigh": _Method(hop.Runs, _weigh),
    "release": _Method(hop.Release, _release),
    "damage": _Method(hop.Runs, _damage),
    "append": _Method(hop.Append, _append),
    "begin_attempt": _Method(hop.Begin, _begin_attempt),
    "join_attempt": _Method(hop.Join, _join_attempt),
    "copy": _Method(hop.Copy, _copy),
    "positions": _Method(hop.Positions, _positions),
    "writers": _Method(hop.OfRun, _writers),
    "count": _Method(hop.OfRun, _count),
    "curves": _Method(hop.Draw, _curves),
    "charts": _Method(hop.DrawAll, _charts),
    "points": _Method(hop.Page, _points),
    "scan": _Method(hop.Look, _scan),
    "tail": _Method(hop.Follow, _tail),
    "keys": _Method(hop.Keys, _keys),
    "seal": _Method(hop.OfRun, _seal),
    "forget": _Method(hop.OfRun, _forget),
}
