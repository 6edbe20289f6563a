"""Who answers is told from what it says; and whom to trust is found where everybody puts it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import trustme
from tests.sdk.stub_server import KEY, Fault, StubServer

from wanllmdb.answer import Heard, NoAnswerError, retry_after, understand
from wanllmdb.budget import Budget
from wanllmdb.credentials import KeyWatch, save_key
from wanllmdb.errors import UsageError
from wanllmdb.http import Http, Timeouts
from wanllmdb.proxies import find_proxy, without_account
from wanllmdb.settings import Settings, parse_url
from wanllmdb.sink import HttpSink, RefusedError
from wanllmdb.tls import find_trust

URL = "http://tracker:8000"
JSON = {"content-type": "application/json"}


def key(name: str) -> str:
    """A key that could be one."""
    return f"wl-{name:x<43}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, 3600.0),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 60.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:26:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}, 3600.0),
        # The server's clock is a day ahead of ours.
        (
            {
                "retry-after": "Thu, 22 Oct 2015 07:27:10 GMT",
                "date": "Thu, 22 Oct 2015 07:27:00 GMT",
            },
            10.0,
        ),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_an_hour_at_most(
    headers: dict[str, str], seconds: float | None
) -> None:
    now = 1_445_412_420.0  # 2015-10-21 07:27:00
    assert retry_after(headers, now) == seconds


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 507, 599])
def test_busy_is_no_answer(status: int) -> None:
    with pytest.raises(NoAnswerError) as caught:
        understand(Heard(status, JSON, b"{}"), URL)
    assert not caught.value.permanent


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 410, 413, 422])
def test_json_is_an_answer_whatever_it_says(status: int) -> None:
    answer = understand(Heard(status, JSON, b'{"code": "word"}'), URL)
    assert (answer.status, answer.code, answer.ok) == (status, "word", status < 400)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": ', b"[" * 100_000, b"\xff", b"null"])
def test_json_that_cannot_be_read_is_no_answer(content: bytes) -> None:
    with pytest.raises(NoAnswerError, match="cannot be read"):
        understand(Heard(200, JSON, content), URL)


def test_a_page_is_a_strangers() -> None:
    html = Heard(200, {"content-type": "text/html; charset=utf-8"}, b"<p>Welcome!")
    with pytest.raises(NoAnswerError, match="perhaps the sign-in page of this network") as caught:
        understand(html, URL)
    assert caught.value.retry_after == 30.0


@pytest.mark.parametrize(
    "page",
    [
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
        b"You're speaking plain HTTP to an SSL-enabled server port.",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ],
)
def test_the_page_of_a_tls_port_says_what_to_call_it(page: bytes) -> None:
    with pytest.raises(NoAnswerError, match="call it https://tracker:8000") as caught:
        understand(Heard(400, {"content-type": "text/html"}, page), URL)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://tracker/login?next=x", "https://tracker"),
        ("https://ada:engine@other:1/x", "https://other:1"),
        ("/login", "http://tracker:8000"),
        ("https://\x1b[31m/", "somewhere else"),
        ("https://[31/", "somewhere else"),
        ("https://t\x1bx/", "somewhere else"),
    ],
)
def test_a_redirection_is_said_and_not_followed(location: str, shown: str) -> None:
    with pytest.raises(NoAnswerError) as caught:
        understand(Heard(302, {"location": location}, b""), URL)
    assert f"on to {shown}, and the key goes nowhere else" in str(caught.value)
    assert "engine" not in str(caught.value)


def test_a_key_does_not_follow_a_redirection() -> None:
    with StubServer() as server, StubServer() as elsewhere:
        server.always = Fault("status", 307, (("Location", f"{elsewhere.url}/api/v1/runs"),))
        with pytest.raises(NoAnswerError, match="sends us on"):
            Http(server.url, KEY).request("POST", "/api/v1/runs", {})
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"http_proxy": "http://a", "HTTP_PROXY": "http://b"}, "http://a"),
        ({"http_proxy": "", "HTTP_PROXY": "http://b"}, None),
        ({"HTTP_PROXY": "ada:engine@b:3128"}, "http://b:3128"),
        ({"http_proxy": "http://a", "no_proxy": "10.0.0.0/8"}, None),
        ({"http_proxy": "http://a", "no_proxy": "10.1.0.0/16, 192.168.0.0/16"}, "http://a"),
        ({"http_proxy": "http://a", "no_proxy": "10.2.3.4"}, None),
        ({"http_proxy": "http://a", "no_proxy": "10.2.3.4/nonsense, ,"}, "http://a"),
    ],
)
def test_no_proxy_knows_networks_and_small_letters_come_first(
    environ: dict[str, str], proxy: str | None
) -> None:
    found = find_proxy("http://10.2.3.4:8000", environ)
    assert (None if found is None else found.url) == proxy


def test_the_account_of_a_proxy_is_sent_to_it_and_shown_to_nobody() -> None:
    found = find_proxy("https://tracker", {"HTTPS_PROXY": "http://ada:p%40ss@b:3128/"})
    assert found is not None
    assert found.account == "ada:p@ss"
    assert found.headers() == {"Proxy-Authorization": "Basic YWRhOnBAc3M="}
    assert "p@ss" not in f"{found} {found!r}"
    assert str(found) == "the proxy http://b:3128 (HTTPS_PROXY)"
    assert without_account("https://ada:engine@host:1/x") == "https://host:1/x"


@pytest.mark.parametrize(
    "proxy", ["http://ada:engine@[bad", "http://ada:engine@b:port", "gopher://b"]
)
def test_a_proxy_that_is_no_address_is_no_answer(proxy: str) -> None:
    http = Http("http://tracker.invalid", KEY, environ={"http_proxy": proxy}, budget=Budget())
    with pytest.raises(NoAnswerError) as caught:
        http.request("GET", "/api/v1/me")
    assert "engine" not in str(caught.value)


def test_an_address_with_an_account_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError) as caught:
        parse_url("https://ada:engine@tracker")
    assert "engine" not in str(caught.value)


@pytest.mark.parametrize(
    ("ca_file", "environ", "source"),
    [
        (None, {}, "the system"),
        (None, {"SSL_CERT_FILE": "/f"}, "SSL_CERT_FILE"),
        (None, {"SSL_CERT_DIR": "/d"}, "SSL_CERT_DIR"),
        (None, {"SSL_CERT_FILE": "/f", "CURL_CA_BUNDLE": "/c"}, "CURL_CA_BUNDLE"),
        (None, {"CURL_CA_BUNDLE": "/c", "REQUESTS_CA_BUNDLE": "/r"}, "REQUESTS_CA_BUNDLE"),
        (None, {"REQUESTS_CA_BUNDLE": "/r", "WANLLMDB_CA_FILE": "/w"}, "WANLLMDB_CA_FILE"),
        ("/a", {"WANLLMDB_CA_FILE": "/w"}, "the setting ca_file"),
    ],
)
def test_the_first_who_says_whom_to_trust_decides(
    ca_file: str | None, environ: dict[str, str], source: str
) -> None:
    assert find_trust(ca_file, environ).source == source


@contextmanager
def tls_server(authority: trustme.CA) -> Iterator[tuple[str, Callable[[], int]]]:
    """A server of `{}` over TLS; its address, and how many connections it has seen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    seen: list[int] = []

    def answer() -> None:
        while True:
            client, _ = listener.accept()
            seen.append(1)
            with client, suppress(OSError):
                # Not wrapped before it speaks: of a peer that is gone already, wrap_socket
                # leaves what it has made open.
                client.recv(1, socket.MSG_PEEK)
                with context.wrap_socket(client, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
                    )

    def serve() -> None:
        with suppress(OSError):
            answer()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}", lambda: len(seen)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_what_is_not_trusted_is_left_alone_until_the_certificates_change(tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    ca = tmp_path / "ca.pem"
    other.cert_pem.write_to_path(str(ca))
    budget = Budget()
    with tls_server(authority) as (url, seen):
        for _ in range(3):  # a run, another, and a command: all of one process
            http = Http(url, KEY, environ={"SSL_CERT_FILE": str(ca)}, budget=budget)
            with pytest.raises(NoAnswerError) as caught:
                http.request("GET", "/api/v1/me")
            http.close()
            assert caught.value.permanent
            assert f"{ca} (SSL_CERT_FILE)" in str(caught.value)
        assert seen() == 1
        assert 59 < (caught.value.retry_after or 0) <= 60
        authority.cert_pem.write_to_path(str(ca), append=True)
        assert http.request("GET", "/api/v1/me").ok
        http.close()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(tmp_path: Path, content: str | None) -> None:
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_text(content)
    http = Http("https://localhost:1", KEY, ca_file=str(ca), environ={}, budget=Budget())
    with pytest.raises(NoAnswerError) as caught:
        http.request("GET", "/api/v1/me")
    assert f"the certificates in {ca} cannot be read" in str(caught.value)
    assert "the setting ca_file names them" in str(caught.value)
    assert caught.value.permanent


