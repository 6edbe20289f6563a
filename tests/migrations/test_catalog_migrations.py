"""The tables come from migrations, whatever they were before, and never go back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from wanllmdb_server.catalog.catalog import HEAD, Catalog, NewerCatalogError
from wanllmdb_server.catalog.migrations import upgrade
from wanllmdb_server.catalog.tables import metadata


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.db'}", clock=lambda: 0)
    yield catalog
    catalog.close()


def test_an_empty_database_becomes_what_the_tables_say(catalog: Catalog) -> None:
    assert catalog.version() is None
    catalog.migrate()
    assert catalog.version() == HEAD
    with catalog.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(catalog: Catalog) -> None:
    catalog.migrate()
    with catalog.reading() as connection:
        before = connection.execute(text("SELECT sql FROM sqlite_master ORDER BY name")).all()
    catalog.migrate()
    with catalog.reading() as connection:
        after = connection.execute(text("SELECT sql FROM sqlite_master ORDER BY name")).all()
    assert before == after


def test_the_head_that_the_catalog_knows_is_the_newest_migration() -> None:
    script = ScriptDirectory.from_config(upgrade.configuration())
    assert script.get_heads() == [HEAD]


def test_a_catalog_of_a_newer_server_is_left_alone(catalog: Catalog) -> None:
    catalog.migrate()
    with catalog.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerCatalogError, match="9999"):
        catalog.migrate()
    assert catalog.version() == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(catalog: Catalog) -> None:
    with catalog.writing() as connection:
        connection.execute(text("CREATE TABLE runs (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        catalog.migrate()
    assert catalog.version() is None
    with catalog.reading() as connection:
        assert inspect(connection).get_table_names() == ["runs"]


def test_starting_on_a_current_catalog_does_not_load_the_migrations(catalog: Catalog) -> None:
    import subprocess
    import sys

    catalog.migrate()
    program = (
        "import sys; from wanllmdb_server.catalog.catalog import Catalog; "
        f"c = Catalog({str(catalog._engine.url)!r}, clock=lambda: 0); c.migrate(); "
        "print('alembic' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"
