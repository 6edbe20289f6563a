"""Login: a key for a server, checked by asking the server, and kept for its owner alone.

Also what is shown to a server where a key is wanted, and who asks it: everything here that
speaks to one begins with `connect` or `credential`.
"""

from __future__ import annotations

import getpass
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wanllmdb.console import Voice
from wanllmdb.credentials import checked, find_key, save_key
from wanllmdb.errors import AuthenticationError, CommError, Error, UsageError
from wanllmdb.guard import guarded
from wanllmdb.http import Http, Login, NoAnswerError, Timeouts
from wanllmdb.settings import Settings, resolve


@dataclass(frozen=True)
class SignedIn:
    """Who a key is, where, and where the key was put, if it was."""

    url: str
    user: str
    saved: Path | None = None


@guarded(bool)
def login(
    key: str | None = None,
    host: str | None = None,
    relogin: bool | None = None,
    force: bool | None = None,
    timeout: float | None = None,
    verify: bool = False,
    anonymous: Any = None,
    **foreign: Any,
) -> bool:
    """Whether there is a key for the server now; a given one is checked and kept.

    Asks for a key only where somebody can answer; offline and disabled, it asks nobody.

    Args:
        key: to be checked, and kept for this server.
        host: the server, instead of that of the settings.
        relogin: ask for another key, whatever is kept.
        force: without a key there is no going on.
        timeout: how many seconds somebody has to type the key.
        verify: a server that cannot be asked is an error.
        anonymous: of older versions of wandb; means nothing.
        foreign: what other versions know besides; means nothing.

    Raises:
        AuthenticationError: the server does not know the key.
        UsageError: `force` is set, and there is no key.
        CommError: `verify` is set, and no server answered.
    """
    del anonymous, foreign
    settings = resolve({"api_url": host, "login_timeout": timeout})
    if settings.mode != "online":
        return False
    voice = Voice(silent=settings.silent, quiet=settings.quiet)
    key = key or (None if relogin else find_key(settings)) or _asked(settings)
    try:
        if key:
            signed_in = sign_in(settings, key)
        elif settings.username and settings.password:
            signed_in = SignedIn(settings.base_url, _known(settings))
        elif force:
            raise UsageError(f"There is no API key for {settings.base_url}.")
        else:
            return False
    except NoAnswerError as error:
        if verify:
            raise CommError(str(error)) from error
        if key:
            save_key(settings, checked(key), "")
        voice.warn(f"{error}; the key was kept unchecked" if key else str(error))
        return True
    voice.say(f"signed in to {signed_in.url} as {signed_in.user}")
    return True


@guarded(bool)
def ensure_configured() -> bool:
    """Whether a run would find a key now; asks neither a server nor anybody."""
    return current_key() is not None


@guarded()
def current_key() -> str | None:
    """The key that a run would show to the server of the settings that hold now, or None."""
    with suppress(Error):  # what stands there is no key, or no address
        return find_key(resolve({}))
    return None


def sign_in(
    settings: Settings, key: str, *, make_http: Callable[[str, str], Http] | None = None
) -> SignedIn:
    """Ask the server who the key is, and keep it.

    Raises:
        AuthenticationError: the server does not know the key.
        NoAnswerError: no server answered.
    """
    key = checked(key)
    http = make_http(settings.api_url, key) if make_http else connect(settings, shown=key)
    user = whose(http)
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


def credential(settings: Settings) -> str | Login | None:
    """What the server of these settings is shown: a key, else an account that signs in.

    The token that an account gets lives in this process and is written nowhere.

    Raises:
        AuthenticationError: the key that was given can be none.
    """
    key = find_key(settings)
    if key is None and settings.username and settings.password:
        return Login(settings.username, settings.password)
    return key


def connect(
    settings: Settings, *, timeouts: Timeouts | None = None, shown: str | Login | None = None
) -> Http:
    """The server of these settings, asked with what is kept for it, or with what is given."""
    return Http(
        settings.api_url,
        shown or credential(settings),
        timeouts=timeouts or patience(settings),
        ca_file=settings.ca_file,
        environ=settings.network,
    )


def patience(settings: Settings) -> Timeouts | None:
    """How long answers may take, if the settings say so."""
    return Timeouts(read=settings.http_timeout) if settings.http_timeout else None


def _known(settings: Settings) -> str:
    """The name of the user whose account it is."""
    user = whose(connect(settings))
    if user is None:
        raise AuthenticationError(
            f"{settings.base_url} does not know the account {settings.username!r}, "
            "or its password is another."
        )
    return user


def _asked(settings: Settings) -> str | None:
    """A key that somebody typed; None where nobody can, or nobody did in time."""
    if sys.stdin is None or not sys.stdin.isatty() or settings.silent:
        return None
    prompt = f"API key for {settings.base_url}: "
    if settings.login_timeout is not None:
        sys.stderr.write(f"{prompt}(within {settings.login_timeout:g} s) ")
        sys.stderr.flush()
        with suppress(OSError, ValueError):
            if not select.select([sys.stdin], [], [], settings.login_timeout)[0]:
                sys.stderr.write("\n")
                return None
        prompt = ""
    with suppress(EOFError):
        return getpass.getpass(prompt).strip() or None
    return None
