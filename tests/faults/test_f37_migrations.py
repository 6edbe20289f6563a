"""F37: a migration is interrupted by SIGKILL at each statement; it was not begun, or it is done.

100 % of the rows are equal before and after, from each former version; what a newer version
wrote is left alone by an older one, which says so.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Figure
from tests.faults import migrating
from tests.faults.conftest import Many
from tests.server.processes import Running

from wanllmdb_server.catalog.catalog import HEAD, Catalog

FORMER = migrating.versions()[:-1]


class Migrator:
    """The process whose forks die (`migrating`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.migrating"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def migrate(self, path: Path, *, until: int) -> int:
        """Migrate until SIGKILL comes at that statement; the exit status, 0 if none was left."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(path), until]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            stream.close()
        self._process.wait(60)


@pytest.fixture(scope="module")
def migrator() -> Iterator[Migrator]:
    migrator = Migrator()
    yield migrator
    migrator.close()


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of every former version, with rows in every table."""
    folder = tmp_path_factory.mktemp("dumps")
    for version in FORMER:
        migrating.make(folder / f"{version}.db", version)
    return folder


def copied(dumps: Path, version: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return shutil.copy(dumps / f"{version}.db", folder / "catalog.db")


def state(path: Path) -> Any:
    """All that a catalog holds, and how."""
    return migrating.schema(path), migrating.content(path)


def migrated(path: Path) -> Path:
    catalog = Catalog(f"sqlite:///{path}", clock=lambda: 0)
    catalog.migrate()
    catalog.close()
    return path


@pytest.mark.parametrize("version", FORMER)
def test_every_row_of_a_former_version_is_what_it_was(
    dumps: Path, tmp_path: Path, version: str, figure: Figure
) -> None:
    path = copied(dumps, version, tmp_path)
    before = migrating.content(path)
    after = migrating.content(migrated(path))
    assert before.items() <= after.items()
    assert migrating.integrity(path) == "ok"
    new = migrated(tmp_path / "new.db")
    assert {name for _, name, _ in migrating.schema(path)[:-1]} == {
        name for _, name, _ in migrating.schema(new)[:-1]
    }
    figure(f"F37: {len(before)} columns of version {version} are equal after the migration")


@pytest.mark.parametrize("version", ["", FORMER[0]], ids=["a new catalog", "the first version"])
def test_a_migration_killed_at_any_statement_was_not_begun_or_is_done(
    migrator: Migrator, dumps: Path, tmp_path: Path, version: str, many: Many, figure: Figure
) -> None:
    # What follows the first version is tried with rows: without them, less often.
    stride = 1 if version else many(4, 1)
    whole = tmp_path / "whole.db"
    if version:
        shutil.copy(dumps / f"{version}.db", whole)
    before = state(whole)
    after = state(migrated(whole))
    found: list[Any] = []
    while True:
        folder = tmp_path / str(len(found))
        folder.mkdir()
        path = copied(dumps, version, folder) if version else folder / "catalog.db"
        status = migrator.migrate(path, until=1 + stride * len(found))
        if status == 0:
            break
        assert status == -9
        assert migrating.integrity(path) == "ok"
        found.append(state(path))
        shutil.rmtree(folder)
    assert state(path) == after
    undone = found.count(before)
    assert undone * stride > 30
    assert found == [before] * undone + [after] * (len(found) - undone)
    figure(f"F37: {len(found)} kills migrating {version or 'nothing'} to {HEAD}: all or nothing")


def test_a_server_leaves_a_newer_catalog_alone_and_says_so(tmp_path: Path) -> None:
    server = Running(tmp_path, "--metrics-port", "0")
    server.data.mkdir()
    path = server.data / "catalog.db"
    migrated(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = migrating.content(path)
    said = server.call("server", "--port", str(server.port), "--data-dir", str(server.data))
    assert said.returncode == 1
    assert said.stderr.splitlines() == [
        "wanllmdb-server: The data directory was written by a newer wanLLMDB "
        "(catalog version 9999). Install that version or a later one."
    ]
    assert migrating.content(path) == before
