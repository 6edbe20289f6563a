"""The live stream: one WebSocket for everything a page looks at.

Points and last values go as binary frames, everything else as JSON text. Who does not read is
not queued for: while anything waits for them nothing more is put to them, and the service tells
them later what there is then; who does not read for `STUCK_S` is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from wanllmdb_server.domain.access import ANONYMOUS, Actor, Resource, Verb
from wanllmdb_server.domain.errors import ServerError, UnauthenticatedError
from wanllmdb_server.domain.news import USUAL_RATE, News, Wish
from wanllmdb_server.fronts.rest import problems
from wanllmdb_server.fronts.rest.auth import actor_of, actor_of_secret
from wanllmdb_server.fronts.rest.live_message import messages, text
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.rest.services import Services, services_of

MAX_MESSAGE_BYTES: Final = 1024 * 1024
MAX_MESSAGES: Final = 300  # within MESSAGES_S: a page sends a few when its panels change
MESSAGES_S: Final = 10.0
AUTH_S: Final = 5.0
STUCK_S: Final = 30.0
RECHECK_S: Final = 5.0  # how long somebody may still look whose key or session has ended

UNSUPPORTED: Final = 1003
POLICY: Final = 1008
TOO_BIG: Final = 1009


class Auth(msgspec.Struct, tag="auth", tag_field="type"):
    """Who this is, for those who can send no header."""

    key: str


class Subscribe(msgspec.Struct, tag="subscribe", tag_field="type"):
    """What is to be told from here on."""

    id: str
    project: str
    runs: list[str]
    keys: list[str] | None = None
    cursors: dict[str, dict[str, int]] = {}
    rate: Annotated[int, Meta(ge=1)] = USUAL_RATE


class Unsubscribe(msgspec.Struct, tag="unsubscribe", tag_field="type"):
    """What is to be told no longer."""

    id: str


class Ping(msgspec.Struct, tag="ping", tag_field="type"):
    """Are you there?"""


_decoder = msgspec.json.Decoder(Auth | Subscribe | Unsubscribe | Ping)


class ClosingError(Exception):
    """The connection ends for a reason that the other side is told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class StuckError(Exception):
    """They do not read."""


@declares(Resource.POINTS, Verb.READ)
async def stream(websocket: WebSocket) -> None:
    """Tell one viewer what comes, until either side has enough."""
    who = _Who(websocket)
    try:
        await who.ask()
    except ServerError as error:
        await websocket.send_denial_response(problems.from_error(websocket.scope, error))
        return
    await websocket.accept()
    services = services_of(websocket)
    connection = _Connection(websocket, services, who)
    try:
        await connection.run()
    except StuckError:
        pass  # no word would reach them
    except ClosingError as closing:
        with contextlib.suppress(RuntimeError):  # they may have closed it themselves
            await websocket.close(closing.code, str(closing))
    except WebSocketDisconnect:
        pass
    finally:
        services.live.unsubscribe(connection)


class _Who:
    """Who looks, as the headers or the first message said; asked again and again."""

    def __init__(self, websocket: WebSocket) -> None:
        self._scope = dict(websocket.scope)
        self._key: str | None = None
        self.actor: Actor = ANONYMOUS

    async def ask(self) -> None:
        """Look up who it is now; raises UnauthenticatedError when it is nobody any more."""
        connection = HTTPConnection(dict(self._scope))
        if self._key is not None:
            self.actor = await actor_of_secret(connection, self._key)
            return
        actor = await actor_of(connection)
        if self.actor.known and not actor.known:
            raise UnauthenticatedError("The session has ended.")
        self.actor = actor

    async def say(self, key: str) -> None:
        """Take the key of a first message."""
        self._key = key
        await self.ask()


