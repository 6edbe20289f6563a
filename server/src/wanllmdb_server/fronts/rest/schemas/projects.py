"""Projects and members, as the API says them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wanllmdb_server.domain.project import MAX_DESCRIPTION
from wanllmdb_server.domain.retention import MAX_DAYS
from wanllmdb_server.fronts.rest.schemas.form import Answer, Body, Time

Role = Literal["viewer", "member", "admin"]
Days = Annotated[int | None, Field(ge=1, le=MAX_DAYS)]


class Retention(Body):
    """Days that each kind is kept after a run ended; null is for ever."""

    points_days: Days = None
    console_days: Days = None
    system_days: Days = None
    files_days: Days = None


class Doomed(Answer):
    """What of one kind would go now: points or files, and about how many bytes."""

    runs: int
    items: int
    bytes: int


class RetentionPreview(Answer):
    """The rule that holds for a project, whether it is its own, and what would go now."""

    rule: Retention
    own: bool
    points: Doomed | None = None
    console: Doomed | None = None
    system: Doomed | None = None
    files: Doomed | None = None


class Project(Answer):
    """A project as who asks sees it; `role` is what they are in it."""

    owner: str
    name: str
    description: str
    created_at: Time
    updated_at: Time
    runs: int
    running: int
    role: Role
    retention: Retention | None


class ProjectPage(Answer):
    """A stretch of the projects that who asks may see."""

    items: list[Project]
    next: str | None
    total: int


class NewProject(Body):
    """What a new project is to be; without an owner it is the asker's own."""

    name: str
    owner: str | None = None
    description: str = Field(default="", max_length=MAX_DESCRIPTION)


class ProjectPatch(Body):
    """What is to be another than before."""

    name: str | None = None
    description: str | None = Field(default=None, max_length=MAX_DESCRIPTION)
    retention: Retention | None = Field(
        default=None, description="null: what the server says; left out: as it is"
    )


class Member(Answer):
    """A user who was let into a project."""

    user: str
    role: Role


class MemberList(Answer):
    """Who was let into a project; its owner is not among them."""

    items: list[Member]
    next: str | None
    total: int


class NewMember(Body):
    """As what a user is let in."""

    role: Role
