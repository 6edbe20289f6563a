"""Users, keys and signing in, as the API says them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wanllmdb_server.domain.account import MAX_PASSWORD, MIN_PASSWORD
from wanllmdb_server.fronts.rest.schemas.form import Answer, Body, Time

Scope = Literal["read", "write", "admin"]


class Health(Answer):
    """The server lives."""

    status: str
    version: str


class ServerFacts(Answer):
    """What anybody may know of this server before they sign in."""

    version: str
    protocol: int
    sign_in: list[str]
    metric_url: str | None


class User(Answer):
    """A user, who is also the owner of the same name."""

    name: str
    admin: bool
    created_at: Time


class SignedIn(Answer):
    """A session: the browser has it in a cookie, others send the token as Bearer."""

    user: User
    token: str


class Me(Answer):
    """Who asks, and what the key or session that they came with is good for."""

    user: User
    scope: Scope


class ApiKey(Answer):
    """An API key; its secret is not known any more."""

    id: int
    name: str
    hint: str
    scope: Scope
    created_at: Time
    last_used_at: Time | None


class CreatedApiKey(ApiKey):
    """A new API key. `key` is shown here and never again."""

    key: str


class ApiKeyList(Answer):
    """The keys of who asks."""

    items: list[ApiKey]
    next: str | None
    total: int


class UserList(Answer):
    """Everybody."""

    items: list[User]
    next: str | None
    total: int


class Login(Body):
    """Name and password. Anything may be tried: what cannot be right is wrong."""

    username: str
    password: str


class OneTimeLogin(Body):
    """The token of a sign-in link."""

    token: str


class NewPassword(Body):
    """A new password; the current one too, where there is one."""

    current: str | None = None
    password: str = Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)


class NewApiKey(Body):
    """What a new key is to be."""

    name: str = Field(max_length=256)
    scope: Scope = "write"


class NewUser(Body):
    """Who is to be let in."""

    name: str
    password: str | None = Field(default=None, min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)
    admin: bool = False
