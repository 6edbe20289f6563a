"""Alembic's entry: migrate over the connection that `upgrade` hands in."""

from __future__ import annotations

from alembic import context

from wanllmdb_server.catalog.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
