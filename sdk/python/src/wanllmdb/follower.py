"""Follower: reads on in a writer's segments, from one to the next, as far as they are whole.

It hands out excerpts (`wire.Excerpt`): the bytes as they lie on the disk, cut behind the last
whole frame, with the forms that the rows among them refer to. What is torn inside an excerpt
goes along; who takes the excerpt apart passes over it. A torn tail is left behind only when
the writer cannot complete it any more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from wanllmdb import frame, journal, segment
from wanllmdb.frame import Census, Form, Forms
from wanllmdb.segment import SegmentReader
from wanllmdb.wire import SEGMENT_SHIFT, Excerpt, Kind

# A write that was under way when its segment ended has arrived after so long.
SETTLE_SECONDS: Final = 0.05


class Reader(Protocol):
    """Reads on in a writer's journal; see `Follower`, which says what each does."""

    damaged: int
    ends: dict[int, int]
    read: list[int]

    @property
    def foreign(self) -> bool: ...

    @property
    def at_end(self) -> bool: ...

    @property
    def has_ended(self) -> bool: ...

    def waiting(self) -> int: ...

    def excerpt(self, limit: int) -> tuple[Excerpt, Census] | None: ...

    def skip(self, position: int) -> None: ...

    def restart(self, position: int) -> None: ...

    def rewind(self, position: int) -> bool: ...

    def close(self) -> None: ...

    def finish(self) -> None: ...


class Follower:
    """Reads one writer's journal. One thread uses it.

    Attributes:
        damaged: stretches between two segments, or at the end, that could not be read.
        ends: where reading of each earlier segment ended.
        read: the earlier segments that may still be there.
    """

    def __init__(
        self,
        directory: Path,
        writer: str,
        position: int,
        *,
        live: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        """Begin behind `position`. `live` says whether the writer may still append."""
        self.damaged = 0
        self.ends: dict[int, int] = {}
        self.read: list[int] = []
        self._directory = directory
        self._writer = writer
        self._position = position
        self._live = live
        self._clock = clock
        self._forms: Forms = {}
        self._nowhere: set[int] = set()  # forms that nothing here names
        self._reader: SegmentReader | None = None
        self._stuck = 0  # the size of the unread tail in which no whole frame was found
        self._following: tuple[int, float] | None = None

    @property
    def foreign(self) -> bool:
        """Whether reading has come to a segment of a later version, which stays as it is."""
        return self._reader is not None and self._reader.foreign

    @property
    def at_end(self) -> bool:
        """Whether there is nothing more to read, for now."""
        reader = self._reader
        if reader is None:
            return not self._later()
        done = reader.unread == self._stuck
        return done and not reader.foreign and not self._later()

    @property
    def has_ended(self) -> bool:
        """Whether another segment follows the one at hand already."""
        return self._reader is not None and bool(self._later())

    def waiting(self) -> int:
        """How many bytes are there to be read in the segment at hand, or the next one."""
        while True:
            reader = self._reader or self._open()
            if reader is None:
                return 0
            unread = reader.unread
            if unread != self._stuck and not reader.foreign:
                return unread
            if not self._advance():
                return 0

    def excerpt(self, limit: int) -> tuple[Excerpt, Census] | None:
        """What comes next, about `limit` bytes; None if no whole frame is there."""
        while self.waiting():
            reader = self._reader
            assert reader is not None  # noqa: S101 - something is waiting in it
            content = reader.excerpt(limit)
            if content:
                found = frame.census(content)
                forms = self._forms_of(content, found)
                return Excerpt(reader.number, reader.offset, content, forms), found
            self._stuck = reader.unread
        return None

    def skip(self, position: int) -> None:
        """Read on behind this position of the segment at hand."""
        self._position = position
        if self._reader is not None:
            self._reader.skip((position & (1 << SEGMENT_SHIFT) - 1) - self._reader.offset)

    def restart(self, position: int) -> None:
        """Read again from behind a position."""
        self.close()
        self._position = position

    def rewind(self, position: int) -> bool:
        """Read again from behind a position; False if what follows it is no longer here."""
        self.restart(position)
        number, offset = divmod(position, 1 << SEGMENT_SHIFT)
        here = [segment.number_of(path) for path in self._paths()]
        whole = number in here or self.ends.get(number) == offset
        self.read.clear()
        return whole

    def close(self) -> None:
        """Give the file back."""
        reader, self._reader, self._stuck = self._reader, None, 0
        if reader is not None:
            self.damaged += reader.damaged
            reader.close()

    def finish(self) -> None:
        """The writer is gone, and all is read: what is left is torn."""
        if self._reader is not None and self._reader.unread > 0:
            self.damaged += 1
        self.close()

    def _paths(self) -> list[Path]:
        return journal.segments(self._directory, self._writer)

    def _later(self) -> list[Path]:
        """The segments that follow the one at hand."""
        if self._reader is None:
            number = (self._position >> SEGMENT_SHIFT) - 1
        else:
            number = self._reader.number
        return [path for path in self._paths() if segment.number_of(path) > number]

    def _open(self) -> SegmentReader | None:
        """The segment in which the position lies, or the first behind it; None if none is."""
        number, offset = divmod(self._position, 1 << SEGMENT_SHIFT)
        for path in self._later()[:1]:
            here = segment.number_of(path) == number
            with contextlib.suppress(FileNotFoundError):
                self._reader = SegmentReader(path, offset if here else 0)
        return self._reader

    def _advance(self) -> bool:
        """Go to the next segment, if there is one and the present one is at its end."""
        reader = self._reader
        later = [] if reader is None or reader.foreign else self._later()
        if reader is None or not later or not self._is_settled(later):
            return False
        if reader.unread != self._stuck:
            return True  # a write has arrived since
        self.damaged += 1 if reader.unread > 0 else 0
        self.ends[reader.number] = reader.offset
        self.read.append(reader.number)
        self.close()
        with contextlib.suppress(FileNotFoundError):
            self._reader = SegmentReader(later[0])
        return self._reader is not None

    def _is_settled(self, later: list[Path]) -> bool:
        """Whether writes that were under way when the segment ended have arrived."""
        if len(later) > 1 or not self._live():
            return True
        number, now = segment.number_of(later[0]), self._clock()
        if self._following is None or self._following[0] != number:
            self._following = (number, now)
        return now - self._following[1] >= SETTLE_SECONDS

    def _forms_of(self, content: bytes, found: Census) -> dict[int, Form]:
        """The forms that rows of an excerpt refer to, as far as anything names them."""
        if found.kinds >> Kind.FORM & 1:
            frame.learn(self._forms, content)
        unknown = found.forms - self._forms.keys() - self._nowhere
        if unknown:
            self._learn_anew(unknown)
            self._nowhere |= unknown - self._forms.keys()
        return {each: self._forms[each] for each in found.forms if each in self._forms}

    def _learn_anew(self, unknown: frozenset[int]) -> None:
        """Reading began behind the declarations, or they are damaged: look everywhere."""
        near = [self._reader.path] if self._reader is not None else []
        for path in [*near, *self._paths()]:
            with contextlib.suppress(FileNotFoundError), SegmentReader(path) as reader:
                self._forms |= reader.forms()
            if unknown <= self._forms.keys():
                return
