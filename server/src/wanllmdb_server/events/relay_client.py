"""The end of a link that calls: it holds a WebSocket to the metric service, again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from wanllmdb_server.domain.hop import EVENTS_PATH, KEY_HEADER
from wanllmdb_server.events.relay import MAX_NOTE_BYTES, RelayEventBus

FIRST_DELAY_S: Final = 0.1
LAST_DELAY_S: Final = 2.0
PING_S: Final = 10.0

logger = logging.getLogger("wanllmdb.relay")


async def keep_linked(bus: RelayEventBus, url: str, key: str) -> None:
    """Link the bus to the metric service at `url`, and link it anew whenever that breaks."""
    address = "ws" + url.removeprefix("http") + EVENTS_PATH
    delay, said = FIRST_DELAY_S, False
    while True:
        try:
            async with connect(
                address,
                additional_headers={KEY_HEADER: key},
                compression=None,
                proxy=None,
                open_timeout=5.0,
                close_timeout=1.0,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                max_size=MAX_NOTE_BYTES,
            ) as socket:
                if said:
                    logger.warning("events of the metric service come again")
                delay, said = FIRST_DELAY_S, False
                await bus.link(socket.send, lambda: socket.recv(decode=False))
        except (OSError, WebSocketException, msgspec.MsgspecError) as broken:
            if not said:
                said = True
                logger.warning("events of the metric service do not come: %s", broken)
        await asyncio.sleep(delay)
        delay = min(2 * delay, LAST_DELAY_S)
