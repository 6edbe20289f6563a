"""The server as a process: how it starts, whom it lets in, how it ends."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from tests.server.processes import Running, free_port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path, "--metrics-port", str(free_port())).start()
    yield running
    running.stop()


def test_the_os_user_gets_in_by_the_local_key_and_nobody_without(server: Running) -> None:
    assert stat.S_IMODE(server.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.key_file.parent.stat().st_mode) == 0o700
    left = json.loads(server.key_file.read_text())
    with server.client() as http:
        me = http.get("/me").json()
    assert left["url"] == server.url
    assert left["user"] == me["user"]["name"]
    assert me["user"]["admin"]
    assert httpx.get(f"{server.url}/api/v1/me").status_code == 401
    assert httpx.get(f"{server.url}/api/v1/projects").status_code == 401


def test_the_printed_link_signs_a_browser_in_once(server: Running) -> None:
    token = server.said["sign_in_url"].partition("token=")[2]
    with httpx.Client(base_url=server.url) as browser:
        first = browser.post("/api/v1/auth/one-time", json={"token": token})
        assert first.status_code == 200
        assert browser.get("/api/v1/me").status_code == 200
    assert (
        httpx.post(f"{server.url}/api/v1/auth/one-time", json={"token": token}).status_code == 410
    )


def test_the_metric_port_answers_with_the_metric_routes_alone(server: Running) -> None:
    url, headers = server.said["metric_url"], {"Authorization": f"Bearer {server.key}"}
    asked = {"project": "nobody/nothing", "runs": [], "keys": []}
    assert httpx.post(f"{url}/curves", json=asked, headers=headers).status_code == 404
    assert httpx.get(f"{url}/projects", headers=headers).status_code == 404
    origin = url.removesuffix("/api/v1")
    assert httpx.get(f"{origin}/healthz").status_code == 200
    assert httpx.get(f"{origin}/", follow_redirects=True).status_code == 404


def test_the_key_of_the_first_start_is_good_after_the_second(server: Running) -> None:
    key = server.key
    server.stop()
    server.start()
    assert server.key == key
    with server.client() as http:
        assert http.get("/me").status_code == 200


def test_a_key_that_went_bad_is_replaced_at_the_next_start(server: Running) -> None:
    server.stop()
    left = json.loads(server.key_file.read_text())
    server.key_file.write_text(json.dumps({**left, "key": "wl-" + "x" * 43}))
    server.start()
    with server.client() as http:
        assert http.get("/me").status_code == 200
    assert stat.S_IMODE(server.key_file.stat().st_mode) == 0o600


async def test_a_clean_stop_waits_for_nobody_who_only_listens(server: Running) -> None:
    headers = {"Authorization": f"Bearer {server.key}"}
    address = f"ws://127.0.0.1:{server.port}/api/v1/metrics/stream"
    idle = socket.create_connection(("127.0.0.1", server.port))
    async with (
        httpx.AsyncClient(base_url=server.url) as http,
        websockets.connect(address, additional_headers=headers) as socket_,
    ):
        await http.get("/healthz")  # a kept-alive connection
        begun = time.monotonic()
        status = await asyncio.to_thread(server.stop)
        assert status == 0
        assert time.monotonic() - begun < 10  # five seconds are promised; machines are slow
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket_.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
    idle.close()


def test_a_second_server_on_the_same_data_is_refused(server: Running) -> None:
    answer = server.call("server", "--port", str(free_port()), "--data-dir", str(server.data))
    assert answer.returncode == 1
    assert "in use by another server" in answer.stderr


def test_a_taken_port_is_said_in_one_line(server: Running, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    answer = server.call("server", "--port", str(server.port), "--data-dir", other)
    assert answer.returncode == 1
    assert f"127.0.0.1:{server.port}" in answer.stderr
    assert "--port" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_others_cannot_come_before_somebody_was_created(tmp_path: Path) -> None:
    server = Running(tmp_path)
    everywhere = ("--host", "0.0.0.0", "--port", str(free_port()), "--metrics-port", "0")  # noqa: S104
    answer = server.call("server", *everywhere, "--data-dir", str(server.data))
    assert answer.returncode == 2
    assert f"wanllmdb-server user create NAME --admin --data-dir {server.data}" in answer.stderr

    created = server.call(
        "user", "create", "ada", "--admin", "--data-dir", str(server.data), "--json"
    )
    assert created.returncode == 0, created.stderr
    said = json.loads(created.stdout)
    assert said["name"] == "ada"

    server.arguments = everywhere[:2] + everywhere[4:]
    server.start()
    try:
        assert not server.key_file.exists()
        assert server.said["sign_in_url"] is None
        answered = httpx.get(
            f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {said['api_key']}"}
        )
        assert answered.json()["user"]["name"] == "ada"
    finally:
        server.stop()


def test_a_user_may_be_created_while_the_server_runs(server: Running) -> None:
    created = server.call("user", "create", "grace", "--data-dir", str(server.data), "--json")
    key = json.loads(created.stdout)["api_key"]
    answer = httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["user"] | {"created_at": 0} == {
        "name": "grace", "admin": False, "created_at": 0,
    }  # fmt: skip
    more = server.call(
        "key", "create", "grace", "--scope", "read", "--data-dir", str(server.data), "--json"
    )
    assert json.loads(more.stdout)["scope"] == "read"


def test_a_key_of_another_server_goes_on_here(server: Running, tmp_path: Path) -> None:
    data = ("--data-dir", str(server.data))
    server.call("user", "create", "grace", *data)
    key = "0123456789abcdef0123456789abcdef01234567"  # as wandb makes them
    (tmp_path / "key").write_text(key + "\n")
    arguments = ("key", "add", "grace", "--key-file", str(tmp_path / "key"), *data, "--json")
    added = server.call(*arguments)
    assert json.loads(added.stdout) == {"name": "grace", "hint": key[:8], "scope": "admin"}
    assert key not in added.stdout + added.stderr
    viewer = httpx.post(
        f"{server.url}/graphql", auth=("api", key), json={"query": "{ viewer { username } }"}
    )
    assert viewer.json()["data"]["viewer"]["username"] == "grace"
    again = server.call(*arguments)
    assert (again.returncode, key in again.stderr) == (1, False)
    assert "known here already" in again.stderr
    missing = server.call("key", "add", "grace", "--key-file", str(tmp_path / "none"), *data)
    assert missing.returncode == 1
    assert "Traceback" not in missing.stderr


def test_what_cannot_be_done_is_said_with_a_status(tmp_path: Path) -> None:
    server = Running(tmp_path)
    data = ("--data-dir", str(server.data))
    assert server.call("server", "--port", "x", *data).returncode == 2
    assert server.call("nonsense").returncode == 2
    wrong = server.call("user", "create", "Not A Name", *data)
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr
    assert server.call("key", "create", "nobody", *data).returncode == 1
    assert server.call("migrate", *data, "--json").returncode == 0
    openapi = json.loads(server.call("openapi").stdout)
    assert {"/api/v1/curves", "/api/v1/metrics/batch"} <= openapi["paths"].keys()
