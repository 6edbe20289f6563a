"""What waits in spools on this machine: `sync` sends it, others say how much it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from wanllmdb import relay
from wanllmdb.directories import places
from wanllmdb.errors import UsageError
from wanllmdb.relay import Leftover
from wanllmdb.settings import Settings


def waiting(settings: Settings, directories: Sequence[str], *, any_host: bool) -> list[Leftover]:
    """What waits in these directories, or wherever runs of these settings may have been kept."""
    roots = [Path(each) for each in directories]
    for root in roots:
        if not root.is_dir():
            raise UsageError(f"{root} is no directory.")
    found: dict[tuple[Path, str], Leftover] = {}
    for root in roots or places(settings, os.environ, Path.cwd()):
        for leftover in relay.leftovers(root, any_host=any_host):
            found[leftover.directory.resolve(), leftover.writer] = leftover
    return list(found.values())
