"""Artifacts: named things with versions, what is in these, and who made and used them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_artifacts_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_artifacts")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_artifacts_project_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "blob_puts",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("put_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["blobs.digest"], name=op.f("fk_blob_puts_digest"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_blob_puts_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_blob_puts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", "digest", name=op.f("pk_blob_puts")),
    )
    op.create_index(op.f("ix_blob_puts_digest"), "blob_puts", ["digest"], unique=False)
    op.create_index(op.f("ix_blob_puts_put_at"), "blob_puts", ["put_at"], unique=False)
    op.create_table(
        "artifact_aliases",
        sa.Column("artifact", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact"],
            ["artifacts.key"],
            name=op.f("fk_artifact_aliases_artifact"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("artifact", "alias", name=op.f("pk_artifact_aliases")),
    )
    op.create_table(
        "artifact_versions",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("artifact", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("distributed_id", sa.String(length=128), nullable=True),
        sa.Column("incremental", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("lifetime_us", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact"],
            ["artifacts.key"],
            name=op.f("fk_artifact_versions_artifact"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_artifact_versions")),
        sa.UniqueConstraint(
            "artifact", "client_id", name=op.f("uq_artifact_versions_artifact_client_id")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_artifact_versions_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_artifact_versions_artifact_distributed_id",
        "artifact_versions",
        ["artifact", "distributed_id"],
        unique=False,
    )
    op.create_table(
        "artifact_files",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("checksum", sa.Text(), nullable=True),
        sa.Column("extra", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest"], ["blobs.digest"], name=op.f("fk_artifact_files_digest")
        ),
        sa.ForeignKeyConstraint(
            ["version"],
            ["artifact_versions.key"],
            name=op.f("fk_artifact_files_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "path", name=op.f("pk_artifact_files")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_artifact_files_digest"), "artifact_files", ["digest"], unique=False)
    op.create_table(
        "artifact_places",
        sa.Column("artifact", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact"],
            ["artifacts.key"],
            name=op.f("fk_artifact_places_artifact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version"],
            ["artifact_versions.key"],
            name=op.f("fk_artifact_places_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("artifact", "number", name=op.f("pk_artifact_places")),
    )
    op.create_index(
        op.f("ix_artifact_places_version"), "artifact_places", ["version"], unique=False
    )
    op.create_table(
        "artifact_runs",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("use_as", sa.String(length=256), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["runs.number"], name=op.f("fk_artifact_runs_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version"],
            ["artifact_versions.key"],
            name=op.f("fk_artifact_runs_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run", "way", "version", name=op.f("pk_artifact_runs")),
    )
    op.create_index(op.f("ix_artifact_runs_version"), "artifact_runs", ["version"], unique=False)
