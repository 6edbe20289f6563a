"""The fault proxy, each mode and each knob, before a real HTTP server."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.faults.proxy import FaultProxy
from tests.journeys.processes import eventually

pytestmark = pytest.mark.timeout(30)


class Applied(ThreadingHTTPServer):
    """Answers 200, and remembers the body of every request that it has applied."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Applied

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b"accepted")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def behind() -> Iterator[Applied]:
    with Applied() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(behind: Applied) -> Iterator[FaultProxy]:
    with FaultProxy("127.0.0.1", behind.server_address[1], seed=1) as proxy:
        yield proxy


class Client:
    """One kept connection through the proxy."""

    def __init__(self, proxy: FaultProxy, timeout: float = 5.0) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=timeout)

    def post(self, body: bytes = b"row") -> tuple[int, bytes]:
        self._http.request("POST", "/batches", body)
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def header(self, body: bytes = b"row", *, name: str) -> str | None:
        self._http.request("POST", "/batches", body)
        answer = self._http.getresponse()
        answer.read()
        return answer.getheader(name)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[Client]:
    client = Client(proxy)
    yield client
    client.close()


def test_passing_it_forwards_and_counts(proxy: FaultProxy, client: Client) -> None:
    began = time.monotonic()
    assert [client.post(), client.post(b"x" * 300_000)] == [(200, b"accepted")] * 2
    assert proxy.conns == 1
    assert [(each.method, each.path, each.mode) for each in proxy.requests] == [
        ("POST", "/batches", "pass")
    ] * 2
    assert proxy.requests_since(began) == proxy.requests
    assert proxy.up > 300_000
    assert proxy.down > 16
    assert proxy.cut == 0


def test_refusing_nobody_listens_and_afterwards_somebody_does(
    behind: Applied, proxy: FaultProxy, client: Client
) -> None:
    client.post()
    proxy.set("refuse")
    with pytest.raises(ConnectionError):
        client.post()  # the open connection is gone
    client.close()
    with pytest.raises(ConnectionRefusedError):
        client.post()
    client.close()
    proxy.set("pass")
    assert client.post()[0] == 200
    assert len(behind.bodies) == 2


def test_resetting_every_connection_gets_an_rst(
    behind: Applied, proxy: FaultProxy, client: Client
) -> None:
    client.post()
    proxy.set("reset")
    with socket.create_connection(("127.0.0.1", proxy.port)) as raw:
        raw.settimeout(5)
        with pytest.raises(ConnectionResetError):
            raw.recv(1)
    with pytest.raises(ConnectionError):
        client.post()
    assert proxy.cut == 2
    assert len(behind.bodies) == 1


def test_in_a_black_hole_requests_wait_and_are_applied_when_it_heals(
    behind: Applied, proxy: FaultProxy, client: Client
) -> None:
    client.post(b"before")
    proxy.set("blackhole")
    hasty = Client(proxy, timeout=0.2)
    with pytest.raises(TimeoutError):
        hasty.post(b"late")
    hasty.close()
    assert behind.bodies == [b"before"]
    assert proxy.requests[-1].mode == "blackhole"
    proxy.set("pass")
    eventually(lambda: b"late" in behind.bodies, seconds=5)


def test_a_request_that_was_given_up_while_half_open_is_applied_later_beside_its_repetition(
    behind: Applied, proxy: FaultProxy
) -> None:
    proxy.set("half_up")
    hasty = Client(proxy, timeout=0.2)
    with pytest.raises(TimeoutError):
        hasty.post(b"y" * 200_000)
    hasty.close()
    assert behind.bodies == []
    proxy.set("pass")
    again = Client(proxy)
    again.post(b"y" * 200_000)
    again.close()
    eventually(lambda: len(behind.bodies) == 2, seconds=5)
    assert set(behind.bodies) == {b"y" * 200_000}