class _Connection:
    """A viewer at the other end of a WebSocket, and what waits to be sent to them."""

    def __init__(self, websocket: WebSocket, services: Services, who: _Who) -> None:
        self._websocket = websocket
        self._live = services.live
        self._who = who
        self._queue: deque[bytes | str] = deque()
        self._filled = asyncio.Event()

    # -- what the service sees of the viewer

    def ready(self) -> bool:
        """Whether they keep up: everything that was told them is on its way."""
        return not self._queue

    def tell(self, news: News) -> None:
        """Queue the news, encoded."""
        for item in messages(news):
            self._put(item)

    # -- the connection

    async def run(self) -> None:
        """Serve the connection until it ends; raises what ended it."""
        tasks = [
            asyncio.create_task(work) for work in (self._read(), self._write(), self._recheck())
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _read(self) -> None:
        if not self._who.actor.known:
            await self._introduce()
        loop = asyncio.get_running_loop()
        since, count = loop.time(), 0
        while True:
            message = await self._receive()
            if loop.time() - since > MESSAGES_S:
                since, count = loop.time(), 0
            count += 1
            if count > MAX_MESSAGES:
                raise ClosingError(POLICY, "Too many messages.")
            await self._answer(message)

    async def _introduce(self) -> None:
        """The first message says who this is."""
        try:
            async with asyncio.timeout(AUTH_S):
                message = await self._receive()
        except TimeoutError:
            raise ClosingError(POLICY, "No key came.") from None
        if not isinstance(message, Auth):
            raise ClosingError(POLICY, "The first message says who you are.")
        try:
            await self._who.say(message.key)
        except UnauthenticatedError:
            raise ClosingError(POLICY, "This key is not, or no longer, valid.") from None

    async def _receive(self) -> Auth | Subscribe | Unsubscribe | Ping | None:
        """The next message; None for one that is JSON, but none that is known."""
        event = await self._websocket.receive()
        if event["type"] != "websocket.receive":
            raise WebSocketDisconnect(event.get("code", 1006))
        text = event.get("text")
        if text is None:
            raise ClosingError(UNSUPPORTED, "Messages are JSON text.")
        if len(text) > MAX_MESSAGE_BYTES:
            raise ClosingError(TOO_BIG, f"A message has at most {MAX_MESSAGE_BYTES} bytes.")
        try:
            return _decoder.decode(text)
        except msgspec.ValidationError as error:
            self._say({"type": "error", "code": "bad-message", "detail": str(error)})
            return None
        except (msgspec.DecodeError, RecursionError):
            raise ClosingError(UNSUPPORTED, "Messages are JSON text.") from None

    async def _answer(self, message: Auth | Subscribe | Unsubscribe | Ping | None) -> None:
        match message:
            case Subscribe():
                await self._subscribe(message)
            case Unsubscribe(id=name):
                self._live.unsubscribe(self, name)
            case Ping():
                self._say({"type": "pong"})
            case Auth() | None:
                pass

    async def _subscribe(self, message: Subscribe) -> None:
        owner, _, project = message.project.partition("/")
        wish = Wish(
            id=message.id,
            owner=owner,
            project=project,
            runs=message.runs,
            keys=message.keys,
            cursors=message.cursors,
            rate=message.rate,
        )
        try:
            await self._live.subscribe(self._who.actor, self, wish)
        except ServerError as error:
            said = {"type": "error", "id": message.id, "code": error.code, "detail": str(error)}
            self._say(said)
        else:
            self._say({"type": "subscribed", "id": message.id})

    async def _write(self) -> None:
        while True:
            while self._queue:
                try:
                    async with asyncio.timeout(STUCK_S):
                        await self._send(self._queue[0])
                except TimeoutError:
                    raise StuckError from None
                self._queue.popleft()
            self._filled.clear()
            await self._filled.wait()

    async def _send(self, item: bytes | str) -> None:
        if isinstance(item, bytes):
            await self._websocket.send_bytes(item)
        else:
            await self._websocket.send_text(item)

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            if self._who.actor.known:
                try:
                    await self._who.ask()
                except ServerError:
                    raise ClosingError(POLICY, "Your key or session has ended.") from None

    def _say(self, message: Mapping[str, Any]) -> None:
        self._put(text(message))

    def _put(self, item: bytes | str) -> None:
        self._queue.append(item)
        self._filled.set()
