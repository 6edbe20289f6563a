"""Retention: how long a project keeps what, and what runs have let go of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("retention", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("runs", sa.Column("released", sa.JSON(none_as_null=True), nullable=True))
