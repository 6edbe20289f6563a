"""The server as a process: two listeners, one event loop, one clean end.

The sockets are taken before anything is opened, so that a port in use is said at once and in
one line; connections that come while the stores open wait in the socket. On SIGTERM or SIGINT
both listeners stop taking, running requests get `GRACE_S` seconds, WebSockets are told that the
service restarts, then the stores are closed: together within five seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from wanllmdb_server import first_start
from wanllmdb_server.app import Apps, build
from wanllmdb_server.data_dir import DataDir
from wanllmdb_server.first_start import Started
from wanllmdb_server.fronts.rest.stream import MAX_MESSAGE_BYTES
from wanllmdb_server.settings import Settings

GRACE_S: Final = 3
KEEP_ALIVE_S: Final = 75  # longer than proxies keep theirs, so that it is they who close
BACKLOG: Final = 1024

_log = logging.getLogger("wanllmdb")


class ListenError(Exception):
    """An address cannot be listened on; the message says why, and what to do."""


def listen(host: str, port: int, option: str) -> socket.socket:
    """A socket that listens there; `option` is what chooses another port.

    Raises:
        ListenError: the address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host.strip("[]"), port))
        taken.listen(BACKLOG)
        taken.setblocking(False)
    except OSError as error:
        taken.close()
        raise ListenError(
            f"Cannot listen on {host}:{port}: {error.strerror}. "
            f"Choose another port with {option}, or stop what uses this one."
        ) from error
    return taken


class Listener(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process, which may have two of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(told: Settings, say: Callable[[Started], None]) -> None:
    """Be the server until SIGTERM or SIGINT; `say` is told when it answers.

    Raises:
        UnguardedError: others could come, and nobody was created.
        DataDirError: the data directory is another server's, or cannot be used.
        ListenError: a port is taken.
    """
    with DataDir(told.data_dir), contextlib.ExitStack() as taken:
        first_start.guard(told)
        sockets = [taken.enter_context(listen(told.host, told.port, "--port"))]
        if told.metrics_port:
            sockets.append(
                taken.enter_context(listen(told.host, told.metrics_port, "--metrics-port"))
            )
        told = replace(told, port=sockets[0].getsockname()[1])
        started = first_start.begin(told)
        apps = build(told)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(apps, sockets, lambda: say(started)))


async def _serve(apps: Apps, sockets: Sequence[socket.socket], ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    listeners = [listener_for(app) for app in (apps.main, apps.metrics)[: len(sockets)]]
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            for listener in listeners:
                listener.force_exit = True
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    async with apps.open():
        tasks = [
            asyncio.create_task(listener.serve([taken]))
            for listener, taken in zip(listeners, sockets, strict=True)
        ]
        ending = asyncio.create_task(stop.wait())
        for listener in listeners:
            await listener.up.wait()
        ready()
        await asyncio.wait([ending, *tasks], return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        apps.ready(False)
        for listener in listeners:
            listener.should_exit = True
        await asyncio.gather(*tasks)
    _log.info("stopped")


def listener_for(app: ASGIApp) -> Listener:
    """A listener for the app, as the process runs it."""
    return Listener(
        uvicorn.Config(
            app,
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            ws_per_message_deflate=False,  # frames are raw floats: little to gain, much to do
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=64 * 1024,
        )
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # not to be had on Windows
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
