"""A server of several processes: one takes and draws metrics, one does the rest.

Scripts send their metrics straight to the one, pages ask the other, and either may die and come
back without anybody starting anything else anew.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.panels import ledger_of
from tests.journeys.processes import ServerProcess, eventually, free_port
from websockets.sync.client import ClientConnection, connect

from wanllmdb_server.fronts.rest import live_frame

PROJECT = "roles"
STREAM = "/api/v1/metrics/stream"

SCRIPT = """
import json, pathlib, sys, time
import wanllmdb as wandb

stop = pathlib.Path(sys.argv[2])
with wandb.init(project="roles", id=sys.argv[1], settings={"flush_interval": 0.2}) as run:
    step = 0
    while not stop.exists():
        run.log({"loss": 1 / (step + 1)})
        step += 1
        time.sleep(0.02)
print("LEDGER", json.dumps({"rows": step}))
"""


@dataclass
class Pair:
    """An API and a metric service over one data directory."""

    api: ServerProcess
    metrics: ServerProcess

    def ask(self, server: ServerProcess, path: str, **more: Any) -> tuple[int, bytes, Any]:
        """Ask one of the two with the local key; the status, the content and the headers."""
        body = more.get("json")
        headers = {"Authorization": f"Bearer {self.api.key}", **more.get("headers", {})}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        method = more.get("method", "GET" if content is None else "POST")
        url = f"{server.url}/api/v1{path}"
        request = urllib.request.Request(url, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    def curves(self, server: ServerProcess, *runs: str) -> tuple[int, bytes, Any]:
        """What a panel asks."""
        question = {"project": f"{self.api.owner}/{PROJECT}", "runs": runs, "keys": ["loss"]}
        return self.ask(server, "/curves", json=question)

    def run(self, name: str) -> str:
        return f"/projects/{self.api.owner}/{PROJECT}/runs/{name}"

    def rows(self, server: ServerProcess, name: str) -> int:
        """How many points of the run's loss a process answers with."""
        status, content, _ = self.ask(server, f"{self.run(name)}/points?key=loss&limit=100000")
        return len(json.loads(content)["step"]) if status == 200 else 0

    @contextlib.contextmanager
    def viewer(self, name: str) -> Iterator[ClientConnection]:
        """A page that looks at the run, at the API."""
        headers = {"Authorization": f"Bearer {self.api.key}"}
        url = self.api.url.replace("http", "ws") + STREAM
        project = f"{self.api.owner}/{PROJECT}"
        wish = {"id": "s", "project": project, "runs": [name], "keys": ["loss"]}
        with connect(url, additional_headers=headers, max_size=None) as socket:
            socket.send(json.dumps({"type": "subscribe", **wish}))
            yield socket


def tails(socket: ClientConnection, points: int) -> int:
    """Read frames until so many points came; the highest step among them."""
    last = came = 0
    while came < points:
        message = socket.recv(timeout=30)
        if isinstance(message, bytes) and b'"type":"tail"' in message[:40]:
            for piece in live_frame.tails(message)[1]:
                came += len(piece.step)
                last = max(last, int(piece.step.max()))
    return last


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    root, port = tmp_path_factory.mktemp("pair"), free_port()
    where = ("--metrics-port", str(port))
    metrics = ServerProcess(root, port=port, extra=("--role", "metrics", *where))
    api = ServerProcess(root, extra=("--role", "api", *where))
    metrics.start()
    api.start()
    yield Pair(api, metrics)
    assert (api.stop(), metrics.stop()) == (0, 0)


Train = Callable[[str], "Training"]


@dataclass
class Training:
    """A script that logs until it is told to end."""

    process: subprocess.Popen[bytes]
    stop: Path

    def end(self) -> int:
        """Tell it, and return how many rows it logged."""
        self.stop.touch()
        output = self.process.communicate(timeout=60)[0].decode()
        return int(ledger_of(output, self.process.returncode)["rows"])


@pytest.fixture
def train(pair: Pair, tmp_path: Path) -> Iterator[Train]:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    started: list[Training] = []

    def start(name: str) -> Training:
        stop = tmp_path / f"{name}-{len(started)}.stop"
        started.append(Training(pair.api.run_script(script, name, str(stop)), stop))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


@pytest.mark.timeout(120)
def test_metrics_go_to_their_service_also_while_the_api_is_down_and_viewers_see_them(
    pair: Pair, train: Train
) -> None:
    training = train("straight")
    eventually(lambda: pair.rows(pair.metrics, "straight"), why="the first rows are there")
    with pair.viewer("straight") as page:
        seen = tails(page, 20)
        assert tails(page, 20) > seen

    pair.api.kill()
    before = pair.rows(pair.metrics, "straight")
    eventually(
        lambda: pair.rows(pair.metrics, "straight") > before + 50,
        why="rows come while nobody is at the API",
    )
    pair.api.start()
    logged = training.end()
    assert pair.rows(pair.api, "straight") == pair.rows(pair.metrics, "straight") == logged

    here, there = pair.curves(pair.api, "straight"), pair.curves(pair.metrics, "straight")
    assert here[0] == there[0] == 200
    assert here[1] == there[1]
    status, content, _ = pair.ask(pair.api, pair.run("straight"))
    assert (status, json.loads(content)["state"]) == (200, "finished")


