"""A second implementation of the server's contract for the SDK: runs, batches, heart-beats.

It keeps everything in memory, keeps each record once, and can be told to misbehave: `faults`
is a queue of what to do with the next batches, one each; `stop` and `start` make it vanish
and come back on the same port with what it had.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

from wanllmdb import wire

KEY = "wl-" + "k" * 43


@dataclass(frozen=True)
class Fault:
    """What to do with one request instead of answering it.

    `kind`: "status" answers `status`; "html" answers a stranger's page; "hang" answers
    nothing until the server stops; "cut" applies it and sends half an answer; "lost" applies
    it and sends none; "reset" neither applies nor answers.
    """

    kind: str
    status: int = 500
    headers: tuple[tuple[str, str], ...] = ()
    code: str = "fault"


@dataclass
class Stored:
    """What the server holds of one writer."""

    position: int = 0
    records: list[tuple[int, int, Any]] = field(default_factory=list)


class StubServer:
    """Runs in threads of this process; a context manager."""

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.keys = {KEY}
        self.passwords: dict[str, str] = {}
        self.runs: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.stored: dict[tuple[str, str], Stored] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.is_poison: Callable[[int, Any], bool] = lambda _kind, _payload: False
        self.is_odd: Callable[[int, Any], bool] = lambda _kind, _payload: False
        self.metric_url: str | None = None
        self.stop_requested = False
        self.watched = False
        self.lock = threading.RLock()
        self.released = threading.Event()
        self._server: Listener | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        stub = self

        class Bound(Handler):
            server_state = stub

        self.released.clear()
        self._server = Listener(("127.0.0.1", self.port), Bound)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port and every connection; what is stored stays."""
        self.released.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut_connections()

    def forget(self, run: str, writer: str, *, keep: int = 0) -> None:
        """Lose all but the first records of a writer, as a restored backup does."""
        with self.lock:
            stored = self.stored[(run, writer)]
            stored.records = stored.records[:keep]
            stored.position = stored.records[-1][0] if stored.records else 0

    def records(self, run: str, kind: int | None = None) -> list[Any]:
        """The payloads that the run holds, writer by writer, in order."""
        with self.lock:
            return [
                payload
                for (owner, _), stored in sorted(self.stored.items())
                if owner == run
                for _, each, payload in stored.records
                if kind is None or each == kind
            ]

    # What follows is the contract.

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        parts = [unquote(each) for each in path.removeprefix("/api/v1/").split("/")]
        with self.lock:
            if parts == ["auth", "login"]:
                return self._log_in(json.loads(body))
            if headers.get("authorization", "").removeprefix("Bearer ") not in self.keys:
                return problem(401, "wrong-key")
            if parts == ["runs"]:
                return self._open(json.loads(body))
            match parts:
                case ["projects", owner, project, "runs", run, *rest]:
                    if (owner, project, run) not in self.runs:
                        return problem(404, "run-not-found")
                    return self._about_run(run, rest, headers, body)
                case _:
                    return problem(404, "not-found")

    def _about_run(
        self, run: str, rest: list[str], headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        match rest:
            case ["heartbeat"]:
                return 200, {"stop": self.stop_requested, "watched": self.watched}
            case ["writers", writer, "batches"]:
                if headers.get("content-type") != wire.CONTENT_TYPE:
                    return problem(415, "unsupported-media-type")
                return self._take(run, writer, body)
            case ["files", *path] if path:
                self.files[(run, "/".join(path))] = body
                return 201, {}
            case _:
                return problem(404, "not-found")

    def _log_in(self, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.passwords.get(body["username"]) != body["password"]:
            return problem(401, "wrong-password")
        token = f"token-{len(self.keys)}"
        self.keys.add(token)
        return 200, {"user": {"name": body["username"]}, "token": token}

    def _open(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        owner = body.get("owner") or "local"
        name = (owner, body["project"], body["id"])
        known = self.runs.get(name)
        resume = body.get("resume")
        if known is None and resume == "must":
            return problem(404, "run-not-found")
        if known is not None and resume == "never" and known["writer"] != body.get("writer"):
            return problem(409, "run-exists")
        if known is None:
            self.runs[name] = {
                "id": body["id"],
                "owner": owner,
                "project": body["project"],
                "url": "/" + "/".join(name),
                "config": body.get("config", {}),
                "writer": body.get("writer"),
            }
        steps = [row[0] for row in self.records(body["id"], wire.Kind.ROW)]
        return (201 if known is None else 200), {
            "run": self.runs[name],
            "resumed": known is not None,
            "last_step": max(steps, default=None),
            "metric_url": self.metric_url,
        }

    def _take(self, run: str, writer: str, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            batch = wire.unpack(writer, body)
            records = wire.records(batch)
            torn = wire.torn(batch)
        except wire.WireError as error:
            return problem(400, error.code)
        stored = self.stored.setdefault((run, writer), Stored())
        if batch.start > stored.position:
            return 409, problem(409, "position-gap")[1] | {"expected": stored.position}
        fresh = [record for record in records if record.position > stored.position]
        if any(self.is_poison(record.kind, record.payload) for record in fresh):
            return problem(400, "poison")
        rejected = [
            {"position": position, "code": "damaged", "detail": "no whole record"}
            for position in torn
            if position > stored.position
        ]
        for record in fresh:
            if self.is_odd(record.kind, record.payload):
                rejected.append({"position": record.position, "code": "odd", "detail": "odd"})
            else:
                stored.records.append((record.position, record.kind, record.payload))
        stored.position = max(stored.position, batch.end)
        return 200, {
            "position": stored.position,
            "rows": len(fresh),
            "rejected": rejected,
            "stop": self.stop_requested,
            "watched": self.watched,
        }


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for each in list(self.connections):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_state: StubServer

    def do_POST(self) -> None:
        state = self.server_state
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = state.always
        with state.lock:
            state.requests.append((self.path, headers.get("authorization", "")))
            if fault is None and self.path.endswith("/batches") and state.faults:
                fault = state.faults.popleft()
        if fault is None:
            self._write(*state.answer(self.path, headers, body))
        else:
            self._misbehave(fault, headers, body)

    do_PUT = do_POST  # noqa: N815 - of a file

    def _misbehave(self, fault: Fault, headers: dict[str, str], body: bytes) -> None:
        state = self.server_state
        if fault.kind == "status":
            status, content = problem(fault.status, fault.code)
            self._write(status, content, fault.headers)
        elif fault.kind == "html":
            self._write_bytes(fault.status, b"<html>Please accept our terms</html>", "text/html")
        elif fault.kind == "hang":
            state.released.wait(60)
            self.close_connection = True
        elif fault.kind == "cut":
            status, content = state.answer(self.path, headers, body)
            whole = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: len(whole) // 2])
            self._hang_up()
        elif fault.kind == "lost":
            state.answer(self.path, headers, body)
            self._hang_up()
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _write(
        self, status: int, content: dict[str, Any], headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        kind = "application/json" if status < 400 else "application/problem+json"
        self._write_bytes(status, json.dumps(content).encode(), kind, headers)

    def _write_bytes(
        self, status: int, content: bytes, kind: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def problem(status: int, code: str) -> tuple[int, dict[str, Any]]:
    return status, {"status": status, "code": code, "title": code, "detail": f"It is {code}."}
