"""Where each writer of a run stands and how it ended; where a run was forked from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("forked_from", sa.JSON(), nullable=True))
    zero, false = sa.text("0"), sa.text("0")
    for column in (
        sa.Column("seen_at", sa.BigInteger(), nullable=False, server_default=zero),
        sa.Column("began_at", sa.BigInteger(), nullable=False, server_default=zero),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default=zero),
        sa.Column("first_step", sa.BigInteger(), nullable=True),
        sa.Column("resumed", sa.Boolean(), nullable=False, server_default=false),
        sa.Column("rewound_to", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(length=256), nullable=True),
        sa.Column("job", sa.String(length=256), nullable=True),
        sa.Column("restarts", sa.BigInteger(), nullable=False, server_default=zero),
        sa.Column("gone", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("part", sa.String(length=16), nullable=False, server_default="peer"),
    ):
        op.add_column("run_writers", column)
    op.execute("UPDATE run_writers SET seen_at = created_at, began_at = created_at")
