"""The WebSocket of a viewer, who may not read: little is kept for them, and they are let go.

uvicorn's own waits for what was written before it closes: for ever, if the other side neither
reads nor leaves.
"""

from __future__ import annotations

from asyncio import Transport
from asyncio.transports import BaseTransport
from typing import Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MAX_UNSENT_BYTES: Final = 16 * 1024  # beyond, nobody writes until the other side has read


class ViewerSocket(WebSocketsSansIOProtocol):
    """A WebSocket that ends when it is to end."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        cast("Transport", transport).set_write_buffer_limits(high=MAX_UNSENT_BYTES)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if not self.writable.is_set():
            self.transport.abort()
