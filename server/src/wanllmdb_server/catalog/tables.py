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
    Column("retention", JSON(none_as_null=True)),  # `domain.retention.Rule`; None: the server's
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
    Column("alerts", Integer, nullable=False, default=0),  # how many the run said
    Column("released", JSON(none_as_null=True)),  # when retention took what of the run
    Column("search", Text, nullable=False),  # folded text in which words are looked for
    Column("deleted_at", BigInteger),  # since when it lies in the bin; None: it does not
    # Counts up over all runs with each change of one: who has read up to here knows the rest.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("project_id", "id"),
    Index("ix_runs_project_id_created_at", "project_id", "created_at"),
    Index("ix_runs_project_id_state", "project_id", "state"),
    Index("ix_runs_state_heartbeat_at", "state", "heartbeat_at"),
    Index("ix_runs_project_id_deleted_at_revision", "project_id", "deleted_at", "revision"),
    Index("ix_runs_deleted_at", "deleted_at"),
    sqlite_autoincrement=True,
)

# One row: the revision that was given last. Triggers give them (migration 0009).
run_revisions = Table("run_revisions", metadata, Column("given", BigInteger, primary_key=True))

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

# What scripts want people to hear: `domain.alert`.
alerts = Table(
    "alerts",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("writer", String(256), primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("title", String(256), nullable=False),
    Column("text", Text, nullable=False),
    Column("level", String(8), nullable=False),  # "INFO", "WARN", "ERROR"
    Column("created_at", BigInteger, nullable=False, index=True),  # by the writer's clock
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

# A named thing of a project with versions; `next_number` is the one that the next version gets.
artifacts = Table(
    "artifacts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("type", String(128), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("next_number", Integer, nullable=False),
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)

# Content, of the artifact that it was made for. `client_id` is the name that its maker gave it.
artifact_versions = Table(
    "artifact_versions",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("artifact", ForeignKey("artifacts.key", ondelete="CASCADE"), nullable=False),
    Column("client_id", String(128), nullable=False),
    Column("distributed_id", String(128)),
    Column("incremental", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("number", Integer),  # in that artifact; None while it is pending
    Column("digest", String(128), nullable=False),
    Column("description", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("aliases", JSON, nullable=False),  # that it shall have when it is committed
    Column("size", BigInteger, nullable=False),
    Column("files", BigInteger, nullable=False),
    Column("lifetime_us", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("artifact", "client_id"),
    Index("ix_artifact_versions_artifact_distributed_id", "artifact", "distributed_id"),
    sqlite_autoincrement=True,
)

# Where versions stand: in the artifact that each was made for, and in others that show it.
artifact_places = Table(
    "artifact_places",
    metadata,
    Column("artifact", ForeignKey("artifacts.key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column(
        "version",
        ForeignKey("artifact_versions.key", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("placed_at", BigInteger, nullable=False),
)

artifact_aliases = Table(
    "artifact_aliases",
    metadata,
    Column("artifact", ForeignKey("artifacts.key", ondelete="CASCADE"), primary_key=True),
    Column("alias", String(128), primary_key=True),
    Column("number", Integer, nullable=False),
)

artifact_files = Table(
    "artifact_files",
    metadata,
    Column("version", ForeignKey("artifact_versions.key", ondelete="CASCADE"), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("digest", ForeignKey("blobs.digest"), index=True),
    Column("reference", Text),
    Column("checksum", Text),
    Column("extra", JSON(none_as_null=True)),
    sqlite_with_rowid=False,
)

# Which run made a version ("logged"), and which took it as an input ("used").
artifact_runs = Table(
    "artifact_runs",
    metadata,
    Column("run", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("way", String(8), primary_key=True),
    Column(
        "version",
        ForeignKey("artifact_versions.key", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("use_as", String(256)),
    Column("at", BigInteger, nullable=False),
)

# Who put which bytes for which project lately: what they may name before anything names it.
blob_puts = Table(
    "blob_puts",
    metadata,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", ForeignKey("blobs.digest", ondelete="CASCADE"), primary_key=True, index=True),
    Column("put_at", BigInteger, nullable=False, index=True),
)

# How people look at a project: `domain.view`. Those of one person, and those of all.
views = Table(
    "views",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("kind", String(16), nullable=False),  # "workspace", "table", "compare"
    Column("name", String(256), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("default", Boolean, nullable=False),  # what all see first; one of a kind at most
    Column("revision", BigInteger, nullable=False),  # grows with every change
    Column("content", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_views_project_id_kind", "project_id", "kind"),
    sqlite_autoincrement=True,
)

# A look at a page of a project, behind a short word.
links = Table(
    "links",
    metadata,
    Column("hash", String(32), primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("place", Text, nullable=False),  # the path behind the project
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
