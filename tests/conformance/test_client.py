"""The unmodified `wandb` client against our server: what it did is read back over our REST.

Each check is a process of the client in an environment of its own (`scripts/clients.sh`), which
reads back through `wandb.Api`; here the same is asked of the routes that our page uses.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.clients import CHECKS, newest, python_of, versions
from tests.journeys.panels import ledger_of
from tests.journeys.processes import ServerProcess

HERE = Path(__file__).parent

pytestmark = [pytest.mark.clients, pytest.mark.timeout(240)]


def _wanted() -> list[str]:
    return versions() if os.environ.get("WANLLMDB_ALL_CLIENTS") else [newest()]


@pytest.fixture(scope="module", params=_wanted())
def client(request: pytest.FixtureRequest) -> str:
    """A version of the client."""
    version: str = request.param
    if not python_of(version).exists():
        pytest.skip(f"wandb {version} is not installed: run `make test-clients`")
    return version


@pytest.fixture(scope="module")
def server(client: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp(f"wandb-{client}")).start()
    yield server
    server.stop()


@pytest.mark.parametrize("check", CHECKS)
def test_the_client_works(client: str, server: ServerProcess, check: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "WANDB_BASE_URL": server.url,
        "WANDB_API_KEY": server.key,
        "WANDB_ERROR_REPORTING": "false",
        "OWNER": server.owner,
    }
    done = subprocess.run(
        [python_of(client), HERE / "checks", check],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    log = server.log.read_text()
    assert "Traceback" not in log, log[-4000:]
    for expected in ledger_of(done.stdout + done.stderr, done.returncode):
        assert_told(server, **expected)


def assert_told(server: ServerProcess, *, run: str, **expected: Any) -> None:
    """Everything that a check expects of a run."""
    of = f"/projects/{server.owner}/conformance/runs/{run}"
    known: dict[str, Any] = server.get(of)
    for name in ("state", "exit_code"):
        assert known[name] == expected.pop(name, known[name])
    for name in ("config", "summary"):
        said = expected.pop(name, {})
        assert {key: known[name].get(key) for key in said} == said
    for what, wanted in expected.items():
        found = _READ[what](server, of, wanted)
        assert found == wanted, (run, what)


def _points(server: ServerProcess, of: str, wanted: dict[str, Any]) -> dict[str, Any]:
    return {key: _series(server, of, key) for key in wanted}


def _series(server: ServerProcess, of: str, key: str) -> list[list[Any]]:
    page = server.get(f"{of}/points?key={key}&limit=10000")
    return [list(pair) for pair in zip(page["step"], page["value"], strict=True)]


def _counts(server: ServerProcess, of: str, wanted: dict[str, int]) -> dict[str, int]:
    return {key: len(_series(server, of, key)) for key in wanted}


def _files(server: ServerProcess, of: str, wanted: list[str]) -> list[str]:
    names = {each["path"] for each in server.get(f"{of}/files?limit=1000")["items"]}
    return [name for name in wanted if name in names]


def _no_files(server: ServerProcess, of: str, wanted: list[str]) -> list[str]:
    there = _files(server, of, wanted)
    return [name for name in wanted if name not in there]


def _lines(server: ServerProcess, of: str, wanted: list[str]) -> list[str]:
    texts = {line["text"] for line in server.get(f"{of}/console")["lines"]}
    return [text for text in wanted if text in texts]


def _alerts(server: ServerProcess, of: str, _: list[Any]) -> list[list[str]]:
    return [[each["title"], each["level"]] for each in server.get(f"{of}/alerts")["items"]]


def _keys(server: ServerProcess, of: str, wanted: list[str]) -> list[str]:
    there = {each["key"] for each in server.get(f"{of}/keys")["keys"]}
    return [key for key in wanted if key in there]


_READ = {
    "points": _points,
    "counts": _counts,
    "files": _files,
    "no_files": _no_files,
    "lines": _lines,
    "alerts": _alerts,
    "keys": _keys,
}
