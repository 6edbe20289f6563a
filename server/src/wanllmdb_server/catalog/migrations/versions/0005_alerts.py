"""What scripts want people to hear, and how often each run said something."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("writer", sa.String(length=256), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["runs.number"], name=op.f("fk_alerts_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "writer", "position", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_created_at", "alerts", ["created_at"])
    zero = sa.text("0")
    op.add_column("runs", sa.Column("alerts", sa.Integer(), nullable=False, server_default=zero))
