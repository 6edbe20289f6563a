"""Accounts in the catalog: users, keys, sessions and one-time tokens, all secrets as digests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from wanllmdb_server.catalog.tables import api_keys, one_time_tokens, owners, sessions, users
from wanllmdb_server.catalog.where import Rows
from wanllmdb_server.domain.account import ApiKey, User


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that was found by its digest: whose it is and how long it has been in use."""

    user: User
    scope: str
    created_at: int
    used_at: int | None


def add_user(
    connection: Connection,
    name: str,
    *,
    admin: bool,
    local: bool,
    password: str | None,
    now: int,
) -> User:
    """A new user, and the owner of the same name; the name must be free."""
    owner = insert(owners).values(name=name, kind="user").returning(owners.c.id)
    user_id = int(connection.execute(owner).scalar_one())
    connection.execute(
        insert(users).values(
            id=user_id, admin=admin, local=local, password=password, created_at=now
        )
    )
    return User(user_id, name, admin, now)


def find_user(connection: Connection, name: str) -> User | None:
    """The user of this name."""
    row = connection.execute(_select_users().where(owners.c.name == name)).one_or_none()
    return None if row is None else User(*row)


def name_is_taken(connection: Connection, name: str) -> bool:
    """Whether an owner of this name exists."""
    return connection.execute(select(owners.c.id).where(owners.c.name == name)).first() is not None


def list_users(connection: Connection) -> list[User]:
    """Everybody, by name."""
    return [User(*row) for row in connection.execute(_select_users().order_by(owners.c.name))]


def oldest_admin(connection: Connection) -> User | None:
    """The administrator that was there first."""
    query = _select_users().where(users.c.admin).order_by(users.c.id).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else User(*row)


def count_users(connection: Connection, *, local: bool) -> int:
    """How many users there are that the server made itself (local), or that people made."""
    query = select(func.count()).select_from(users).where(users.c.local.is_(local))
    return int(connection.scalar(query) or 0)


def read_password(connection: Connection, user_id: int) -> str | None:
    """The user's hashed password; None if they have none."""
    return connection.scalar(select(users.c.password).where(users.c.id == user_id))


def set_password(connection: Connection, user_id: int, password: str) -> None:
    """Give the user a hashed password; one that the server made is a person's from now on."""
    connection.execute(
        update(users).where(users.c.id == user_id).values(password=password, local=False)
    )


def add_key(
    connection: Connection,
    user_id: int,
    *,
    digest: str,
    hint: str,
    name: str,
    scope: str,
    now: int,
) -> ApiKey:
    """A new key of the user."""
    values = {"user_id": user_id, "digest": digest, "hint": hint, "name": name, "scope": scope}
    added = insert(api_keys).values(**values, created_at=now).returning(api_keys.c.id)
    return ApiKey(int(connection.execute(added).scalar_one()), name, hint, scope, now, None)


def list_keys(connection: Connection, user_id: int) -> list[ApiKey]:
    """The user's keys, the newest first."""
    columns = (
        api_keys.c[name] for name in ("id", "name", "hint", "scope", "created_at", "last_used_at")
    )
    query = select(*columns).where(api_keys.c.user_id == user_id).order_by(api_keys.c.id.desc())
    return [ApiKey(*row) for row in connection.execute(query)]


def delete_key(connection: Connection, user_id: int, key_id: int) -> str | None:
    """Drop a key of the user; returns its digest, None if there is no such key."""
    mine = (api_keys.c.user_id == user_id, api_keys.c.id == key_id)
    digest = connection.scalar(select(api_keys.c.digest).where(*mine))
    connection.execute(delete(api_keys).where(*mine))
    return digest


def find_key(connection: Connection, digest: str) -> Credential | None:
    """Whose key this is."""
    query = (
        select(
            users.c.id,
            owners.c.name,
            users.c.admin,
            users.c.created_at,
            api_keys.c.scope,
            api_keys.c.created_at,
            api_keys.c.last_used_at,
        )
        .select_from(api_keys.join(users).join(owners))
        .where(api_keys.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Credential(User(*row[:4]), *row[4:])


def touch_key(connection: Connection, digest: str, *, now: int) -> None:
    """Remember that the key was used."""
    connection.execute(update(api_keys).where(api_keys.c.digest == digest).values(last_used_at=now))


def add_session(connection: Connection, user_id: int, digest: str, *, now: int) -> None:
    """A new session of the user."""
    values = {"digest": digest, "user_id": user_id, "created_at": now, "used_at": now}
    connection.execute(insert(sessions).values(**values))


def find_session(connection: Connection, digest: str) -> Credential | None:
    """Whose session this is; its scope is all that the user may."""
    query = (
        select(
            users.c.id,
            owners.c.name,
            users.c.admin,
            users.c.created_at,
            sessions.c.created_at,
            sessions.c.used_at,
        )
        .select_from(sessions.join(users).join(owners))
        .where(sessions.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Credential(User(*row[:4]), "admin", row[4], row[5])


def touch_session(connection: Connection, digest: str, *, now: int) -> None:
    """Remember that the session was used."""
    connection.execute(update(sessions).where(sessions.c.digest == digest).values(used_at=now))


def delete_session(connection: Connection, digest: str) -> None:
    """End a session."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))


def delete_sessions(connection: Connection, user_id: int, *, besides: str | None) -> None:
    """End every session of the user but one."""
    ended = delete(sessions).where(sessions.c.user_id == user_id)
    connection.execute(ended if besides is None else ended.where(sessions.c.digest != besides))


def delete_old_sessions(connection: Connection, *, created: int, used: int) -> None:
    """Drop the sessions that were made or used last before these times."""
    old = (sessions.c.created_at < created) | (sessions.c.used_at < used)
    connection.execute(delete(sessions).where(old))


def add_token(connection: Connection, user_id: int, digest: str, *, now: int) -> None:
    """A new one-time token of the user."""
    values = {"digest": digest, "user_id": user_id, "created_at": now}
    connection.execute(insert(one_time_tokens).values(**values))


def use_token(connection: Connection, digest: str, *, not_before: int, now: int) -> User | None:
    """Use a token up: whose it was, or None if it is unknown, used, or older than that."""
    fresh = (
        one_time_tokens.c.digest == digest,
        one_time_tokens.c.used_at.is_(None),
        one_time_tokens.c.created_at >= not_before,
    )
    used = connection.execute(update(one_time_tokens).where(*fresh).values(used_at=now))
    if used.rowcount != 1:
        return None
    query = _select_users().join(one_time_tokens).where(one_time_tokens.c.digest == digest)
    return User(*connection.execute(query).one())


def delete_old_tokens(connection: Connection, *, created: int) -> None:
    """Drop the tokens that were made before this time."""
    connection.execute(delete(one_time_tokens).where(one_time_tokens.c.created_at < created))


def _select_users() -> Rows:
    return select(users.c.id, owners.c.name, users.c.admin, users.c.created_at).select_from(
        users.join(owners)
    )
