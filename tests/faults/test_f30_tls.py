"""F30: TLS and proxies that do not let us through: at most one attempt a minute, and finish ≤ 5 s.

An expired certificate, one for another name, one of an unknown authority, plain HTTP to a
port that speaks TLS and the reverse, a proxy that wants an account. Each says once what is
wrong, names the server and on whose word certificates are believed, and what to do; every
row is kept, and sent when the configuration is mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from tests.faults.checker import check, left
from tests.faults.conftest import Many
from tests.faults.gates import ConnectProxy, TlsGate, certificate, pem
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

ROWS, PACE = 50, 0.01
FINISH = "import time; t = time.monotonic(); wandb.finish(); print('took', time.monotonic() - t)"
CERTIFICATES = {
    "expired": "has expired",
    "another name": "is not for the name localhost",
    "unknown authority": "is signed by nobody who is trusted here",
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One that also answers to the name by which only a proxy finds it."""
    root = tmp_path_factory.mktemp("server")
    process = ServerProcess(root, extra=("--allowed-host", "tracker.test")).start()
    yield process
    process.stop()


@pytest.fixture
def place(server: ServerProcess, tmp_path: Path) -> Place:
    """Where trainings live; each test says which address they have for the server."""
    return Place(tmp_path / "place", key=server.key)


def target(server: ServerProcess) -> tuple[str, int]:
    return "127.0.0.1", server.port


def trained(place: Place, run: str, rows: int = ROWS, **variables: str) -> Training:
    """A training that has come to its end, unharmed."""
    training = Training(place, run, rows=rows, pace=PACE, after=FINISH, environment=variables)
    with training:
        assert training.wait(30 + rows * PACE) == 0, training.output
    took = re.search(r"took ([\d.]+)", training.output)
    assert took, training.output
    assert float(took[1]) <= 5.0
    assert training.ended
    return training


def said(training: Training, words: str) -> int:
    return training.output.count(words)


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_certificate_that_is_not_accepted_is_said_and_not_tried_again(
    server: ServerProcess,
    place: Place,
    authority: trustme.CA,
    kind: str,
    tmp_path: Path,
    many: Many,
) -> None:
    name = "elsewhere.test" if kind == "another name" else "localhost"
    shown = certificate(authority, name, expired=kind == "expired")
    trusted = pem(trustme.CA() if kind == "unknown authority" else authority, tmp_path / "a.pem")
    with TlsGate(target(server), shown) as gate:
        place.url = gate.url
        run = f"tls-{kind.replace(' ', '-')}"
        minutes = many(0, 3)
        rows = ROWS + int(minutes * 60 / PACE)
        training = trained(place, run, rows, REQUESTS_CA_BUNDLE=str(trusted))
        assert 1 <= gate.connections <= 1 + minutes
        assert gate.handshakes == 0
    assert CERTIFICATES[kind] in training.output
    assert gate.url in training.output
    assert f"those in {trusted} (REQUESTS_CA_BUNDLE)" in training.output
    assert said(training, "To mend it") <= 2  # at the start, and in the line at the end
    assert left(place.spool)

    with TlsGate(target(server), certificate(authority, "localhost")) as mended:
        mended_ca = pem(authority, tmp_path / "ca.pem")
        place.variables["WANLLMDB_CA_FILE"] = str(mended_ca)
        place.sync("--host", mended.url)
        assert mended.names[0] == "localhost"
    check(server, [training], spool=place.spool)


@pytest.mark.parametrize("kind", ["expired", "another name", "unknown authority"])
def test_whoever_turns_certificates_off_is_told_so_and_every_row_arrives(
    server: ServerProcess, place: Place, authority: trustme.CA, kind: str
) -> None:
    name = "elsewhere.test" if kind == "another name" else "localhost"
    with TlsGate(target(server), certificate(authority, name, expired=kind == "expired")) as gate:
        place.url = gate.url
        run = f"tls-off-{kind.replace(' ', '-')}"
        training = trained(place, run, WANDB_INSECURE_DISABLE_SSL="true")
        assert gate.handshakes >= 1
    assert "insecure_disable_ssl: anybody may pretend to be the server" in training.output
    assert "InsecureRequestWarning" not in training.output
    check(server, [training], spool=place.spool)


