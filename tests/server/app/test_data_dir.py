"""The data directory belongs to one server; the local key belongs to one OS user."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from wanllmdb_server import local_key
from wanllmdb_server.data_dir import DataDir, DataDirError
from wanllmdb_server.local_key import LocalKey


def test_a_second_server_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with (
        DataDir(tmp_path / "data"),
        pytest.raises(DataDirError, match=r"in use by another server \(process \d+\)"),
    ):
        DataDir(tmp_path / "data").hold()
    DataDir(tmp_path / "data").hold()


def test_a_directory_that_cannot_be_made_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirError, match="--data-dir"):
        DataDir(tmp_path / "file" / "data").hold()


def test_nobody_else_can_read_the_local_key(tmp_path: Path) -> None:
    path = local_key.path_of(tmp_path / "config", "localhost", 8000)
    key = LocalKey("http://127.0.0.1:8000", "wl-secret", "ada")
    local_key.write(path, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert local_key.read(path) == key
    assert [each.name for each in path.parent.iterdir()] == ["127.0.0.1-8000.json"]


def test_loopback_by_any_name_is_one_server(tmp_path: Path) -> None:
    paths = {local_key.path_of(tmp_path, host, 1) for host in ("127.0.0.1", "localhost", "::1")}
    assert len(paths) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "x"}', "\x00"])
def test_a_file_that_is_no_key_is_no_key(tmp_path: Path, content: str) -> None:
    (tmp_path / "key.json").write_text(content)
    assert local_key.read(tmp_path / "key.json") is None
