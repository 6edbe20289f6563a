"""Access: who asks, what they may do to what. Deny by default; one table, one function.

Every route of every front names a (resource, verb) pair from this file; `allows` is the only
place that decides. A project that the actor may not read does not exist for them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from wanllmdb_server.domain.errors import NotAllowedError, UnauthenticatedError


class Role(enum.IntEnum):
    """What a user is to a project; each role may all that the lower ones may."""

    NONE = 0
    VIEWER = 1
    MEMBER = 2
    ADMIN = 3


class Resource(enum.StrEnum):
    """What routes act on."""

    INSTANCE = "instance"  # health, version, sign-in: no project involved
    ACCOUNT = "account"  # the actor's own profile, keys, sessions
    USER = "user"  # other people's accounts
    PROJECT = "project"
    RUN = "run"
    POINTS = "points"
    FILE = "file"
    ARTIFACT = "artifact"
    VIEW = "view"  # how somebody looks at a project, and the links to single looks
    SHARED_VIEW = "shared-view"
    HOP = "hop"  # what processes of one server ask each other: nobody else may, whoever it is


class Verb(enum.StrEnum):
    """What routes do."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Scope(enum.StrEnum):
    """What an API key is good for; a session has the scope of its user."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


_BREADTH = {Scope.READ: 0, Scope.WRITE: 1, Scope.ADMIN: 2}


def within(scope: Scope, other: Scope) -> bool:
    """Whether a scope allows no more than the other one."""
    return _BREADTH[scope] <= _BREADTH[other]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks; always a service's first argument.

    Attributes:
        user_id: the catalog's number of the user; None is the anonymous actor.
        name: the user's name, also the name of the Owner they are.
        admin: administrates the instance.
        scope: of the key or session that they came with.
    """

    user_id: int | None = None
    name: str = ""
    admin: bool = False
    scope: Scope = Scope.READ

    @property
    def known(self) -> bool:
        """Whether the actor is somebody."""
        return self.user_id is not None


ANONYMOUS = Actor()

# The least role in the project for each (resource, verb) inside a project.
_IN_PROJECT: dict[tuple[Resource, Verb], Role] = {
    (Resource.PROJECT, Verb.READ): Role.VIEWER,
    (Resource.PROJECT, Verb.UPDATE): Role.ADMIN,
    (Resource.PROJECT, Verb.DELETE): Role.ADMIN,
    (Resource.RUN, Verb.READ): Role.VIEWER,
    (Resource.RUN, Verb.CREATE): Role.MEMBER,
    (Resource.RUN, Verb.UPDATE): Role.MEMBER,
    (Resource.RUN, Verb.DELETE): Role.MEMBER,
    (Resource.POINTS, Verb.READ): Role.VIEWER,
    (Resource.POINTS, Verb.CREATE): Role.MEMBER,
    (Resource.FILE, Verb.READ): Role.VIEWER,
    (Resource.FILE, Verb.CREATE): Role.MEMBER,
    (Resource.FILE, Verb.DELETE): Role.MEMBER,
    (Resource.ARTIFACT, Verb.READ): Role.VIEWER,
    (Resource.ARTIFACT, Verb.CREATE): Role.MEMBER,
    (Resource.ARTIFACT, Verb.UPDATE): Role.MEMBER,
    (Resource.ARTIFACT, Verb.DELETE): Role.MEMBER,
    (Resource.VIEW, Verb.READ): Role.VIEWER,
    (Resource.VIEW, Verb.CREATE): Role.VIEWER,
    (Resource.VIEW, Verb.UPDATE): Role.VIEWER,
    (Resource.VIEW, Verb.DELETE): Role.VIEWER,
    (Resource.SHARED_VIEW, Verb.UPDATE): Role.MEMBER,
}

# Outside a project: what a known actor may, what only an administrator, what everybody.
_FOR_ALL = {(Resource.INSTANCE, Verb.READ), (Resource.INSTANCE, Verb.CREATE)}
_FOR_KNOWN = {
    (Resource.ACCOUNT, Verb.READ),
    (Resource.ACCOUNT, Verb.CREATE),
    (Resource.ACCOUNT, Verb.UPDATE),
    (Resource.ACCOUNT, Verb.DELETE),
    (Resource.PROJECT, Verb.CREATE),
}
_FOR_ADMIN = {(Resource.USER, verb) for verb in Verb}


def allows(actor: Actor, resource: Resource, verb: Verb, role: Role = Role.NONE) -> bool:
    """Whether the actor, being `role` in the project concerned, may do this.

    A key of scope `read` may only read, whatever its user may; an instance administrator is
    an administrator of every project.
    """
    pair = (resource, verb)
    if pair in _FOR_ALL:
        return True
    if not actor.known or (verb is not Verb.READ and actor.scope is Scope.READ):
        return False
    if pair in _FOR_KNOWN:
        return True
    if pair in _FOR_ADMIN:
        return actor.admin and actor.scope is Scope.ADMIN
    least = _IN_PROJECT.get(pair)
    return least is not None and (Role.ADMIN if actor.admin else role) >= least


def must_be_known(actor: Actor) -> int:
    """The actor's user id; raises UnauthenticatedError for the anonymous actor."""
    if actor.user_id is None:
        raise UnauthenticatedError("Sign in, or send an API key.")
    return actor.user_id


def must_be_allowed(actor: Actor, resource: Resource, verb: Verb, role: Role = Role.NONE) -> None:
    """Raises UnauthenticatedError or NotAllowedError when the actor may not do this."""
    if not allows(actor, resource, verb, role):
        must_be_known(actor)
        raise NotAllowedError(f"You may not {verb} this {resource}.")
