"""Gates before a real server: one that speaks TLS, and a proxy that must be asked by CONNECT.

Each runs in threads of its own, passes bytes on to `target`, and counts who knocked.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import trustme

Address = tuple[str, int]


class _Gate:
    """Listens on a free port of the loopback interface; each connection has a thread."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # The accepting thread is woken by the shutdown, not by the close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self.serve(client)


class TlsGate(_Gate):
    """A server's TLS; `handshakes` that came to their end, and the `names` they asked for."""

    def __init__(self, target: Address, certificate: trustme.LeafCert) -> None:
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        certificate.configure_cert(self._context)
        self.handshakes = 0
        self.names: list[str | None] = []
        super().__init__()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def serve(self, client: socket.socket) -> None:
        # Not wrapped before it speaks: of a peer that is gone already, wrap_socket leaves what it
        # has made open.
        client.recv(1, socket.MSG_PEEK)
        with self._context.wrap_socket(client, server_side=True) as secure:
            self.handshakes += 1
            with socket.create_connection(self._target) as server:
                _join(secure, server)


class ConnectProxy(_Gate):
    """An HTTP proxy: CONNECT and whole URLs lead to `target`, whatever host they name.

    `heads` are the first lines and headers of what it was asked.
    """

    def __init__(self, target: Address, account: str = "") -> None:
        self._target = target
        self._wants = f"Basic {b64encode(account.encode()).decode()}" if account else ""
        self.heads: list[str] = []
        super().__init__()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        head = _head(client)
        self.heads.append(head)
        if self._wants and f"proxy-authorization: {self._wants}".lower() not in head.lower():
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
                b"Content-Type: text/html\r\nContent-Length: 7\r\nConnection: close\r\n\r\n<p>who?"
            )
            return
        with socket.create_connection(self._target) as server:
            if head.startswith("CONNECT "):
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                method, url, rest = head.split(" ", 2)
                path = "/" + url.split("/", 3)[3]
                server.sendall(f"{method} {path} {rest}".encode("latin-1"))
            _join(client, server)


def certificate(authority: trustme.CA, *names: str, expired: bool = False) -> trustme.LeafCert:
    """For these names, by that authority."""
    end = datetime.now(UTC) - timedelta(days=1) if expired else None
    begin = datetime.now(UTC) - timedelta(days=400) if expired else None
    return authority.issue_cert(*names, not_before=begin, not_after=end)


def pem(authority: trustme.CA, path: Path) -> Path:
    """The authority's certificate as a file."""
    authority.cert_pem.write_to_path(str(path))
    return path


def _head(client: socket.socket) -> str:
    """What comes until the empty line, byte by byte: what follows is not ours."""
    found = b""
    while not found.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            raise OSError("it hung up")
        found += byte
    return found.decode("latin-1")


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until either side is gone."""

    def pass_on(source: socket.socket, sink: socket.socket, end: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        end()

    def end() -> None:
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pass_on, args=(other, one, end), daemon=True)
    back.start()
    pass_on(one, other, end)
    back.join()


class _HttpGate(_Gate):
    """Passes whole requests on, one at a time, and whole answers back."""

    def __init__(self, target: Address) -> None:
        self.target = target
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        while True:
            head = _head(client)
            request = head.encode("latin-1") + _body(client, head)
            if not self.answer(client, head, request):
                return

    def answer(self, client: socket.socket, head: str, request: bytes) -> bool:
        """Answer one request; whether the connection goes on."""
        raise NotImplementedError

    def ask(self, request: bytes) -> tuple[str, bytes]:
        """What the server says, head and body."""
        with socket.create_connection(self.target) as server:
            server.sendall(request)
            head = _head(server)
            return head, _body(server, head)


class LyingGate(_HttpGate):
    """Says that answers are `lie` bytes longer than they are, or sends clients on.

    `told` counts answers, `lies` those that were wrong. `send_to` answers every request with
    a redirection there.
    """

    def __init__(self, target: Address) -> None:
        self.lie = self.told = self.lies = 0
        self.send_to = ""
        super().__init__(target)

    def answer(self, client: socket.socket, head: str, request: bytes) -> bool:
        if self.send_to:
            path = head.split(" ")[1]
            client.sendall(
                f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {self.send_to}{path}\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            return True
        said, body = self.ask(request)
        lie = self.lie
        said = _LENGTH.sub(lambda found: f"{found[1]}{len(body) + lie}", said)
        client.sendall(said.encode("latin-1") + body)
        self.told += 1
        self.lies += lie != 0
        return lie == 0  # who waits for more bytes hears the end of them


class TwiceGate(_HttpGate):
    """Hands every batch to the server twice, at the same time; `doubled` counts them."""

    def __init__(self, target: Address) -> None:
        self.doubled = 0
        super().__init__(target)

    def answer(self, client: socket.socket, head: str, request: bytes) -> bool:
        again = None
        if head.split(" ")[1].endswith("/batches"):
            self.doubled += 1
            again = threading.Thread(target=self.ask, args=(request,))
            again.start()
        said, body = self.ask(request)
        client.sendall(said.encode("latin-1") + body)
        if again is not None:
            again.join()
        return True


_LENGTH = re.compile(r"(?i)(content-length: *)(\d+)")


def _body(source: socket.socket, head: str) -> bytes:
    found = _LENGTH.search(head)
    left = int(found[2]) if found else 0
    body = b""
    while len(body) < left:
        piece = source.recv(left - len(body))
        if not piece:
            raise OSError("it hung up")
        body += piece
    return body
