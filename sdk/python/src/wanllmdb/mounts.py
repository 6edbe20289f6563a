"""Mounts: what kind of file system a directory lies on.

Asked before anything is written to it: a file system that is behind a network may stand still
for minutes, and with it whoever writes to it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

MOUNTINFO: Final = Path("/proc/self/mountinfo")

_REMOTE: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gpfs", "beegfs"),
        *("beegfs_nodev", "panfs", "orangefs", "pvfs2", "glusterfs", "wekafs", "davfs", "fuse"),
    }
)
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def file_system(path: Path, mountinfo: Path = MOUNTINFO) -> str | None:
    """The type of the file system that a path is on, or will be on; None if nothing says so."""
    try:
        lines = mountinfo.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    wanted = os.path.realpath(path)
    best, found = -1, None
    for line in lines:
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5:
            continue
        point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        # Of several mounts at one point the last one hides the others.
        if len(point) >= best and _is_below(wanted, point):
            best, found = len(point), after.split(" ")[0]
    return found


def is_remote(kind: str | None) -> bool:
    """Whether a file system of this type may be behind a network."""
    return kind is not None and (kind in _REMOTE or kind.startswith("fuse."))


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")
