"""Auth: who sends this request. A key or token in `Authorization`, or a browser's cookie.

A cookie is sent by the browser whoever asks it to, so an unsafe request that comes with one
must also show that it was made by our page: a header that no other site can set, and an
Origin, where the browser tells it, of this very server. A WebSocket always needs the Origin.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response

from wanllmdb_server.catalog.holders import SESSION_US
from wanllmdb_server.domain.access import ANONYMOUS, Actor
from wanllmdb_server.domain.errors import MalformedError, NotAllowedError, UnauthenticatedError
from wanllmdb_server.fronts.rest.services import services_of

COOKIE: Final = "wanllmdb-session"
SECURE_COOKIE: Final = "__Host-wanllmdb-session"  # over https: bound to this host
CSRF_HEADER: Final = "x-wanllmdb-csrf"
SAFE_METHODS: Final = frozenset(["GET", "HEAD", "OPTIONS"])

_ACTOR: Final = "wanllmdb.actor"
_KEY_IN_URL = re.compile(rb"wl-[A-Za-z0-9_-]{43}")


async def actor_of(connection: HTTPConnection) -> Actor:
    """Who sends this; the anonymous actor if nobody is named. Works for WebSockets too.

    Raises:
        UnauthenticatedError: the key or token is nobody's.
        NotAllowedError: a browser's request that did not come from our page; code `csrf`.
        MalformedError: a key stands in the URL, where logs and histories would keep it.
    """
    found: Actor | None = connection.scope.get(_ACTOR)
    if found is None:
        found = await _find(connection)
        connection.scope[_ACTOR] = found
    return found


CurrentActor = Annotated[Actor, Depends(actor_of)]


async def actor_of_secret(connection: HTTPConnection, secret: str) -> Actor:
    """Whose API key or session token this is.

    Raises:
        UnauthenticatedError: nobody's.
    """
    accounts = services_of(connection).accounts
    actor = accounts.recent_actor(secret) or await asyncio.to_thread(accounts.actor_of, secret)
    if actor is None:
        raise UnauthenticatedError("This API key or session is not, or no longer, valid.")
    return actor


def key_of(connection: HTTPConnection) -> str:
    """The API key or token in the Authorization header; nothing if there is none.

    Raises:
        UnauthenticatedError: the header says something else.
    """
    said = connection.headers.getlist("authorization")
    return _secret(said) if said else ""


def session_of(connection: HTTPConnection) -> str | None:
    """The session token in the browser's cookie."""
    cookies = connection.cookies
    return cookies.get(SECURE_COOKIE if _is_https(connection) else COOKIE) or None


def keep_session(connection: HTTPConnection, response: Response, token: str) -> None:
    """Give the browser its session."""
    secure = _is_https(connection)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=SESSION_US // 1_000_000,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_session(connection: HTTPConnection, response: Response) -> None:
    """Take the browser's session away."""
    secure = _is_https(connection)
    response.delete_cookie(
        SECURE_COOKIE if secure else COOKIE,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


async def _find(connection: HTTPConnection) -> Actor:
    _refuse_key_in_url(connection)
    said = connection.headers.getlist("authorization")
    if said:
        return await actor_of_secret(connection, _secret(said))
    token = session_of(connection)
    if token is None:
        return ANONYMOUS
    try:
        actor = await actor_of_secret(connection, token)
    except UnauthenticatedError:
        return ANONYMOUS  # a session that has ended must not stand in the way of the next one
    _refuse_foreign(connection)
    return actor


def _secret(said: list[str]) -> str:
    """The key or token in the Authorization header."""
    scheme, _, rest = said[0].strip().partition(" ")
    if len(said) == 1 and scheme.lower() == "bearer":
        return rest.strip()
    if len(said) == 1 and scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        return decoded.partition(":")[2]
    raise UnauthenticatedError("Send the API key as 'Authorization: Bearer wl-…'.")


def _refuse_key_in_url(connection: HTTPConnection) -> None:
    query: bytes = connection.scope.get("query_string", b"")
    if b"wl-" in query and _KEY_IN_URL.search(query):
        raise MalformedError(
            "An API key never belongs into a URL. Take it for known by others now: delete it, "
            "make a new one, and send that in the Authorization header.",
            code="key-in-url",
        )


def _refuse_foreign(connection: HTTPConnection) -> None:
    headers = connection.headers
    if connection.scope["type"] == "websocket":
        if not _same_origin(headers):
            raise NotAllowedError("This socket was not opened by a page of ours.", code="csrf")
    elif connection.scope["method"] not in SAFE_METHODS:
        ours = headers.get("origin") is None or _same_origin(headers)
        if headers.get(CSRF_HEADER) != "1" or not ours:
            raise NotAllowedError(
                "With a session cookie, send 'X-Wanllmdb-Csrf: 1' from a page of this server.",
                code="csrf",
            )


def _same_origin(headers: Headers) -> bool:
    """Whether the Origin is the server that was asked.

    The scheme is not compared: behind a proxy we do not know ours.
    """
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _is_https(connection: HTTPConnection) -> bool:
    return connection.url.scheme in {"https", "wss"}
