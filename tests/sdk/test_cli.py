"""The command line: answers on standard output, reasons on standard error, exit codes."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.stub_server import KEY, StubServer

import wanllmdb as wandb
from wanllmdb.cli import main
from wanllmdb.credentials import save_key
from wanllmdb.errors import AuthenticationError, UsageError
from wanllmdb.http import Answer, Http, NoAnswerError
from wanllmdb.login import login, sign_in
from wanllmdb.settings import Settings
from wanllmdb.version import VERSION
from wanllmdb.wire import Kind

QUIET = {"console": "off", "monitor_system": False}
GOOD = "wl-" + "g" * 43


class Said:
    """What a command said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    with StubServer() as server:
        monkeypatch.setenv("WANLLMDB_API_URL", server.url)
        monkeypatch.setenv("WANLLMDB_API_KEY", KEY)
        yield server


def test_the_version_is_told_in_both_ways(run: Any) -> None:
    assert run("version").out == f"wanllmdb {VERSION}\n"
    assert run("version", "--json").json == {"version": VERSION}


@pytest.mark.parametrize("words", [[], ["dance"], ["sync", "--no-such-option"]], ids=repr)
def test_what_is_no_command_ends_with_2(home: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_what_an_offline_run_left_is_sent(run: Any, server: StubServer) -> None:
    with wandb.init(project="p", mode="offline", settings=QUIET) as offline:
        for count in range(10):
            offline.log({"a": count})
    said = run("sync", "--json")
    assert (said.code, said.json["finished"], said.json["failures"]) == (0, 1, [])
    assert said.json["runs"] == [f"{server.url}/local/p/{offline.id}"]
    assert [row[2]["a"] for row in server.records(offline.id, Kind.ROW)] == list(range(10))
    assert run("sync").out == "Nothing waits to be sent.\n"


def test_a_directory_may_be_named(run: Any, server: StubServer, tmp_path: Path) -> None:
    with wandb.init(mode="offline", dir=tmp_path / "here", settings=QUIET) as offline:
        offline.log({"a": 1})
    assert run("sync", "--json").json["sent"] == 0
    assert run("sync", str(tmp_path / "here" / "wanllmdb"), "--json").json["finished"] == 1
    assert len(server.records(offline.id, Kind.ROW)) == 1


def test_what_was_meant_for_another_server_goes_there(
    run: Any, server: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StubServer() as other:
        credentials = Settings(api_url=other.url)
        save_key(credentials, KEY, "ada")
        other.stop()
        settings = {**QUIET, "api_url": other.url, "finish_timeout": 0.1}
        with wandb.init(project="p", settings=settings) as meant:
            meant.log({"a": 1})
        with wandb.init(project="p", settings=QUIET) as here:
            here.log({"a": 2})
        other.start()
        monkeypatch.delenv("WANLLMDB_API_URL")
        assert run("sync").code == 0
        assert len(other.records(meant.id, Kind.ROW)) == 1
        assert server.records(meant.id) == []


def test_what_is_left_of_a_run_goes_to_whom_the_user_names(run: Any, server: StubServer) -> None:
    settings = {**QUIET, "api_url": "http://127.0.0.1:9", "finish_timeout": 0.1}
    with wandb.init(project="p", settings=settings) as moved:
        moved.log({"a": 1})
    assert run("sync", "--host", server.url).code == 0
    assert len(server.records(moved.id, Kind.ROW)) == 1


def test_a_directory_that_is_not_there_ends_with_2(run: Any) -> None:
    said = run("sync", "/no/such/place")
    assert (said.code, said.out) == (2, "")
    assert "/no/such/place" in said.err


def test_a_sync_that_is_refused_ends_with_1_and_keeps_everything(
    run: Any, server: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wandb.init(project="p", mode="offline", settings=QUIET) as offline:
        offline.log({"a": 1})
    monkeypatch.setenv("WANLLMDB_API_KEY", "wl-" + "w" * 43)
    said = run("sync", "--json")
    assert said.code == 1
    assert len(said.json["failures"]) == 1
    monkeypatch.setenv("WANLLMDB_API_KEY", KEY)
    assert run("sync").code == 0
    assert len(server.records(offline.id, Kind.ROW)) == 1


def test_status_says_what_waits_and_that_nobody_answers(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANLLMDB_API_URL", "http://127.0.0.1:9")
    with wandb.init(project="p", mode="offline", settings=QUIET):
        pass
    said = run("status", "--json")
    assert said.code == 1
    assert said.json["waiting"] == 1
    assert said.json["user"] is None
    assert "does not answer" in said.json["problem"]
    assert "waiting  1 journals" in run("status").out


def test_commands_of_the_server_say_how_to_install_it(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wanllmdb_server", None)
    said = run("server", "--port", "0")
    assert said.code == 1
    assert 'pip install "wanllmdb[server]"' in said.err


def test_commands_of_the_server_are_handed_on(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["server", "--help"])
    assert ended.value.code == 0
    assert "--metrics-port" in capsys.readouterr().out


class Known(Http):
    """A server that knows one key and answers one question."""

    def request(self, method: str, path: str, *_: Any, **__: Any) -> Answer:
        assert (method, path) == ("GET", "/api/v1/me")
        if self._token == GOOD:
            return Answer(200, {"user": {"name": "ada"}})
        return Answer(401, {"code": "wrong-key"})


class Away(Http):
    """A server that is not there."""

    def request(self, *_: Any, **__: Any) -> Answer:
        raise NoAnswerError("away")


class TestLogin:
    def test_a_key_that_the_server_knows_is_kept(self, tmp_path: Path) -> None:
        settings = Settings(api_url="http://h:1", config_dir=str(tmp_path / "conf"))
        found = sign_in(settings, GOOD, make_http=Known)
        assert (found.url, found.user) == ("http://h:1", "ada")
        assert found.saved is not None
        assert stat.S_IMODE(found.saved.stat().st_mode) == 0o600
        assert GOOD in found.saved.read_text()

    def test_a_key_that_it_does_not_know_is_not(self, tmp_path: Path) -> None:
        settings = Settings(api_url="http://h:1", config_dir=str(tmp_path))
        with pytest.raises(AuthenticationError):
            sign_in(settings, "wl-" + "b" * 43, make_http=Known)
        assert list(tmp_path.iterdir()) == []

    def test_without_a_server_nothing_is_kept(self, tmp_path: Path) -> None:
        settings = Settings(api_url="http://h:1", config_dir=str(tmp_path))
        with pytest.raises(NoAnswerError):
            sign_in(settings, GOOD, make_http=Away)
        assert list(tmp_path.iterdir()) == []

    def test_the_command_without_a_key_and_without_anybody_to_ask_ends_with_2(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert run("login", "--host", "http://track.example").code == 2
        assert run("login", "--host", "http://track.example", "--key", "-").code == 2

    @pytest.mark.parametrize("mode", ["offline", "disabled"])
    def test_in_these_modes_nobody_is_asked(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, mode: str
    ) -> None:
        monkeypatch.setenv("WANDB_MODE", mode)
        assert login(key=GOOD) is False

    def test_without_a_terminal_there_is_no_prompt(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert login() is False
        with pytest.raises(UsageError):
            login(force=True)
