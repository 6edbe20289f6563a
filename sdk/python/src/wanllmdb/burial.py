"""Burial: the last word of a writer that died before it could say one.

Who has read a dead writer's journal to its end, and holds its lock, adds a segment with a TALLY
that says so. The segment appears whole or not at all, and a torn tail before it is passed over
as that of any segment that ended, so this may be interrupted anywhere and is never half done.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Final

from wanllmdb import frame, journal, segment, wire
from wanllmdb.segment import SegmentReader

LAST_WORD: Final[dict[str, Any]] = {"rows": None, "logged": None, "lost": {}, "closed": "killed"}

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def has_last_word(directory: Path, writer: str) -> bool:
    """Whether a TALLY is in what is left of this journal, its own or one of a burial."""
    return any(_bears_tally(path) for path in reversed(journal.segments(directory, writer)))


def say_last_word(directory: Path, writer: str) -> bool:
    """Add the TALLY of a killed writer to its journal; False if there is no journal.

    Raises:
        OSError: the disk does not take it; the journal is as before.
    """
    paths = journal.segments(directory, writer)
    if not paths:
        return False
    facts = next((found for path in paths if (found := segment.read_header(path))), {})
    content = segment.header({**facts, "writer": writer})
    content += frame.frame(wire.Kind.TALLY, wire.encode(LAST_WORD), 1)
    path = directory / segment.segment_name(writer, segment.number_of(paths[-1]) + 1)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, _FLAGS, 0o600)
    try:
        _write_whole(fd, content)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    return True


def _write_whole(fd: int, content: bytes) -> None:
    if os.write(fd, content) != len(content):
        raise OSError(errno.ENOSPC, "no room for it on the disk")


def _bears_tally(path: Path) -> bool:
    with SegmentReader(path) as reader:
        while content := reader.excerpt(wire.MAX_BATCH_BYTES):
            if any(frame.picked(content, (wire.Kind.TALLY,))):
                return True
            reader.skip(len(content))
    return False