def test_a_folder_of_certificates_will_do(tmp_path: Path) -> None:
    authority = trustme.CA()
    with tls_server(authority) as (url, _):
        http = Http(url, KEY, ca_file=str(tmp_path), environ={}, budget=Budget())
        with closing(http), pytest.raises(NoAnswerError, match="signed by nobody who is trusted"):
            http.request("GET", "/api/v1/me")


def test_a_large_body_goes_out_in_pieces_and_arrives_whole() -> None:
    with StubServer() as server:
        http = Http(server.url, KEY, timeouts=Timeouts(connect=2, read=2))
        config = {"text": "x" * 1_000_000}
        body = {"id": "r1", "project": "p", "config": config}
        assert http.request("POST", "/api/v1/runs", body).ok
        [run] = server.runs.values()
        assert run["config"] == config
        assert http.answers == 1
        http.close()


def test_a_key_that_turns_up_is_noticed_once(tmp_path: Path) -> None:
    environ: dict[str, str] = {"WANLLMDB_API_KEY": key("first")}
    settings = Settings(api_url="http://tracker", api_key=key("first"), config_dir=str(tmp_path))
    save_key(settings, key("lay-there"), "ada")
    watch = KeyWatch(settings, environ)
    assert watch.fresh() is None
    save_key(settings, key("saved-since"), "ada")
    assert (watch.fresh(), watch.fresh()) == (key("saved-since"), None)
    environ["WANLLMDB_API_KEY"] = key("second")
    environ["WANDB_API_KEY"] = "not-for-us"
    assert (watch.fresh(), watch.fresh()) == (key("second"), None)
    save_key(Settings(api_url="http://elsewhere", config_dir=str(tmp_path)), "wl-theirs", "ada")
    assert watch.fresh() is None


def test_a_sink_shows_the_key_that_turned_up() -> None:
    fresh = iter([None, "wl-new"])
    with StubServer() as server:
        server.keys = {"wl-new"}
        sink = HttpSink(server.url, KEY, fresh_key=lambda: next(fresh))
        with pytest.raises(RefusedError):
            sink.open_run({"id": "r1", "project": "p"})
        assert not sink.renewed()
        assert sink.renewed()
        sink.open_run({"id": "r1", "project": "p"})
        sink.close()
