"""Folders are made for one user, and their names are durable."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from wanllmdb_server import storing


def test_every_folder_that_is_made_has_its_name_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def sync(fd: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        real(fd)

    monkeypatch.setattr(os, "fsync", sync)
    storing.make(tmp_path / "a" / "b")
    assert synced == [str(tmp_path), str(tmp_path / "a")]
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    storing.make(tmp_path / "a" / "b")
    assert len(synced) == 2


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match="a"):
        storing.make(tmp_path / "a" / "b")
