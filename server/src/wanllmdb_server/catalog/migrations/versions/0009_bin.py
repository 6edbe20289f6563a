"""The bin, in which deleted runs lie for a while; revisions, by which changed runs are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# However a run is written, by whichever process: it is the one place that nobody can forget.
_GIVEN = """
CREATE TRIGGER runs_revision_{when}
AFTER {what} ON runs{unless}
BEGIN
    UPDATE run_revisions SET given = given + 1;
    UPDATE runs SET revision = (SELECT given FROM run_revisions) WHERE number = NEW.number;
END
"""


def upgrade() -> None:
    op.add_column("runs", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "runs", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_runs_project_id_deleted_at_revision", "runs", ["project_id", "deleted_at", "revision"]
    )
    op.create_index("ix_runs_deleted_at", "runs", ["deleted_at"])
    op.create_table(
        "run_revisions",
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("given", name=op.f("pk_run_revisions")),
    )
    op.execute("INSERT INTO run_revisions (given) VALUES (1)")
    op.execute("UPDATE runs SET revision = 1")
    op.execute(_GIVEN.format(when="new", what="INSERT", unless=""))
    unless = " WHEN NEW.revision = OLD.revision"
    op.execute(_GIVEN.format(when="changed", what="UPDATE", unless=unless))
