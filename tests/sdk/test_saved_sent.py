"""Files that were saved, on a real server: sent once, whole, and brought back."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.journeys.processes import ServerProcess

import wanllmdb as wandb
from wanllmdb import sink, uploads
from wanllmdb.cli import main
from wanllmdb.errors import MissingFileError
from wanllmdb.run import Run

QUIET = {"monitor_system": False, "console": "off", "save_facts": False}
ODD = "a b%c#?é&.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.fixture
def begin(server: ServerProcess, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("WANLLMDB_API_URL", server.url)
    monkeypatch.setenv("WANLLMDB_API_KEY", server.key)
    return lambda **more: wandb.init(project="p", settings=QUIET, **more)


def files(server: ServerProcess, run: Run) -> dict[str, str]:
    """Name and digest of each file that the server has of a run."""
    found = server.get(f"/projects/{server.owner}/p/runs/{run.id}/files")["items"]
    return {each["path"]: each["digest"].removeprefix("sha256:") for each in found}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_files_arrive_under_their_names_and_in_their_last_form(
    server: ServerProcess, begin: Any
) -> None:
    run = begin()
    large = os.urandom(2 * uploads.IN_MEMORY_BYTES + 7)
    for name, content in ((ODD, b"odd"), ("d/a.txt", b"one"), ("large.bin", large)):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content)
        run.save(name)
    Path("d/a.txt").write_bytes(b"two")
    Path(run.dir, "own.txt").write_bytes(b"own")
    folder = Path(run.dir)
    run.finish()
    expected = {ODD: b"odd", "d/a.txt": b"two", "large.bin": large, "own.txt": b"own"}
    assert files(server, run) == {name: sha(content) for name, content in expected.items()}
    assert run.lost == 0
    left = [path.name for path in folder.rglob("*")]
    assert left == ["own.txt"]  # the script's own; what was put aside is gone


class Taker(BaseHTTPRequestHandler):
    """Takes files and heart-beats, and remembers both in order."""

    heard: ClassVar[list[tuple[str, int]]] = []

    def do_PUT(self) -> None:
        size = int(self.headers["Content-Length"])
        left = size
        while left:
            left -= len(self.rfile.read(min(left, 65_536)))
        self._answer(size)

    def do_POST(self) -> None:
        self._answer(len(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, size: int) -> None:
        self.heard.append((self.command, size))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Tests read what is heard."""


def test_a_run_counts_as_alive_while_a_large_file_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "BEAT_SECONDS", 0.0)
    Taker.heard.clear()
    large = tmp_path / "large"
    large.write_bytes(bytes(5 * 1024 * 1024))
    with ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        way = sink.HttpSink(f"http://127.0.0.1:{server.server_port}", None)
        way.put_file("o", "p", "r", "large", large, digest="0" * 64, mime="text/plain")
        way.close()
        server.shutdown()
    assert [command for command, _ in Taker.heard] == ["POST"] * 5 + ["PUT"]
    assert Taker.heard[-1] == ("PUT", 5 * 1024 * 1024)
    assert way.answers >= 6  # it grows with what is taken: who waits for the end sees it go on


def test_files_of_an_offline_run_arrive_with_it(server: ServerProcess, begin: Any) -> None:
    run = begin(mode="offline")
    Path("a.txt").write_text("then")
    run.save("a.txt", policy="now")
    run.finish()
    Path("a.txt").write_text("later")
    folder = Path(run.dir).parent
    assert main(["sync", str(folder)]) == 0
    assert files(server, run) == {"a.txt": sha(b"then")}


def test_a_file_is_brought_back_by_its_own_run_and_by_another(begin: Any) -> None:
    run = begin()
    large = os.urandom(2 * uploads.IN_MEMORY_BYTES)
    Path("large.bin").write_bytes(large)
    Path(ODD).write_text("odd")
    run.save("*", policy="now")
    with run.restore(ODD, root="back") as file:
        assert file.read() == "odd"
    run.finish()
    other = begin()
    for path in (run.id, f"p/{run.id}", f"{run.entity}/p/{run.id}"):
        with other.restore("large.bin", run_path=path, replace=True) as file:
            assert Path(file.name).read_bytes() == large
    Path(other.dir, "large.bin").write_bytes(b"mine")
    with other.restore("large.bin", run_path=run.id) as file:  # it is there
        assert file.read() == "mine"


def test_what_was_brought_back_is_kept_again_only_if_it_changes(
    server: ServerProcess, begin: Any
) -> None:
    run = begin()
    Path("a.txt").write_text("a")
    Path("b.txt").write_text("b")
    run.save("*.txt", policy="now")
    run.finish()
    other = begin()
    for name in ("a.txt", "b.txt"):
        other.restore(name, run_path=run.id).close()
    Path(other.dir, "b.txt").write_text("changed")
    other.finish()
    assert files(server, other) == {"b.txt": sha(b"changed")}


def test_what_is_not_there_is_said(begin: Any) -> None:
    run = begin()
    with pytest.raises(MissingFileError, match=r"none\.txt"):
        run.restore("none.txt")
    with pytest.raises(ValueError, match=r"none\.txt"):  # as wandb has it
        run.restore("none.txt", run_path="p/nobody")
    with pytest.raises(wandb.UsageError, match="leads out"):
        run.restore("../none.txt")
    with pytest.raises(wandb.UsageError, match="owner/project/run"):
        run.restore("none.txt", run_path="a/b/c/d")
    assert list(Path(run.dir).iterdir()) == []
