"""`login` and what goes with it: each keyword, and that it never asks where nobody can answer."""

from __future__ import annotations

import io
import os
import pty
import stat
import sys
from pathlib import Path

import pytest
from tests.journeys.processes import ServerProcess
from tests.sdk.bad.user import User
from tests.surface.rows import Check, Rows

import wanllmdb as wandb
from wanllmdb.login import credential, current_key
from wanllmdb.settings import Settings, resolve

ROWS = Rows()
AWAY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def nobody_answers(user: User) -> None:
    """Standard input is no terminal."""
    user.patch.setattr(sys, "stdin", io.StringIO("wl-typed\n"))


def test_a_key_is_checked_kept_for_its_owner_alone_and_found_again(
    server: ServerProcess, user: User
) -> None:
    assert wandb.login(key=server.key, host=server.url, verify=True) is True
    kept = user.home / ".wanllmdb/credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    user.patch.setenv("WANDB_BASE_URL", server.url)
    assert (wandb.login(), current_key(), wandb.ensure_configured()) == (True, server.key, True)
    assert f"signed in to {server.url}" in user.said()


def test_a_key_that_the_server_does_not_know_is_an_error_and_is_not_kept(
    server: ServerProcess, user: User
) -> None:
    with pytest.raises(wandb.AuthenticationError, match="does not know this API key"):
        wandb.login(key="wl-" + "x" * 43, host=server.url)
    assert not (user.home / ".wanllmdb/credentials.json").exists()


def test_an_account_is_as_good_as_a_key_and_nothing_of_it_is_kept(
    server: ServerProcess, user: User
) -> None:
    user.patch.setenv("WANDB_BASE_URL", server.url)
    user.patch.setenv("WANLLMDB_USERNAME", server.owner)
    user.patch.setenv("WANLLMDB_PASSWORD", server.key)  # a key of the scope admin is one
    assert wandb.login() is True
    assert not (user.home / ".wanllmdb").exists()
    user.patch.setenv("WANLLMDB_PASSWORD", "wrong")
    with pytest.raises(wandb.AuthenticationError, match="the account"):
        wandb.login()


@ROWS.row("no key and no terminal: False, and nobody is asked")
def _(user: User) -> None:
    assert (wandb.login(host=AWAY), current_key(), wandb.ensure_configured()) == (
        False,
        None,
        False,
    )
    assert user.said() == ""


@ROWS.row("force=True without a key: UsageError")
def _(user: User) -> None:
    del user
    with pytest.raises(wandb.UsageError, match="There is no API key"):
        wandb.login(host=AWAY, force=True)


@ROWS.row("offline and disabled: False without a prompt, and nothing is kept")
def _(user: User) -> None:
    for mode in ("offline", "disabled", "dryrun"):
        user.patch.setenv("WANDB_MODE", mode)
        assert wandb.login(key="wl-" + "k" * 43, host=AWAY) is False
    assert not (user.home / ".wanllmdb").exists()


@ROWS.row("a server that is away: the key is kept unchecked; verify=True: CommError")
def _(user: User) -> None:
    key = "wl-" + "k" * 43
    with pytest.raises(wandb.CommError):
        wandb.login(key=key, host=AWAY, verify=True)
    assert wandb.login(key=key, host=AWAY) is True
    assert "kept unchecked" in user.said()
    user.patch.setenv("WANDB_BASE_URL", AWAY)
    assert current_key() == key


@ROWS.row("relogin=True: what is kept does not count")
def _(user: User) -> None:
    wandb.login(key="wl-" + "k" * 43, host=AWAY)
    assert wandb.login(host=AWAY, relogin=True) is False
    del user


@ROWS.row("timeout=: somebody at a terminal who does not type is not waited for")
def _(user: User) -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "r") as terminal:
        user.patch.setattr(sys, "stdin", terminal)
        assert wandb.login(host=AWAY, timeout=0.05) is False
    os.close(leader)
    assert f"API key for {AWAY}" in user.said()


@ROWS.row("anonymous= and keywords of other versions are accepted")
def _(user: User) -> None:
    del user
    assert wandb.login(host=AWAY, anonymous="allow", referrer="models") is False


@ROWS.row("a key that can be none is refused without asking")
def _(user: User) -> None:
    for key in ("wl-short", "two words"):
        with pytest.raises(wandb.AuthenticationError):
            wandb.login(key=key, host=AWAY)
    user.patch.setenv("WANLLMDB_API_KEY", "wl-short")
    assert current_key() is None


@ROWS.row("a key comes before an account")
def _(user: User) -> None:
    key = "wl-" + "k" * 43
    account = {"username": "ada", "password": "engine"}
    assert credential(Settings(api_key=key, **account)) == key
    assert repr(credential(resolve(account))) == "Login('ada')"
    assert credential(resolve({"username": "ada"})) is None
    assert not Path(user.home / ".wanllmdb").exists()


@ROWS.each()
def test_login(check: Check, user: User) -> None:
    check(user)
