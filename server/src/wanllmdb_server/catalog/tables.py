"""The tables of the catalog. Times are microseconds since the epoch, digests hexadecimal.

What a migration made is what stands here; tests/migrations compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Users and, one day, teams share one space of names.
owners = Table(
    "owners",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),  # "user"
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", ForeignKey("owners.id", ondelete="CASCADE"), primary_key=True),
    Column("admin", Boolean, nullable=False),
    Column("local", Boolean, nullable=False),  # made by the server itself at its first start
    Column("password", String(256)),  # argon2id with its parameters; None: no password yet
    Column("created_at", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("hint", String(16), nullable=False),
    Column("name", String(256), nullable=False),
    Column("scope", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
)

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_id", ForeignKey("owners.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("colors", Integer, nullable=False),  # how many runs there ever were: the next colour
    UniqueConstraint("owner_id", "name"),
    sqlite_autoincrement=True,
)

members = Table(
    "members",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("role", SmallInteger, nullable=False),
)

# `number` is the metric store's key of the run and is never given twice.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("id", String(128), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("name", String(256), nullable=False),
    Column("state", String(16), nullable=False),
    Column("color", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("resumed_at", BigInteger, nullable=False),  # by the writer's clock; 0: never
    Column("heartbeat_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("exit_code", BigInteger),
    Column("group", String(256)),
    Column("job_type", String(256)),
    Column("notes", Text),
    Column("tags", JSON, nullable=False),
    Column("config", JSON, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("environment", JSON, nullable=False),
    Column("stop_requested", Boolean, nullable=False),
    Column("preempting", String(64)),  # the signal by which the script was told to go
    Column("logged", BigInteger),
    Column("lost", BigInteger),
    Column("forked_from", JSON(none_as_null=True)),  # `domain.run.Fork`, and the source's number
    Column("search", Text, nullable=False),  # folded text in which words are looked for
    UniqueConstraint("project_id", "id"),
    Index("ix_runs_project_id_created_at", "project_id", "created_at"),
    Index("ix_runs_project_id_state", "project_id", "state"),
    Index("ix_runs_state_heartbeat_at", "state", "heartbeat_at"),
    sqlite_autoincrement=True,
)

# The leaves of config and summary, for sorting: a number or the beginning of a text.
run_facts = Table(
    "run_facts",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("part", String(8), primary_key=True),  # "config", "summary"
    Column("key", String(1024), primary_key=True),
    Column("number", Float(53)),
    Column("text", String(256)),
)

# Who logs into a run: `domain.writer`. A writer that is known cannot resume it by coming again.
run_writers = Table(
    "run_writers",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("writer", String(256), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),  # by the writer's clock
    Column("attempt", Integer, nullable=False),
    Column("first_step", BigInteger),
    Column("resumed", Boolean, nullable=False),
    Column("rewound_to", BigInteger),
    Column("finished_at", BigInteger),  # by the writer's clock
    Column("exit_code", BigInteger),
    Column("label", String(256)),
    Column("job", String(256)),
    Column("restarts", BigInteger, nullable=False),
    Column("gone", JSON, nullable=False),
    Column("part", String(16), nullable=False),  # "primary", "peer", "follower"
)

losses = Table(
    "losses",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("writer", String(256), primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("reason", String(256), nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
)

# A writer's last word: the rows that it took, how many of them were logged, and how many it
# lost, by reason. No rows: it was killed, and all that it wrote is here.
tallies = Table(
    "tallies",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("writer", String(256), primary_key=True),
    Column("rows", BigInteger),
    Column("logged", BigInteger),
    Column("lost", JSON, nullable=False),
)

# Runs whose points are still to be dropped from the metric store.
deleted_runs = Table(
    "deleted_runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deleted_at", BigInteger, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("digest", ForeignKey("blobs.digest"), nullable=False, index=True),
    Column("mime", String(256), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
