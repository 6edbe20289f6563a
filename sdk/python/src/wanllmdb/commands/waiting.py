"""What waits in spools on this machine, and where it goes: `sync` sends it, others tell of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from wanllmdb import relay
from wanllmdb.credentials import place
from wanllmdb.directories import places
from wanllmdb.errors import UsageError
from wanllmdb.login import credential, patience
from wanllmdb.relay import Leftover
from wanllmdb.settings import Settings
from wanllmdb.sink import HttpSink
from wanllmdb.surroundings import working_directory


def spools(settings: Settings, directories: Sequence[str]) -> list[Path]:
    """These directories, or wherever runs of these settings may have been kept.

    One that a script gave as `dir` has its runs in a directory of its own.
    """
    roots = [Path(each) for each in directories]
    for root in roots:
        if not root.is_dir():
            raise UsageError(f"{root} is no directory.")
    roots += [each / "wanllmdb" for each in roots if (each / "wanllmdb").is_dir()]
    return roots or list(places(settings, os.environ, working_directory()))


def waiting(settings: Settings, directories: Sequence[str], *, any_host: bool) -> list[Leftover]:
    """What waits in these directories, or wherever runs of these settings may have been kept."""
    found: dict[tuple[Path, str], Leftover] = {}
    for root in spools(settings, directories):
        for leftover in relay.leftovers(root, any_host=any_host):
            found[leftover.directory.resolve(), leftover.writer] = leftover
    return list(found.values())


def destination(settings: Settings, leftover: Leftover) -> str:
    """Which server a journal goes to: the one that was named, else the one it was meant for."""
    here = place(settings.api_url)
    return here if "api_url" in settings.given else leftover.server or here


def told(settings: Settings, server: str) -> Settings:
    """The settings for a server. A key in the environment is not for a server elsewhere."""
    if server == place(settings.api_url):
        return settings
    kept = ("config_dir", "ca_file", "insecure_disable_ssl", "http_proxy", "https_proxy")
    return Settings(api_url=server, **{name: getattr(settings, name) for name in kept})


def sink_of(settings: Settings) -> HttpSink:
    """The server of these settings."""
    return HttpSink(
        settings.api_url,
        credential(settings),
        metric_url=settings.metric_url,
        timeouts=patience(settings),
        ca_file=settings.ca_file,
        environ=settings.network,
    )
