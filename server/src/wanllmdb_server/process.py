"""The server as a process: its listeners, one event loop, one clean end.

What is listened for is what the role says: both ports, one of them, or nothing. The sockets
are taken before anything is opened, so that a port in use is said at once and in one line;
connections that come while the stores open wait in the socket. On SIGTERM or SIGINT all
listeners stop taking, running requests get `GRACE_S` seconds, WebSockets are told that the
service restarts, then the stores are closed: together within five seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from wanllmdb_server import first_start
from wanllmdb_server.app import Apps, build
from wanllmdb_server.data_dir import EVERYTHING, DataDir, Part
from wanllmdb_server.first_start import Started
from wanllmdb_server.fronts.rest.repeats import Repeats
from wanllmdb_server.fronts.rest.stream import MAX_MESSAGE_BYTES
from wanllmdb_server.fronts.rest.viewer_socket import ViewerSocket
from wanllmdb_server.settings import ServerRole, Settings
from wanllmdb_server.wiring import now_us

GRACE_S: Final = 3
KEEP_ALIVE_S: Final = 75  # longer than proxies keep theirs, so that it is they who close
BACKLOG: Final = 1024
GARBAGE: Final = 20_000  # objects that came and did not go, before the collector looks at them
# How long a thread that computes keeps the interpreter to itself when the event loop wants it:
# the loop wants it for moments, after each of its calls into the system, and all wait for it.
SWITCH_S: Final = 0.0005

# What a process of each role holds of the data directory.
HELD: Final[dict[ServerRole, tuple[Part, ...]]] = {
    "all": EVERYTHING,
    "api": ("api",),
    "metrics": ("metrics",),
    "worker": ("worker",),
}

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
    with DataDir(told.data_dir, HELD[told.role]) as held, contextlib.ExitStack() as taken:
        first_start.guard(told)
        sockets = [
            taken.enter_context(listen(told.host, port, option)) for port, option in _ports(told)
        ]
        if told.role in {"all", "api"}:
            told = replace(told, port=sockets[0].getsockname()[1])
        started = first_start.begin(told)
        apps = build(told)

        def ready() -> None:
            held.tell(now_us())
            say(started)

        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(apps, sockets, ready))


def _ports(told: Settings) -> list[tuple[int, str]]:
    """The ports that the role listens on, in the order of `Apps.served`, and their options."""
    ports: list[tuple[int, str]] = []
    if told.role in {"all", "api"}:
        ports.append((told.port, "--port"))
    if told.role in {"all", "metrics"} and told.metrics_port:
        ports.append((told.metrics_port, "--metrics-port"))
    return ports


async def _serve(apps: Apps, sockets: Sequence[socket.socket], ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    listeners = [listener_for(app) for app in apps.served]
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
        gc.freeze()  # what is there now stays: to look through all of it stops everybody for 0.1 s
        gc.set_threshold(GARBAGE)
        sys.setswitchinterval(SWITCH_S)
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
            http=Repeats,
            ws=ViewerSocket,
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
