"""What each writer of a run said at its end: how many rows it took, and how many it lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("writer", sa.String(length=256), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("logged", sa.BigInteger(), nullable=True),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["runs.number"], name=op.f("fk_tallies_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "writer", name=op.f("pk_tallies")),
    )
