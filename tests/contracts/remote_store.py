"""The embedded store behind the hop: asked over a socket, as by another process of the server."""

from __future__ import annotations

import asyncio
import secrets
import threading
from pathlib import Path

from fastapi import FastAPI

from wanllmdb_server.events.memory import MemoryEventBus
from wanllmdb_server.events.relay import RelayEventBus
from wanllmdb_server.fronts.internal import door
from wanllmdb_server.fronts.internal.door import Door
from wanllmdb_server.fronts.rest import errors
from wanllmdb_server.fronts.rest.body import BodyLimits
from wanllmdb_server.metrics.remote import RemoteMetricStore
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.process import listen, listener_for


class ServedStore(RemoteMetricStore):
    """A remote store, with the service that it asks in a thread of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = listen("127.0.0.1", 0, "--metrics-port")
        self._key = secrets.token_hex(16)
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="metric-service")
        self._thread.start()
        assert self._ready.wait(30)
        super().__init__(f"http://127.0.0.1:{self._socket.getsockname()[1]}", self._key)

    async def close(self) -> None:
        await super().close()
        self._loop.call_soon_threadsafe(self._stop.set)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        store = SqliteMetricStore.open(self._directory)
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        errors.install(app)
        app.router.routes.extend(door.routes())
        app.add_middleware(BodyLimits)
        app.state.door = Door(
            store=store, bus=RelayEventBus(MemoryEventBus()), key=self._key, forgotten=lambda: None
        )
        listener = listener_for(app)
        task = asyncio.create_task(listener.serve([self._socket]))
        await listener.up.wait()
        self._ready.set()
        await self._stop.wait()
        listener.should_exit = listener.force_exit = True
        await task
        await store.close()
