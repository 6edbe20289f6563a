"""`wanllmdb backup` and `restore`: all of it or the former one, and only what is new."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.server.house import exact, open_house, row, send
from tests.server.maintenance.conftest import POINTS, ask, change, flip, metrics
from tests.server.world import Template

from wanllmdb_server import cli
from wanllmdb_server.data_dir import DataDir, DataDirError
from wanllmdb_server.domain.backup import MANIFEST, BackupError, Manifest
from wanllmdb_server.metrics.backup import contents
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.services import backups

NOW = 1_800_000_000_000_000


def make(data: Path, target: Path) -> backups.Made:
    return backups.make(data, target, now=lambda: NOW)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


async def everything(folder: Path, template: Template) -> list[object]:
    """What the API says of the runs in a data directory."""
    found: list[object] = []
    async with open_house(folder, template) as house, house.client("member") as http:
        found += [await exact(http, key) for key in ("loss", "acc", "note", "late")]
        receipt = await http.get("/api/v1/projects/ann/vision/runs/first/receipt?recount=true")
        found.append(receipt.json())
        file = await http.get("/api/v1/projects/ann/vision/runs/first/files/notes.txt")
        found.append(file.content)
        found.append((await http.get("/api/v1/projects")).json())
    return found


async def test_what_is_restored_is_what_was_there(
    data: Path, tmp_path: Path, template: Template
) -> None:
    made = make(data, tmp_path / "backup")
    assert made.manifest.counts["sealed_points"] == 2 * POINTS + 5
    assert (made.manifest.counts["batches"], made.manifest.damaged) == (1, ())
    assert backups.check(tmp_path / "backup") == made.manifest
    backups.restore(tmp_path / "backup", tmp_path / "back" / "data", now=lambda: NOW)
    assert (tmp_path / "back" / "data").stat().st_mode & 0o077 == 0
    (tmp_path / "there").mkdir()
    shutil.move(data, tmp_path / "there" / "data")
    there = await everything(tmp_path / "there", template)
    assert there[3] == [(POINTS, 1.0)]  # also what was not sealed
    assert await everything(tmp_path / "back", template) == there


async def test_a_second_backup_writes_only_what_is_new_and_is_whole(
    data: Path, tmp_path: Path, template: Template
) -> None:
    first = make(data, tmp_path / "backup")
    assert make(data, tmp_path / "backup").written == 0
    (tmp_path / "house").mkdir()
    shutil.move(data, tmp_path / "house" / "data")
    async with open_house(tmp_path / "house", template) as house, house.client("member") as http:
        await send(http, POINTS + 6, [row(POINTS + 7, step=9999, other=2.0)])
        await house.store.seal(1)
    second = make(tmp_path / "house" / "data", tmp_path / "backup")
    assert second.written > 0
    kept = set(first.manifest.packs) & set(second.manifest.packs)
    assert kept or len(first.manifest.packs) == 1
    assert backups.check(tmp_path / "backup") == second.manifest
    # What only the first one needed is gone.
    named = {piece.path for piece in second.manifest.pieces}
    there = {name for name in files(tmp_path / "backup") if name.startswith(("packs", "state"))}
    assert there == named


def test_numbers_of_bodies_are_never_given_twice(data: Path, tmp_path: Path) -> None:
    """A backup knows bodies by their numbers: another one under an old number would be missed."""
    made = make(data, tmp_path / "backup")
    newest = max(
        n for pack in made.manifest.packs for n, _ in contents(tmp_path / "backup" / pack.path)
    )
    change(metrics(data), "INSERT OR IGNORE INTO trash SELECT id FROM body")
    store = SqliteMetricStore.open(data / "metrics")
    store._sealer._sealing.sweep()
    store._close()
    again = SqliteMetricStore.open(data / "metrics")
    assert next(again._sealer._sealing._body_ids) > newest
    again._close()


@pytest.mark.parametrize(
    "step", ["metrics.copy", "catalog.copy", "blobs.copy", "storing.replace", "storing.store"]
)
def test_a_backup_that_fails_leaves_the_former_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = make(data, tmp_path / "backup").manifest
    change(metrics(data), "UPDATE writer SET position = position")  # nothing new
    shutil.rmtree(tmp_path / "backup" / "blobs")  # so that there is something to copy
    shutil.copytree(data / "blobs", tmp_path / "backup" / "blobs")
    room, name = step.split(".")

    def full(*arguments: object, **others: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(getattr(backups, room), name, full)
    with pytest.raises(BackupError, match="no room"):
        make(data, tmp_path / "backup")
    monkeypatch.undo()
    assert backups.check(tmp_path / "backup") == before


def killed(*arguments: str, at: str) -> int:
    """The exit status of a command that is killed at a crash point."""
    command = [sys.executable, "-m", "wanllmdb_server.cli", *arguments]
    return subprocess.run(
        command, env={**os.environ, "WANLLMDB_CRASH_AT": at}, timeout=50, check=False
    ).returncode


@pytest.mark.parametrize("point", ["backup.metrics", "backup.copied", "backup.whole"])
def test_a_backup_that_is_killed_leaves_the_former_one_or_the_new_one(
    data: Path, tmp_path: Path, point: str
) -> None:
    before = make(data, tmp_path / "backup").manifest
    change(data / "catalog.db", "UPDATE projects SET description = 'new'")
    where = ("--data-dir", str(data))
    assert killed("backup", str(tmp_path / "backup"), *where, at=point) == -9
    left = backups.check(tmp_path / "backup")
    assert (left == before) == (point != "backup.whole")
    after = make(data, tmp_path / "backup").manifest  # and what it left is no hindrance
    assert backups.check(tmp_path / "backup") == after != before
    named = {piece.path for piece in after.pieces}
    there = {name for name in files(tmp_path / "backup") if name.startswith(("packs", "state"))}
    assert there == named


def test_a_restore_that_is_killed_leaves_the_directory_as_it_was(
    data: Path, tmp_path: Path
) -> None:
    make(data, tmp_path / "backup")
    before = files(data)
    arguments = ("restore", str(tmp_path / "backup"), "--replace", "--data-dir", str(data))
    assert killed(*arguments, at="restore.built") == -9
    assert {name: files(data)[name] for name in before} == before
    _, kept = backups.restore(tmp_path / "backup", data, replace=True, now=lambda: NOW)
    assert kept is not None


DAMAGE: dict[str, Callable[[Path, Manifest], object]] = {
    "a bit of a pack": lambda root, m: flip(root / m.packs[0].path, m.packs[0].size // 2),
    "a bit of a database": lambda root, m: flip(root / m.metrics.path, 9000),
    "a bit of the catalog": lambda root, m: flip(root / m.catalog.path, 9000),
    "a pack is gone": lambda root, m: (root / m.packs[0].path).unlink(),
    "a blob is gone": lambda root, m: next((root / "blobs").glob("??/??/*")).unlink(),
    "a bit of a blob": lambda root, m: flip(next((root / "blobs").glob("??/??/*")), 7),
    "the list of blobs is gone": lambda root, m: (root / m.blobs.path).unlink(),
    "a number in the manifest": lambda root, m: (root / MANIFEST).write_text(
        (root / MANIFEST).read_text().replace(str(NOW), str(NOW + 1))
    ),
    "half of the manifest": lambda root, m: os.truncate(root / MANIFEST, 300),
    "no manifest": lambda root, m: (root / MANIFEST).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backup_is_found_out_and_not_restored(
    data: Path, tmp_path: Path, damage: str
) -> None:
    manifest = make(data, tmp_path / "backup").manifest
    DAMAGE[damage](tmp_path / "backup", manifest)
    with pytest.raises(BackupError):
        backups.check(tmp_path / "backup")
    with pytest.raises(BackupError):
        backups.restore(tmp_path / "backup", tmp_path / "new", now=lambda: NOW)
    assert not (tmp_path / "new").exists()
    assert [path.name for path in tmp_path.iterdir() if "restoring" in path.name] == []


def test_a_folder_of_somebody_else_is_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(BackupError, match=r"thesis\.txt"):
        make(data, tmp_path / "mine")
    assert files(tmp_path / "mine") == {"thesis.txt": b"mine"}


def test_a_directory_that_is_no_servers_is_not_backed_up(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackupError, match="no data directory"):
        make(tmp_path / "empty", tmp_path / "backup")


def test_a_used_directory_is_replaced_only_if_asked_for_and_is_kept(
    data: Path, tmp_path: Path
) -> None:
    make(data, tmp_path / "backup")
    before = files(data)
    with pytest.raises(BackupError, match="--replace"):
        backups.restore(tmp_path / "backup", data, now=lambda: NOW)
    assert files(data) == before
    with DataDir(data), pytest.raises(DataDirError):
        backups.restore(tmp_path / "backup", data, replace=True, now=lambda: NOW)
    _, kept = backups.restore(tmp_path / "backup", data, replace=True, now=lambda: NOW)
    assert kept is not None
    kept_files = files(kept)
    assert {name: kept_files[name] for name in before} == before
    assert ask(metrics(data), "SELECT count(*) FROM body") == ask(
        kept / "metrics" / "metrics-0.db", "SELECT count(*) FROM body"
    )


def test_a_backup_of_damaged_data_is_made_and_says_what_was_damaged(
    data: Path, tmp_path: Path
) -> None:
    change(metrics(data), "UPDATE body SET b = flipped(b) WHERE id = (SELECT min(id) FROM body)")
    next((data / "blobs").glob("??/??/*")).unlink()
    made = make(data, tmp_path / "backup")
    assert len(made.manifest.damaged) == 2
    assert backups.check(tmp_path / "backup") == made.manifest


def test_the_commands_answer_in_words_and_in_json(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data-dir", str(data)]
    folder = str(tmp_path / "backup")
    assert cli.main(["backup", folder, *where]) == 0
    assert "were new" in capsys.readouterr().out
    assert cli.main(["backup", folder, *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == 0
    assert cli.main(["backup", "--check", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["damaged"] == []
    assert cli.main(["restore", folder, *where]) == 1
    assert "--replace" in capsys.readouterr().err
    assert cli.main(["restore", folder, "--data-dir", str(tmp_path / "new"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] is None
    assert cli.main(["backup", "--check", str(data)]) == 1
    assert "no backup" in capsys.readouterr().err
