"""The states of the server in which the SDK is measured, each of them real.

alive    the server itself, a process of its own
dead     nobody listens: connections are refused
hung     accepts connections and never says a word
refusing answers every request with 429 and `Retry-After: 1`
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.tree import processor_seconds
from tests.journeys.processes import ServerProcess, free_port


@contextmanager
def conditions(server: ServerProcess) -> Iterator[dict[str, str]]:
    """The address of the server in each of its states, worst last."""
    with hung() as silent, refusing() as busy:
        yield {"alive": server.url, "dead": f"http://127.0.0.1:{free_port()}", "hung": silent,
               "429": busy}  # fmt: skip


@contextmanager
def hung() -> Iterator[str]:
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for each in held:
            each.close()


class _Refusal(BaseHTTPRequestHandler):
    """429 to whatever is asked, once the whole request was read."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"status": 429, "code": "too-many", "title": "Later", "detail": "Later."}'
        self.send_response(429)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_PATCH = do_POST  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
        """Say nothing."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


@contextmanager
def refusing() -> Iterator[str]:
    """A server that has no time."""
    server = _Listener(("127.0.0.1", 0), _Refusal)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def quiet(server: ServerProcess, *, seconds: float = 20.0) -> None:
    """Wait until the server has done what earlier trials left it, so that it is not ours to pay."""
    assert server.process is not None
    pid = server.process.pid
    until(lambda: used(pid, 0.5) < 0.02, seconds)


def used(pid: int, seconds: float) -> float:
    """The share of a core that a process takes for so many seconds."""
    before = processor_seconds(pid)
    time.sleep(seconds)
    return (processor_seconds(pid) - before) / seconds


def until(true: Callable[[], bool], seconds: float) -> None:
    """Poll, and give up silently: what is measured then is the worse for it."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        pass
