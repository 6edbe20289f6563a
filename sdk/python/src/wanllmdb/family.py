"""Family: the outboxes of a process and of the children that it forked.

A fork child that logs is a writer of its own, in the same directory. Its parent sends for it,
so a worker that is killed a moment after it logged needs nobody else to save its rows.
Processes that were started on their own are not family: each sends for itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from wanllmdb import journal, segment
from wanllmdb.outbox import Outbox


class Family:
    """Finds the children's journals as they appear, and removes them when all is sent."""

    def __init__(self, main: Outbox, make: Callable[[str, Callable[[], bool]], Outbox]) -> None:
        """Begin with the parent's own outbox; `make(writer, live)` makes a child's."""
        self.main = main
        self._make = make
        self._directory: Path = main.directory
        self._known = {main.writer}
        self._children: dict[str, Outbox] = {}
        self._locks: dict[str, int] = {}
        self._refused: dict[str, int] = {}
        self._progress = 0

    def __iter__(self) -> Iterator[Outbox]:
        return iter([self.main, *self._children.values()])

    @property
    def progress(self) -> int:
        """A number that grows with every record that needs no sending any more."""
        return self._progress + sum(each.sent + each.quarantined for each in self)

    @property
    def refused(self) -> dict[str, int]:
        """How many records the server passed over, by code."""
        total = dict(self._refused)
        for outbox in self:
            _add(total, outbox.refused)
        return total

    def look(self) -> None:
        """Find new children, and finish with those that have died and sent everything."""
        for writer in journal.writers(self._directory):
            if writer not in self._known and self._parent(writer) in self._known:
                self._known.add(writer)
                self._children[writer] = self._make(writer, lambda w=writer: w not in self._locks)
        for writer in list(self._children):
            if writer not in self._locks:
                fd = journal.lock(self._directory, writer)
                if fd is not None:
                    self._locks[writer] = fd
        for writer, outbox in list(self._children.items()):
            if outbox.finish():
                self._leave(writer, outbox)

    def restart(self) -> None:
        """Read everything that is not acknowledged again, from the disk."""
        for outbox in self:
            outbox.restart()

    def is_sent(self) -> bool:
        """Whether nothing of the parent, and nothing of a dead child, is left to send.

        A child that lives may go on for ever; nobody waits for that.
        """
        self.look()
        return self.main.finish() and not any(writer in self._locks for writer in self._children)

    def release(self) -> None:
        """Leave what is left to other processes."""
        for fd in self._locks.values():
            os.close(fd)
        self._locks.clear()
        for outbox in self:
            outbox.close()

    def _parent(self, writer: str) -> object:
        for path in journal.segments(self._directory, writer)[:1]:
            return segment.read_header(path).get("parent")
        return None

    def _leave(self, writer: str, outbox: Outbox) -> None:
        self._progress += outbox.sent + outbox.quarantined
        _add(self._refused, outbox.refused)
        del self._children[writer]
        os.close(self._locks.pop(writer))


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for code, count in more.items():
        total[code] = total.get(code, 0) + count
