"""A sink says what the server said, and never mistakes anybody else for the server."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from tests.sdk.stub_server import KEY, Fault, StubServer

from wanllmdb import wire
from wanllmdb.branch import is_of
from wanllmdb.http import Http, Login, NoAnswerError, Timeouts, base_url, proxy_for
from wanllmdb.sink import Ack, GapError, HttpSink, Pulse, RefusedError, UnreachableError
from wanllmdb.tee import TeeSink

RUN = {"id": "r1", "project": "digits"}


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


def a_batch(*steps: int, start: int = 0) -> bytes:
    rows = [(step, int(wire.Kind.ROW), wire.encode([step, 0, {"x": 1.0}])) for step in steps]
    return wire.pack(start, rows)


def stored(server: StubServer) -> list[int]:
    return [row[0] for row in server.records("r1")]


def test_a_run_is_opened_again_without_harm(server: StubServer) -> None:
    sink = HttpSink(server.url, KEY)
    first = sink.open_run(RUN)
    assert (first.id, first.owner, first.project) == ("r1", "local", "digits")
    assert not first.resumed
    assert first.last_step is None
    sink.send("local", "digits", "r1", "w", a_batch(5))
    again = sink.open_run(RUN)
    assert again.resumed
    assert again.last_step == 5


def test_a_batch_is_acknowledged_at_its_end_and_kept_once(server: StubServer) -> None:
    sink = HttpSink(server.url, KEY)
    sink.open_run(RUN)
    assert sink.send("local", "digits", "r1", "w", a_batch(1, 2, 3)) == Ack(3, [])
    assert sink.send("local", "digits", "r1", "w", a_batch(2, 3, 4)) == Ack(4, [])
    assert stored(server) == [1, 2, 3, 4]


def test_a_gap_says_where_to_begin(server: StubServer) -> None:
    sink = HttpSink(server.url, KEY)
    sink.open_run(RUN)
    sink.send("local", "digits", "r1", "w", a_batch(1))
    with pytest.raises(GapError) as caught:
        sink.send("local", "digits", "r1", "w", a_batch(9, start=8))
    assert caught.value.expected == 1


def test_a_heartbeat_brings_back_stop_and_watched(server: StubServer) -> None:
    sink = HttpSink(server.url, KEY)
    sink.open_run(RUN)
    assert sink.heartbeat("local", "digits", "r1") == Pulse()
    server.stop_requested = server.watched = True
    assert sink.heartbeat("local", "digits", "r1") == Pulse(stop=True, watched=True)


@pytest.mark.parametrize(
    ("payload", "key", "status", "code"),
    [
        (RUN, "wl-wrong", 401, "wrong-key"),
        (RUN | {"resume": "must", "id": "r2"}, KEY, 404, "run-not-found"),
        (RUN | {"resume": "never"}, KEY, 409, "run-exists"),
    ],
)
def test_a_refusal_names_its_reason(
    server: StubServer, payload: dict[str, str], key: str, status: int, code: str
) -> None:
    HttpSink(server.url, KEY).open_run(RUN | {"writer": "other"})
    with pytest.raises(RefusedError) as caught:
        HttpSink(server.url, key).open_run(payload)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_the_key_is_in_no_message(server: StubServer) -> None:
    server.keys.clear()
    with pytest.raises(RefusedError) as caught:
        HttpSink(server.url, KEY).open_run(RUN)
    server.stop()
    sink = HttpSink(server.url, KEY)
    with pytest.raises(UnreachableError) as away:
        sink.open_run(RUN)
    assert KEY not in str(caught.value) + str(away.value) + repr(Login("u", KEY))


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        (Fault("status", 429, (("Retry-After", "7"),)), 7.0),
        (Fault("status", 503, (("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),)), 0.0),
        (Fault("status", 500), None),
        (Fault("html", 200), 30.0),
        (Fault("html", 404), 30.0),
        (Fault("html", 302), 30.0),
        (Fault("hang"), None),
        (Fault("reset"), None),
        (Fault("cut"), None),
    ],
    ids=str,
)
def test_everything_that_is_no_answer_of_ours_may_be_tried_again(
    server: StubServer, fault: Fault, retry_after: float | None
) -> None:
    server.always = fault
    sink = HttpSink(server.url, KEY, timeouts=Timeouts(connect=0.5, read=0.3))
    with pytest.raises(UnreachableError) as caught:
        sink.open_run(RUN)
    assert caught.value.retry_after == retry_after


def test_garbage_on_the_port_is_no_server() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"220 smtp.example ESMTP\r\n" * 3)
            connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    sink = HttpSink(f"http://127.0.0.1:{listener.getsockname()[1]}", KEY)
    with pytest.raises(UnreachableError):
        sink.open_run(RUN)
    thread.join()
    listener.close()


def test_a_kept_connection_that_was_closed_is_replaced_at_once(server: StubServer) -> None:
    sink = HttpSink(server.url, KEY)
    sink.open_run(RUN)
    server.stop()
    server.start()
    assert sink.open_run(RUN).resumed


def test_a_password_is_exchanged_for_a_token_and_again_when_that_ends(server: StubServer) -> None:
    server.passwords["ada"] = "correct horse"
    sink = HttpSink(server.url, Login("ada", "correct horse"))
    sink.open_run(RUN)
    server.keys.clear()
    sink.open_run(RUN)
    logins = [path for path, _ in server.requests if path.endswith("/auth/login")]
    assert len(logins) == 2
    with pytest.raises(RefusedError) as caught:
        HttpSink(server.url, Login("ada", "wrong")).open_run(RUN)
    assert caught.value.status == 401


def test_batches_go_to_the_metric_service_where_there_is_one(server: StubServer) -> None:
    with StubServer() as metrics:
        metrics.runs[("local", "digits", "r1")] = {}
        sink = HttpSink(server.url, KEY, metric_url=f"{metrics.url}/api/v1")
        sink.open_run(RUN)
        sink.send("local", "digits", "r1", "w", a_batch(1))
        assert stored(metrics) == [1]
        assert stored(server) == []


def test_batches_go_to_the_address_that_the_server_names_for_them(server: StubServer) -> None:
    with StubServer() as metrics:
        metrics.runs[("local", "digits", "r1")] = {}
        server.metric_url = metrics.url.replace("127.0.0.1", "localhost")
        sink = HttpSink(server.url, KEY)
        sink.open_run(RUN)
        sink.send("local", "digits", "r1", "w", a_batch(1))
        assert (stored(metrics), stored(server)) == ([1], [])
        sink.close()


def test_batches_go_to_the_server_itself_where_nobody_is_at_the_address_it_names(
    server: StubServer,
) -> None:
    server.metric_url = "http://127.0.0.1:9"  # a tunnel leads to the first port alone
    sink = HttpSink(server.url, KEY)
    sink.open_run(RUN)
    assert sink.send("local", "digits", "r1", "w", a_batch(1)).position == 1
    assert stored(server) == [1]


def test_who_named_an_address_is_not_contradicted_by_the_server(server: StubServer) -> None:
    server.metric_url = "http://127.0.0.1:9"
    with StubServer() as metrics:
        metrics.runs[("local", "digits", "r1")] = {}
        sink = HttpSink(server.url, KEY, metric_url=metrics.url)
        sink.open_run(RUN)
        sink.send("local", "digits", "r1", "w", a_batch(1))
        assert stored(metrics) == [1]


@pytest.mark.parametrize(
    ("server", "named", "may"),
    [
        ("http://h:8000", "http://h:8001", True),
        ("http://localhost:8000", "http://127.0.0.1:8001", True),
        ("http://h:8000", "https://h:8001", True),
        ("https://h", "https://metrics.example.org", True),
        ("https://h", "http://h:8001", False),
        ("http://h:8000", "http://elsewhere:8001", False),
        ("http://h:8000", "ftp://h:8001", False),
        ("http://h:8000", "http://[h", False),
        ("http://h:8000", "", False),
    ],
)
def test_a_key_is_shown_to_an_address_that_the_server_may_speak_for(
    server: str, named: str, may: bool
) -> None:
    assert is_of(server, named) is may


def test_odd_names_arrive_as_they_are(server: StubServer) -> None:
    odd = {"id": "r1", "project": "a/b c?d#é", "owner": "Ünï"}
    sink = HttpSink(server.url, KEY)
    run = sink.open_run(odd)
    assert sink.send(run.owner, run.project, run.id, "w", a_batch(1)).position == 1


def test_a_config_with_nan_is_told_in_words(server: StubServer) -> None:
    config = {"a": float("nan"), "b": [float("inf"), -float("inf")], "c": {"d": 1.5}, "e": "\ud800"}
    HttpSink(server.url, KEY).open_run(RUN | {"config": config})
    [run] = server.runs.values()
    assert run["config"] == {
        "a": "NaN", "b": ["Infinity", "-Infinity"], "c": {"d": 1.5}, "e": "\ud800"
    }  # fmt: skip


def test_a_fork_child_has_connections_of_its_own(server: StubServer) -> None:
    sink = HttpSink(server.url, KEY)
    sink.open_run(RUN)
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            for _ in range(20):
                sink.open_run(RUN)
            os._exit(0)
        pids.append(pid)
    for _ in range(20):
        sink.open_run(RUN)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 4


def test_two_sinks_both_get_everything(server: StubServer) -> None:
    with StubServer() as second:
        tee = TeeSink(HttpSink(server.url, KEY), HttpSink(second.url, KEY))
        run = tee.open_run(RUN)
        assert tee.send(run.owner, run.project, run.id, "w", a_batch(1, 2)).position == 2
        second.forget("r1", "w", keep=1)
        with pytest.raises(GapError) as caught:
            tee.send(run.owner, run.project, run.id, "w", a_batch(3, start=2))
        assert caught.value.expected == 1
        tee.send(run.owner, run.project, run.id, "w", a_batch(2, 3, start=1))
        assert stored(server) == stored(second) == [1, 2, 3]
        second.stop_requested = True
        assert tee.heartbeat(run.owner, run.project, run.id).stop


def test_one_of_two_sinks_away_holds_both_back_and_loses_nothing(server: StubServer) -> None:
    with StubServer() as second:
        quick = Timeouts(connect=0.3, read=0.3)
        tee = TeeSink(HttpSink(server.url, KEY), HttpSink(second.url, KEY, timeouts=quick))
        run = tee.open_run(RUN)
        second.stop()
        with pytest.raises(UnreachableError):
            tee.send(run.owner, run.project, run.id, "w", a_batch(1))
        second.start()
        assert tee.send(run.owner, run.project, run.id, "w", a_batch(1)).position == 1
        assert stored(server) == stored(second) == [1]


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("http://tracker.lan", {}, None),
        ("http://tracker.lan", {"http_proxy": "http://p:3128"}, "http://p:3128"),
        ("https://tracker.lan", {"HTTPS_PROXY": "p:3128"}, "http://p:3128"),
        ("https://tracker.lan", {"http_proxy": "http://p:3128"}, None),
        ("https://tracker.lan", {"ALL_PROXY": "http://p"}, "http://p"),
        ("http://tracker.lan", {"http_proxy": "http://p", "NO_PROXY": ".lan"}, None),
        (
            "http://tracker.lan:80",
            {"http_proxy": "http://p", "no_proxy": "x, tracker.lan:80"},
            None,
        ),
        ("http://tracker.lan", {"http_proxy": "http://p", "no_proxy": "*"}, None),
        ("http://mylan", {"http_proxy": "http://p", "no_proxy": "lan"}, "http://p"),
        ("http://127.0.0.1:8000", {"http_proxy": "http://p"}, None),
        ("http://[::1]:8000", {"all_proxy": "http://p"}, None),
    ],
)
def test_proxies_are_found_where_everybody_puts_them(
    url: str, environ: dict[str, str], proxy: str | None
) -> None:
    assert proxy_for(url, environ) == proxy


def test_a_proxy_is_really_asked(server: StubServer) -> None:
    http = Http("http://tracker.invalid", KEY, environ={"http_proxy": server.url})
    answer = http.request("POST", "/api/v1/runs", RUN)
    assert answer.status == 404  # the stub saw a whole URL where a path should be
    assert server.requests[0][0] == "http://tracker.invalid/api/v1/runs"


def test_an_untrusted_certificate_names_what_is_trusted() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # without a certificate: no handshake

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1, socket.MSG_PEEK)  # as in test_answer: it speaks, then it is wrapped
            with pytest.raises(OSError, match=r"no shared cipher|NO_SHARED_CIPHER"):
                context.wrap_socket(connection, server_side=True)

    thread = threading.Thread(target=answer)
    thread.start()
    http = Http(f"https://127.0.0.1:{listener.getsockname()[1]}", KEY, environ={})
    with pytest.raises(NoAnswerError) as caught:
        http.request("GET", "/api/v1/me")
    assert "trusted are those of the system" in str(caught.value)
    assert caught.value.retry_after == 60.0
    assert caught.value.permanent
    http.close()
    thread.join()
    listener.close()


@pytest.mark.parametrize(
    "url", ["http://h:1", "http://h:1/", "http://h:1/api/v1", " http://h:1/api/v1/ "]
)
def test_an_address_may_be_written_in_every_usual_way(url: str) -> None:
    assert base_url(url) == "http://h:1"
