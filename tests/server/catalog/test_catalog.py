"""The catalog keeps what was committed, drops what was not, and speaks to other databases too."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable
from tests.server.world import World

from wanllmdb_server.catalog import accounts, projects
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import metadata, owners, runs
from wanllmdb_server.catalog.where import matches, select_projects, select_runs
from wanllmdb_server.domain.errors import UnavailableError
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.run import RunState


def test_what_raises_is_rolled_back(world: World) -> None:
    def fail_in_the_middle() -> None:
        with world.catalog.writing() as connection:
            connection.execute(insert(owners).values(name="ghost", kind="user"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    with world.catalog.reading() as connection:
        assert not accounts.name_is_taken(connection, "ghost")


def test_a_member_goes_with_their_project(world: World) -> None:
    with world.catalog.writing() as connection:
        owner = projects.owner_id(connection, "ann")
        assert owner is not None
        project = projects.project_id(connection, owner, "vision")
        assert project is not None
        projects.delete_project(connection, project)
        assert projects.list_members(connection, project) == []
        left = connection.execute(select(runs.c.id).where(runs.c.project_id == project)).all()
        assert left == []


def test_references_to_nothing_are_refused(world: World) -> None:
    with pytest.raises(IntegrityError), world.catalog.writing() as connection:
        projects.add_project(connection, 999, "orphan", "", now=0)


def test_commits_outlive_a_power_cut(world: World) -> None:
    with world.catalog.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_reader_does_not_wait_for_a_writer(world: World) -> None:
    with world.catalog.writing() as writer:
        writer.execute(insert(owners).values(name="half-done", kind="user"))
        with world.catalog.reading() as reader:
            assert not accounts.name_is_taken(reader, "half-done")


def test_a_catalog_that_another_process_holds_is_unavailable(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "world" / "catalog.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("wanllmdb_server.catalog.sqlite.BUSY_TIMEOUT_MS", 10)
    impatient = Catalog(f"sqlite:///{tmp_path / 'world' / 'catalog.db'}", clock=world.clock)
    with pytest.raises(UnavailableError), impatient.writing():
        pass
    other.close()
    with impatient.writing():
        pass
    impatient.close()


def test_the_same_statements_can_be_said_to_postgresql(world: World) -> None:
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
    wanted = RunFilter(("word",), (RunState.RUNNING,))
    for actor in world.actors.values():
        assert str(select_projects(actor).compile(dialect=dialect))
        query = select_runs(actor, full=True).where(*matches(wanted))
        assert str(query.compile(dialect=dialect))


def test_what_is_searched_for_is_never_part_of_a_statement() -> None:
    wanted = RunFilter(("'; DROP TABLE runs; --", "100%"))
    statement = str(select_runs(full=False).where(*matches(wanted)))
    assert "DROP" not in statement
    assert "100" not in statement