@pytest.mark.timeout(120)
def test_without_the_metric_service_points_are_told_to_come_later_and_all_else_works(
    pair: Pair, train: Train
) -> None:
    training = train("broken-off")
    eventually(lambda: pair.rows(pair.api, "broken-off") > 20, why="rows are there")
    with pair.viewer("broken-off") as page:
        tails(page, 1)
        pair.metrics.kill()
        late = _all_but_points(pair, train)
        pair.metrics.start()
        assert tails(page, 30) > 20  # the page that looked all the time goes on
    logged, more = training.end(), late.end()
    assert pair.rows(pair.api, "broken-off") == logged
    assert pair.rows(pair.metrics, "begun-without") == more


def _all_but_points(pair: Pair, train: Train) -> Training:
    """What works without the metric service, and what does not; a run that begins meanwhile."""
    for path in ("/points?key=loss", "/keys", "/history"):
        status, content, headers = pair.ask(pair.api, pair.run("broken-off") + path)
        assert (status, json.loads(content)["code"]) == (503, "metrics-unavailable")
        assert int(headers["Retry-After"]) >= 1
    assert pair.curves(pair.api, "broken-off")[0] == 503
    runs = f"/projects/{pair.api.owner}/{PROJECT}/runs"
    for path in ("/projects", runs, pair.run("broken-off"), "/me", "/server"):
        assert pair.ask(pair.api, path)[0] == 200, path
    changed = pair.ask(pair.api, pair.run("broken-off"), json={"notes": "x"}, method="PATCH")
    assert changed[0] == 200
    late = train("begun-without")
    eventually(lambda: pair.ask(pair.api, pair.run("begun-without"))[0] == 200, why="it begins")
    return late


@pytest.mark.timeout(120)
def test_a_run_that_is_deleted_or_stopped_is_so_for_both(pair: Pair, train: Train) -> None:
    training = train("unwanted")
    eventually(lambda: pair.rows(pair.metrics, "unwanted") > 10, why="rows are there")
    pair.ask(pair.api, pair.run("unwanted"), json={"stop_requested": True}, method="PATCH")
    output, _ = training.process.communicate(timeout=40)
    assert "KeyboardInterrupt" in output.decode()

    train("unwanted-again").end()
    for name in ("unwanted", "unwanted-again"):
        assert pair.ask(pair.api, pair.run(name), method="DELETE")[0] == 204
        for server in (pair.api, pair.metrics):
            assert pair.ask(server, f"{pair.run(name)}/keys")[0] == 404
    anew = train("unwanted-again")  # at once, by the name of one that is gone
    eventually(lambda: pair.rows(pair.metrics, "unwanted-again") > 10, why="the new one is there")
    logged = anew.end()
    assert pair.rows(pair.api, "unwanted-again") == logged


def test_nobody_else_holds_what_a_process_of_the_server_holds(pair: Pair) -> None:
    def refused(role: str, *options: str) -> str:
        command = [pair.api.python, "-m", "wanllmdb", "server", "--role", role, "--port"]
        done = subprocess.run(
            [*command, str(free_port()), "--metrics-port", str(free_port()), *options,
             "--data-dir", str(pair.api.root / "data")],
            env=pair.api.environment, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        return done.stderr

    assert "holds its catalog" in refused("all")
    assert "holds its catalog" in refused("api")
    assert "holds its metrics" in refused("metrics")


def test_the_door_between_the_processes_opens_for_no_key_of_a_user(pair: Pair) -> None:
    inside = (pair.api.root / "data" / "internal.key").read_text().strip()
    for header, value in (
        ("Authorization", f"Bearer {pair.api.key}"),
        ("Authorization", f"Bearer {inside}"),
        ("X-Wanllmdb-Internal", pair.api.key),
    ):
        assert status_of(pair.metrics, "/internal/v1/store/keys", {header: value}, b"") == 401
        assert status_of(pair.api, "/internal/v1/store/keys", {header: value}, b"") == 405
    bearer = {"Authorization": f"Bearer {inside}"}
    assert status_of(pair.api, "/api/v1/me", bearer) == 401
    assert status_of(pair.metrics, f"/api/v1{pair.run('x')}/keys", bearer) == 401


def status_of(
    server: ServerProcess, path: str, headers: dict[str, str], content: bytes | None = None
) -> int:
    request = urllib.request.Request(server.url + path, content, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
