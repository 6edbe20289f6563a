"""The data directory belongs to one server; the local key belongs to one OS user."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from wanllmdb_server import local_key
from wanllmdb_server.data_dir import DataDir, DataDirError, PartLock
from wanllmdb_server.local_key import LocalKey


def test_a_second_server_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with (
        DataDir(tmp_path / "data"),
        pytest.raises(DataDirError, match=r"in use by another server \(process \d+\)"),
    ):
        DataDir(tmp_path / "data").hold()
    DataDir(tmp_path / "data").hold()


def test_parts_are_held_by_different_processes_and_everything_by_none_beside_them(
    tmp_path: Path,
) -> None:
    with DataDir(tmp_path, ("api",)), DataDir(tmp_path, ("metrics",)):
        for another in (DataDir(tmp_path), DataDir(tmp_path, ("metrics",))):
            with pytest.raises(DataDirError, match="in use by another server"):
                another.hold()
        with DataDir(tmp_path, ("worker",)):
            pass  # what was refused holds nothing of it
    with (
        DataDir(tmp_path),
        pytest.raises(DataDirError, match="which holds its metrics"),
    ):
        DataDir(tmp_path, ("metrics",)).hold()


def test_a_part_that_somebody_borrows_is_waited_for_and_one_that_is_held_is_not_borrowed(
    tmp_path: Path,
) -> None:
    chores = PartLock(tmp_path, "worker")
    with chores.borrowed() as one, chores.borrowed() as other:
        assert one
        assert other
        assert chores.holder() is None
    with DataDir(tmp_path, ("worker",)), chores.borrowed() as ours:
        assert not ours


def test_everybody_listens_since_the_last_of_them_began_and_not_while_one_is_away(
    tmp_path: Path,
) -> None:
    api, metrics = DataDir(tmp_path, ("api",)), DataDir(tmp_path, ("metrics",))
    api.hold()
    api.tell(100)
    assert api.listening_since(900) == 900  # nobody takes metrics
    with metrics:
        assert api.listening_since(900) == 900  # not yet
        metrics.tell(250)
        assert api.listening_since(900) == metrics.listening_since(900) == 250
    assert api.listening_since(900) == 900
    api.release()


def test_the_key_between_processes_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    held = DataDir(tmp_path)
    key = held.internal_key()
    assert DataDir(tmp_path).internal_key() == key
    assert len(key) > 32
    path = tmp_path / "internal.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["internal.key"]
    path.chmod(0o640)
    with pytest.raises(DataDirError, match="can be read by others"):
        held.internal_key()


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
