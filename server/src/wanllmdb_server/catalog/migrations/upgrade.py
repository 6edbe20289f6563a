"""Run the migrations of the catalog in the caller's transaction: all of them or none."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from wanllmdb_server.catalog.catalog import NewerCatalogError


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration; there is no ini file, the migrations live in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def to_head(connection: Connection) -> None:
    """Apply what is missing.

    Raises:
        NewerCatalogError: the database is of a version that is not among the migrations.
    """
    config = configuration(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise NewerCatalogError(
            f"The data directory was written by a newer wanLLMDB (catalog version {current}). "
            "Install that version or a later one."
        )
    command.upgrade(config, "head")
