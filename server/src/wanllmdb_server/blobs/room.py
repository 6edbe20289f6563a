"""Room: what is said when there is none on the disk."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from wanllmdb_server.domain.errors import DiskFullError


@contextlib.contextmanager
def a_full_disk_told() -> Iterator[None]:
    """A disk or a quota that is full is a matter of time, not a fault of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise DiskFullError from error
        raise
