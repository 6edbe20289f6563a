"""Memory: reads the journal of a run that no disk takes, from the ring in which it waits.

What the server has is forgotten; what it has not when the process ends is lost. Positions are
those of one segment without end that nobody ever wrote.
"""

from __future__ import annotations

from collections.abc import Callable

from wanllmdb import frame
from wanllmdb.frame import Census, Form, census
from wanllmdb.ring import Ring
from wanllmdb.wire import Excerpt


class MemoryFollower:
    """A `follower.Reader`. One thread uses it, while others put frames into the ring."""

    foreign = False
    has_ended = False

    def __init__(self, ring: Ring, form_of: Callable[[int], Form | None]) -> None:
        """Read what is in the ring, and what comes; `form_of` names the forms of rows."""
        self.damaged = 0
        self.ends: dict[int, int] = {}
        self.read: list[int] = []
        self._ring = ring
        self._form_of = form_of
        self._batch = b""  # what was taken out of the ring, and is not acknowledged
        self._offset = 0

    @property
    def at_end(self) -> bool:
        return not self._batch and not self._ring

    def waiting(self) -> int:
        return len(self._batch) + self._ring.bytes

    def excerpt(self, limit: int) -> tuple[Excerpt, Census] | None:
        if not self._batch:
            self._batch = b"".join(self._ring.take(limit))
        content = self._batch
        if len(content) > limit:
            content = content[: frame.last_end(content[:limit])] or self._first()
        if not content:
            return None
        found = census(content)
        forms = {number: self._form_of(number) for number in found.forms}
        known = {number: form for number, form in forms.items() if form is not None}
        return Excerpt(0, self._offset, content, known), found

    def skip(self, position: int) -> None:
        self._batch = self._batch[max(0, position - self._offset) :]
        self._offset = max(position, self._offset)

    def restart(self, position: int) -> None:
        """What is not acknowledged is here; nothing is to be read again."""

    def rewind(self, position: int) -> bool:
        """What was acknowledged is not here any more."""
        del position
        return False

    def close(self) -> None:
        """Nothing is to be given back."""

    def finish(self) -> None:
        """Nothing is left."""

    def _first(self) -> bytes:
        return self._batch[: frame.size_of(self._batch)]
