"""Login: a key for a server, checked by asking the server, and kept for its owner alone."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wanllmdb.console import Voice
from wanllmdb.credentials import checked, find_key, save_key
from wanllmdb.errors import AuthenticationError, CommError, UsageError
from wanllmdb.http import Http, NoAnswerError
from wanllmdb.settings import Settings, resolve


@dataclass(frozen=True)
class SignedIn:
    """Who a key is, where, and where the key was put, if it was."""

    url: str
    user: str
    saved: Path | None = None


def login(
    key: str | None = None,
    host: str | None = None,
    relogin: bool | None = None,
    force: bool | None = None,
    timeout: float | None = None,
    verify: bool = False,
    anonymous: Any = None,
) -> bool:
    """Whether there is a key for the server now; a given one is checked and kept.

    Asks for a key only where somebody can answer; offline and disabled, it asks nobody.

    Raises:
        AuthenticationError: the server does not know the key.
        UsageError: `force` is set, and there is no key.
    """
    del timeout, anonymous
    settings = resolve({"api_url": host})
    if settings.mode != "online":
        return False
    key = key or (None if relogin else find_key(settings))
    if key is None and sys.stdin is not None and sys.stdin.isatty() and not settings.silent:
        key = getpass.getpass(f"API key for {settings.base_url}: ")
    if not key:
        if force:
            raise UsageError(f"There is no API key for {settings.base_url}.")
        return False
    voice = Voice(silent=settings.silent, quiet=settings.quiet)
    try:
        signed_in = sign_in(settings, key)
    except NoAnswerError as error:
        if verify:
            raise CommError(str(error)) from error
        save_key(settings, checked(key), "")
        voice.warn(f"{error}; the key was kept unchecked")
        return True
    voice.say(f"signed in to {signed_in.url} as {signed_in.user}")
    return True


def sign_in(
    settings: Settings, key: str, *, make_http: Callable[[str, str], Http] | None = None
) -> SignedIn:
    """Ask the server who the key is, and keep it.

    Raises:
        AuthenticationError: the server does not know the key.
        NoAnswerError: no server answered.
    """
    key = checked(key)
    make = make_http or (lambda url, key: Http(url, key, ca_file=settings.ca_file))
    user = whose(make(settings.api_url, key))
    if user is None:
        raise AuthenticationError(f"{settings.base_url} does not know this API key ({key[:6]}...).")
    return SignedIn(settings.base_url, user, save_key(settings, key, user))


def whose(http: Http) -> str | None:
    """The name of the user whose key it is, or None if the server does not know it.

    Raises:
        NoAnswerError: no server answered.
    """
    answer = http.request("GET", "/api/v1/me")
    user = answer.body.get("user")
    if not answer.ok or not isinstance(user, dict):
        return None
    return str(user.get("name", ""))