def test_half_open_downwards_a_request_is_applied_and_its_answer_comes_when_it_heals(
    behind: Applied, proxy: FaultProxy
) -> None:
    proxy.set("half_down")
    patient = Client(proxy)
    got: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: got.append(patient.post()))
    asking.start()
    eventually(lambda: behind.bodies == [b"row"], seconds=5)
    assert got == []
    proxy.set("pass")
    asking.join(5)
    patient.close()
    assert got == [(200, b"accepted")]


def test_garbage_is_no_http(behind: Applied, proxy: FaultProxy, client: Client) -> None:
    proxy.set("garbage")
    with pytest.raises(http.client.HTTPException):
        client.post()
    assert behind.bodies == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_it_answers_with_a_status_and_says_when_to_come_back(
    behind: Applied, proxy: FaultProxy, client: Client, status: int
) -> None:
    proxy.set("status", status=status)
    assert client.post()[0] == status
    assert client.header(name="Retry-After") is None
    proxy.set("status", status=status, retry_after=7)
    assert client.header(name="Retry-After") == "7"
    assert behind.bodies == []
    proxy.set("pass")
    assert client.post()[0] == 200  # on the same connection
    assert proxy.conns == 1


def test_a_captive_portal_answers_with_its_own_page(
    behind: Applied, proxy: FaultProxy, client: Client
) -> None:
    proxy.set("html")
    status, body = client.post()
    assert (status, b"terms of use" in body) == (200, True)
    assert behind.bodies == []


def test_a_request_that_began_while_it_passed_is_passed_to_its_end(
    behind: Applied, proxy: FaultProxy
) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as raw:
        raw.settimeout(5)
        raw.sendall(b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nrow")
        eventually(lambda: proxy.up, seconds=5)
        proxy.set("status", status=503)
        raw.sendall(b"row")
        assert raw.recv(100).startswith(b"HTTP/1.1 200")
    assert behind.bodies == [b"rowrow"]


@pytest.mark.parametrize("cut_after", [0, 1, 17, 60])
def test_cut_in_an_answer_the_request_is_applied_and_the_connection_reset(
    behind: Applied, proxy: FaultProxy, client: Client, cut_after: int
) -> None:
    proxy.set("pass", cut_after=cut_after)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.post()
    assert behind.bodies == [b"row"]
    assert (proxy.down, proxy.cut) == (cut_after, 1)


def test_a_cut_beyond_every_answer_cuts_none(proxy: FaultProxy, client: Client) -> None:
    proxy.set("pass", cut_after=100_000)
    assert [client.post() for _ in range(3)] == [(200, b"accepted")] * 3
    assert proxy.cut == 0


def test_the_same_seed_cuts_the_same_pieces(behind: Applied) -> None:
    def outcomes(seed: int) -> list[bool]:
        found = []
        with FaultProxy("127.0.0.1", behind.server_address[1], seed) as proxy:
            proxy.set("pass", cut_p=0.2)
            for _ in range(30):
                client = Client(proxy)
                try:
                    found.append(client.post()[0] == 200)
                except (ConnectionError, http.client.HTTPException):
                    found.append(False)
                client.close()
        return found

    first = outcomes(5)
    assert first == outcomes(5)
    assert first != outcomes(6)
    assert 0 < sum(first) < 30


def test_latency_and_a_narrow_line_take_their_time(proxy: FaultProxy, client: Client) -> None:
    # At least: nothing here fails on a machine that is slower.
    client.post()
    proxy.set("pass", latency=0.1)
    began = time.monotonic()
    client.post()
    assert time.monotonic() - began >= 0.2
    proxy.set("pass", bps=20_000)
    began = time.monotonic()
    client.post(b"z" * 10_000)
    assert time.monotonic() - began >= 0.5


def test_before_a_server_that_is_not_there_it_resets(proxy: FaultProxy) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with FaultProxy("127.0.0.1", port) as lonely:
        client = Client(lonely)
        with pytest.raises(ConnectionError):
            client.post()
        client.close()
    with pytest.raises(ValueError, match="none of"):
        proxy.set("slow")
