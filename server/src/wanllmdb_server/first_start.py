"""The first start: nobody gets in by default, and the OS user of a local server gets in at once.

On loopback the server has an administrator of its own making, leaves their key where the SDK
of the same OS user finds it, and prints a link that signs a browser in once. Anywhere else it
does not start before somebody was created.
"""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from wanllmdb_server import local_key, wiring
from wanllmdb_server.data_dir import DataDir
from wanllmdb_server.domain.access import Scope
from wanllmdb_server.local_key import LocalKey
from wanllmdb_server.services.accounts import Accounts
from wanllmdb_server.settings import Settings, bracketed


class UnguardedError(Exception):
    """The server would be open to others before anybody can be told apart."""


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever started the server is told."""

    settings: Settings
    sign_in_url: str | None
    metric_url: str | None


@contextlib.contextmanager
def accounts(told: Settings) -> Iterator[Accounts]:
    """The accounts of a data directory, for who holds it; a running server may have it open."""
    held = DataDir(told.data_dir)
    held.make()
    catalog = wiring.open_catalog(told)
    try:
        yield wiring.make_accounts(catalog)
    finally:
        catalog.close()


def guard(told: Settings) -> None:
    """Refuse to listen where others can come, before anybody was created.

    Raises:
        UnguardedError: says what to do.
    """
    if told.loopback or told.role == "worker":
        return
    with accounts(told) as found:
        if not found.has_people():
            raise UnguardedError(
                f"The server would listen on {told.host}, where others can reach it, but no "
                "user has been created yet. Create one, then start it again:\n"
                f"  wanllmdb-server user create NAME --admin --data-dir {told.data_dir}"
            )


def begin(told: Settings) -> Started:
    """Make ready for the OS user who starts the server; `told` has the ports as they are."""
    metric_url = (
        f"http://{bracketed(told.host)}:{told.metrics_port}/api/v1"
        if told.metrics_port and told.role in {"all", "metrics"}
        else told.told_metric_url
    )
    if not told.loopback or told.role not in {"all", "api"}:
        return Started(told, None, metric_url)
    with accounts(told) as found:
        user = found.ensure_local_user(os_user())
        _leave_key(told, found)
        token = found.create_one_time_token(user)
    return Started(told, f"{told.url}/login?token={quote(token)}", metric_url)


def os_user() -> str:
    """The name of the OS user, in the letters of an owner's name where it has any."""
    try:
        return getpass.getuser().lower()
    except (KeyError, OSError):  # a number without a name, as in some containers
        return "local"


def _leave_key(told: Settings, found: Accounts) -> None:
    """Leave a key that works, and keep the one that is there as long as it does."""
    path = local_key.path_of(told.config_dir, told.host, told.port)
    kept = local_key.read(path)
    user = found.ensure_local_user(os_user())
    if kept is None or kept.url != told.url or found.actor_of(kept.key) is None:
        _, secret = found.create_key(user, "this machine", Scope.ADMIN)
        local_key.write(path, LocalKey(url=told.url, key=secret, user=user.name))
