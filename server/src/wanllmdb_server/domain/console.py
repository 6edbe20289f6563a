"""Console: what a script printed, line by line.

Every writer of a run numbers the lines of its own stdout and stderr from 0, and what it prints
is a series of its own: the lines of a rank or of a resumed process never take the place of
another's. A line that is said again (a progress bar) replaces what was said of it before.
"""

from __future__ import annotations

from typing import Final, Literal

from wanllmdb_server.domain.run import CONSOLE_PREFIX

Stream = Literal["stdout", "stderr"]
STREAMS: Final[tuple[Stream, ...]] = ("stdout", "stderr")

_MAX_WRITER: Final = 200  # characters: with four bytes each it still fits a key


def console_key(stream: str, writer: str = "") -> str:
    """The key of what a writer printed; without a writer, that of points from elsewhere."""
    return f"{CONSOLE_PREFIX}{stream}/{writer[:_MAX_WRITER]}" if writer else CONSOLE_PREFIX + stream


def printed_by(key: str) -> tuple[Stream, str] | None:
    """The stream and the writer of a key, None if it is no key of what was printed."""
    if not key.startswith(CONSOLE_PREFIX):
        return None
    stream, _, writer = key.removeprefix(CONSOLE_PREFIX).partition("/")
    for known in STREAMS:
        if stream == known:
            return known, writer
    return None
