"""Repeats: requests with the very head of the one before, answered without reading it again.

A sender says the same head over and over, with another body. The first time it goes the long
way: it is parsed, its Host, its route and its key are looked at. An endpoint that can answer the
same again in less leaves an `Again` in the scope; from then on this protocol knows the head of
that connection byte by byte, but for the digits of its Content-Length, and hands it the bodies.
What is not byte for byte the same, comes in pieces for too long, or is declined by the `Again`
(which must ask anew whatever may have changed) goes the long way, as if nobody had looked at it;
so every refusal, and every other answer than the usual one, is made in one place only.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

AGAIN: Final = "wanllmdb.again"  # where an endpoint leaves its `Again` in the scope
MAX_BODY: Final = 1024 * 1024  # a longer one is not worth it
PATIENCE_S: Final = 1.0  # for the rest of a body, before the long way has more of it

# Takes a body and, if it returns True, later tells the body of the answer, which has the same
# head as the last one had; or None, which means that the long way shall answer.
Tell = Callable[[bytes | None], None]
Again = Callable[[bytes, Tell], bool]

_START: Final = "wanllmdb.start"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_ODD: Final = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade):", re.IGNORECASE)
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class _Known:
    """A head, cut where the digits of its Content-Length stand; and that of its answer."""

    before: bytes
    behind: bytes
    again: Again
    answer_before: bytes
    answer_behind: bytes

    def body(self, data: bytes) -> tuple[int, int] | None:
        """Where the body begins, and where it will end; None if the head is another one."""
        at = len(self.before)
        if not data.startswith(self.before):
            return None
        end = data.find(b"\r", at, at + _DIGITS)
        digits = data[at:end]
        if end < 0 or not digits.isdigit() or not data.startswith(self.behind, end):
            return None
        first = end + len(self.behind)
        return first, first + int(digits)


class _Beginning:
    """How answers begin, with the date among it, which uvicorn makes anew once a second."""

    def __init__(self) -> None:
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._begin = b""

    def of(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The line of the status and these headers, which are replaced and never changed."""
        if headers is not self._headers:
            said = b"".join(b"%b: %b\r\n" % each for each in headers)
            self._headers, self._begin = headers, b"HTTP/1.1 200 OK\r\n" + said
        return self._begin


_BEGIN: Final = _Beginning()


class Repeats(HttpToolsProtocol):
    """uvicorn's protocol, which reads the same head only once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app: Any = _noting(self.app)
        self._known: _Known | None = None
        self._inside = False  # the parser is inside a message
        self._head = b""  # of the message that goes the long way, if it may be learned
        self._held = b""  # a repeat whose body is not complete
        self._asked: bytes | None = None  # a repeat that is being answered
        self._later = b""  # what came meanwhile
        self._answered = 0.0
        self._leaving = False
        self._impatience: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        if self._asked is not None:
            self._later += data
            self.flow.pause_reading()
            return
        if self._held:
            data = self._held + data
            self._held = b""
        if self._known is not None and self._is_between():
            place = self._known.body(data)
            if place is not None and len(data) <= place[1] <= MAX_BODY:
                self._repeat(self._known, data, *place)
                return
        self._go_long(data)

    def on_message_begin(self) -> None:
        self._inside = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._inside = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._learn(self.cycle)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._known = None
        self._be_patient(None)

    def shutdown(self) -> None:
        if self._asked is None:
            super().shutdown()
        self._leaving = True

    def timeout_keep_alive_handler(self) -> None:
        idle = self.loop.time() - self._answered
        if self._asked is None and not self._held and idle >= self.timeout_keep_alive:
            super().timeout_keep_alive_handler()
        else:  # it was armed before the last repeats
            left = max(self.timeout_keep_alive - idle, 1.0)
            self.timeout_keep_alive_task = self.loop.call_later(
                left, self.timeout_keep_alive_handler
            )

    def _is_between(self) -> bool:
        """Whether all that came was answered, so that a message begins now."""
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and not (self._inside or self.pipeline or self.flow.write_paused)

    def _repeat(self, known: _Known, data: bytes, first: int, end: int) -> None:
        if len(data) < end:
            self._held = data
            if self._impatience is None:
                self._be_patient(PATIENCE_S)
            return
        self._be_patient(None)
        self._asked = data
        if not known.again(data[first:], self._told):
            self._asked = None
            self._go_long(data)

    def _told(self, body: bytes | None) -> None:
        """The answer to the repeat that was asked."""
        asked, self._asked = self._asked, None
        known, later = self._known, self._later
        self._later = b""
        if self.transport.is_closing() or asked is None or known is None:
            return
        if body is None:
            self._go_long(asked)
        else:
            self._answer(known, body)
        if later:
            self.flow.resume_reading()
            self.data_received(later)

    def _answer(self, known: _Known, body: bytes) -> None:
        close = b"connection: close\r\n" if self._leaving else b""
        self.transport.write(
            b"%b%b%d%b%b\r\n%b" % (
                _BEGIN.of(self.server_state.default_headers), known.answer_before, len(body),
                known.answer_behind, close, body,
            )
        )  # fmt: skip
        self.server_state.total_requests += 1
        self._answered = self.loop.time()
        if self._leaving:
            self.transport.close()

    def _go_long(self, data: bytes) -> None:
        """Let uvicorn read it, and note the head if it may be the first of many."""
        if not self._inside:
            self._head = _head_of(data)
        super().data_received(data)

    def _learn(self, cycle: RequestResponseCycle) -> None:
        """Know the head from now on, if its endpoint can answer it again."""
        again: Again | None = cycle.scope.get(AGAIN)  # pyright: ignore[reportAssignmentType]
        head, self._head = self._head, b""
        if again is None or not head or self._inside:
            return
        if not (cycle.response_complete and cycle.keep_alive):  # another one, or the last one
            return
        length = _LENGTH.search(head)
        start: Message | None = cycle.scope.get(_START)  # pyright: ignore[reportAssignmentType]
        if length is None or start is None or start["status"] != 200:
            return
        answer = b"".join(b"%b: %b\r\n" % (name.lower(), said) for name, said in start["headers"])
        size = re.search(rb"(?:\A|\n)content-length: (\d+)\r\n", answer)
        if size is not None:
            self._known = _Known(
                head[: length.start(1)],
                head[length.end(1) :],
                again,
                answer[: size.start(1)],
                answer[size.end(1) :],
            )

    def _be_patient(self, seconds: float | None) -> None:
        """Wait so long for the rest of a body; None: wait no longer."""
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        if seconds is not None:
            self._impatience = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        """The rest of a body did not come: who reads slowly sent ones shall have it."""
        self._impatience = None
        data, self._held = self._held, b""
        if data and not self.transport.is_closing():
            self._go_long(data)


def _head_of(data: bytes) -> bytes:
    """The head of the one request that begins here; nothing if it is none to be repeated."""
    end = data.find(b"\r\n\r\n") + 4
    if end < 4 or not data.startswith(b"POST "):
        return b""
    head = data[:end]
    lengths = _LENGTH.findall(head)
    if len(lengths) != 1 or len(lengths[0]) >= _DIGITS or _ODD.search(head):
        return b""
    return head if len(data) <= end + int(lengths[0]) else b""


def _noting(app: ASGIApp) -> ASGIApp:
    """The app, noting in the scope how the answer begins to a request that can come again."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await app(scope, receive, send)
            return

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start" and AGAIN in scope:
                scope[_START] = message
            await send(message)

        await app(scope, receive, send_noted)

    return noted
