"""Machine: what a look at a server's data asks of the machine that it is on."""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path
from typing import Final, Protocol

NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "beegfs", "gpfs"}
)


class Machine(Protocol):
    """What is asked."""

    def now(self) -> int:
        """Microseconds since the epoch."""
        ...

    def free(self, path: Path) -> int:
        """Bytes that are left where the path is."""
        ...

    def file_system(self, path: Path) -> str:
        """What kind of file system the path is on; empty if that is not known."""
        ...

    def writable(self, path: Path) -> bool:
        """Whether this process can write there."""
        ...

    def open_to_others(self, path: Path) -> bool:
        """Whether other users can read it, or look into it."""
        ...


class ThisMachine:
    """The machine that this process is on."""

    def now(self) -> int:
        """See `Machine`."""
        return time.time_ns() // 1000

    def free(self, path: Path) -> int:
        """See `Machine`."""
        return shutil.disk_usage(path).free

    def file_system(self, path: Path) -> str:
        """See `Machine`; the mount that is nearest above the path."""
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        except OSError:
            return ""
        found, longest = "", -1
        place = path.resolve()
        for line in mounts:
            before, _, behind = line.partition(" - ")
            mount = Path(before.split()[4].encode().decode("unicode_escape"))
            if place.is_relative_to(mount) and len(mount.parts) > longest:
                found, longest = behind.split()[0], len(mount.parts)
        return found

    def writable(self, path: Path) -> bool:
        """See `Machine`."""
        return os.access(path, os.W_OK | os.X_OK)

    def open_to_others(self, path: Path) -> bool:
        """See `Machine`."""
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