def test_the_next_run_sends_what_an_unknown_authority_held_back(
    server: ServerProcess, place: Place, authority: trustme.CA, tmp_path: Path
) -> None:
    with TlsGate(target(server), certificate(authority, "localhost")) as gate:
        place.url = gate.url
        first = trained(place, "tls-first")
        assert "trusted are those of the system" in first.output
        assert "WANLLMDB_CA_FILE=/path/to/ca.pem" in first.output
        ca = str(pem(authority, tmp_path / "ca.pem"))
        after = (
            "import time, pathlib\n"
            f"end = time.monotonic() + 20\n"
            f"while any('tls-first' in str(p) for p in pathlib.Path({str(place.spool)!r})"
            ".rglob('*.seg')) and time.monotonic() < end: time.sleep(0.05)"
        )
        second = Training(
            place, "tls-second", rows=ROWS, after=after, environment={"SSL_CERT_FILE": ca}
        )
        with second:
            assert second.wait(40) == 0
    check(server, [first, second], spool=place.spool)


def test_plain_http_to_a_tls_port_is_recognised(
    server: ServerProcess, place: Place, authority: trustme.CA, tmp_path: Path
) -> None:
    with TlsGate(target(server), certificate(authority, "localhost")) as gate:
        place.url = gate.url.replace("https:", "http:")
        training = trained(place, "plain-to-tls")
        assert f"{place.url} speaks TLS; call it {gate.url}" in training.output
        assert gate.connections == 2  # the attempt, and a look at what speaks there
        place.variables["WANLLMDB_CA_FILE"] = str(pem(authority, tmp_path / "ca.pem"))
        place.sync("--host", gate.url)
    check(server, [training], spool=place.spool)


def test_tls_to_a_plain_port_is_recognised(server: ServerProcess, place: Place) -> None:
    place.url = f"https://localhost:{server.port}"
    training = trained(place, "tls-to-plain")
    assert f"call it http://localhost:{server.port}" in training.output
    place.sync("--host", server.url)
    check(server, [training], spool=place.spool)


@pytest.fixture
def far(
    server: ServerProcess, place: Place, authority: trustme.CA, tmp_path: Path
) -> Iterator[TlsGate]:
    """A server that only a proxy finds: nobody here knows its name."""
    place.url = "https://tracker.test"
    place.variables["WANLLMDB_CA_FILE"] = str(pem(authority, tmp_path / "ca.pem"))
    with TlsGate(target(server), certificate(authority, "tracker.test")) as gate:
        yield gate


def test_a_proxy_is_asked_by_connect_with_the_account_in_its_address(
    server: ServerProcess, place: Place, far: TlsGate
) -> None:
    with ConnectProxy(("127.0.0.1", far.port), account="ada:p@ss word") as proxy:
        training = trained(
            place, "by-proxy", HTTPS_PROXY=f"http://ada:p%40ss%20word@{proxy.address}"
        )
    assert {head.split(" HTTP/")[0] for head in proxy.heads} == {"CONNECT tracker.test:443"}
    assert not any(server.key in head for head in proxy.heads)
    assert set(far.names) == {"tracker.test"}
    check(server, [training], spool=place.spool)


def test_a_proxy_that_wants_an_account_is_left_alone_and_its_account_never_shown(
    server: ServerProcess, place: Place, far: TlsGate
) -> None:
    with ConnectProxy(("127.0.0.1", far.port), account="ada:engine") as proxy:
        none = trained(place, "no-account", https_proxy=proxy.address)
        assert len(proxy.heads) == 1
        wrong = trained(place, "wrong-account", https_proxy=f"http://ada:guess@{proxy.address}")
        assert len(proxy.heads) == 2
        assert f"the proxy http://{proxy.address} (https_proxy) asks for an account" in none.output
        assert "does not accept the account in it" in wrong.output
        assert "guess" not in wrong.output
        place.variables["ALL_PROXY"] = f"http://ada:engine@{proxy.address}"
        place.sync("--host", place.url)
    check(server, [none, wrong], spool=place.spool)


def test_plain_http_through_a_proxy_names_the_whole_url(
    server: ServerProcess, place: Place
) -> None:
    place.url = "http://tracker.test"
    with ConnectProxy(("127.0.0.1", server.port)) as proxy:
        training = trained(place, "plain-by-proxy", HTTP_PROXY=f"http://{proxy.address}")
    assert all(" http://tracker.test/api/v1/" in head for head in proxy.heads)
    check(server, [training], spool=place.spool)
