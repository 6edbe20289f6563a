"""Outbox: what of one writer's journal a sink has not yet acknowledged.

It reads the journal from the disk, so it is the same for the process that writes, for one
that finishes what a dead process began, and after any interruption. Everything it knows is
in the journal and in the 32 bytes of the mark; to lose the mark costs sending again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from wanllmdb import journal, segment, uploads, wire
from wanllmdb.journal import Mark
from wanllmdb.segment import Frame, SegmentReader
from wanllmdb.sink import Ack, GapError, OpenedRun, RefusedError, Sink, UnreachableError

# A write that was under way when its segment ended has arrived after so long.
SETTLE_SECONDS: Final = 0.05
# Frames read at a stretch before the training may have the interpreter again.
STRETCH: Final = 64
# Replacing a file makes some file systems write at once: not after every batch.
MARK_SECONDS: Final = 1.0
# A batch that nobody answers in time is halved, down to so little.
LEAST_BATCH_BYTES: Final = 4 * 1024
# A record that is refused with one of these will always be.
POISON: Final = frozenset({400, 413, 422})
# … unless it is the server that does not speak our version: then nothing gets through.
NOT_POISON: Final = frozenset({"unknown-version"})

_OFFSET: Final = (1 << wire.SEGMENT_SHIFT) - 1


class Outbox:
    """Reads, sends, acknowledges and prunes one writer's journal. One thread uses it.

    Attributes:
        mark: how far the journal has come, as it is on the disk.
        sent: records that were acknowledged.
        refused: records that the server passed over or that went to quarantine, by code.
        quarantined: how many of them never got into an accepted batch.
        gaps: how often the server wanted records that are no longer here.
        damaged: stretches of the journal that could not be read.
    """

    def __init__(
        self,
        directory: Path,
        writer: str,
        *,
        live: Callable[[], bool],
        breathe: Callable[[], None] = lambda: None,
        adopt: Callable[[int, bytes], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin where the mark says.

        Args:
            directory: of the run.
            writer: whose journal.
            live: whether the writer may still append.
            breathe: called every few frames; may sleep, to leave the processor to others.
            adopt: takes a record that arrived in a segment after its end, to append it anew.
            clock: seconds that only grow.
        """
        self.directory = directory
        self.writer = writer
        self.mark = journal.read_mark(directory, writer)
        self.sent = 0
        self.quarantined = 0
        self.gaps = 0
        self.damaged = 0
        self.refused: dict[str, int] = {}
        self._live = live
        self._breathe = breathe
        self._adopt = adopt
        self._clock = clock
        self._pending: list[Frame] = []
        self._bytes = 0
        self._most_bytes = wire.MAX_BATCH_BYTES
        self._metrics = 0
        self._counted = 0
        self._since = 0.0
        self._rewound = False
        self._saved = -MARK_SECONDS
        self._unsaved = False
        self._reader: SegmentReader | None = None
        self._frames: Iterator[Frame] | None = None
        self._following: tuple[int, float] | None = None
        self._ends: dict[int, int] = {}
        self._read: list[int] = []

    @property
    def pending(self) -> int:
        """How many records were read and are not yet acknowledged."""
        return len(self._pending)

    @property
    def empty(self) -> bool:
        """Whether all that the last `fill` found in the journal is acknowledged."""
        if self._pending or self._frames is not None:
            return False
        reader = self._reader
        if reader is None:
            return not journal.segments(self.directory, self.writer)
        return not reader.foreign and not self._later()

    @property
    def foreign(self) -> bool:
        """Whether reading has come to a segment of a later version, which stays as it is."""
        return self._reader is not None and self._reader.foreign

    def is_due(self, now: float, *, metrics: int, seconds: float) -> bool:
        """Whether what is pending should be sent: enough of it, or old enough."""
        if not self._pending:
            return False
        if self._rewound or self._is_full() or now - self._since >= seconds:
            return True
        return self._count() >= metrics

    def fill(self) -> None:
        """Read on, until a batch is full or the journal's end is reached."""
        while not self._is_full():
            frames = self._frames or self._open()
            if frames is None:
                return
            if self._take(frames):
                return
            self._frames = None
            if not self._advance():
                return

    def send(self, sink: Sink, run: OpenedRun) -> Ack | None:
        """Send what is pending, and prune what that acknowledges.

        A record that the server refuses for good is found by halving the batch, put into
        quarantine, and passed over. A server that knows less than the mark says gets what it
        misses, if it is still here. None if nothing was acknowledged.

        Raises:
            UnreachableError: try again later; nothing is lost.
            RefusedError: the run or the key is refused, not a record.
        """
        if not self._pending:
            return None
        for code in uploads.upload(self._pending, self.directory, sink, run):
            self._refuse(code)
        try:
            return self._deliver(sink, run, self._pending)
        except GapError as gap:
            self._rewind(gap)
            return None
        except UnreachableError as error:
            if error.timed_out:
                # A slow link: less of it may be through before the time is over.
                self._most_bytes = max(LEAST_BATCH_BYTES, self._bytes // 2)
                self.restart()
            raise
        finally:
            self._drop_done()
            self._save()

    def finish(self) -> bool:
        """Remove the journal, if its writer is gone and all of it is acknowledged."""
        if self._live():
            return False
        self.fill()  # what the writer appended last
        if not self.empty:
            return False
        if self._reader is not None and self._reader.unread > 0:
            self.damaged += 1
        self._leave()
        self._unsaved = False
        journal.forget(self.directory, self.writer)
        return True

    def restart(self) -> None:
        """Forget what was read, and read it again from the mark."""
        self._clear()
        self._leave()

    def close(self) -> None:
        """Write the mark and give the file back. The journal stays."""
        if self._unsaved:
            self._write_mark()
        self._leave()

    def _leave(self) -> None:
        """Give the file back that is being read."""
        reader, self._reader, self._frames = self._reader, None, None
        if reader is not None:
            self.damaged += reader.damaged
            reader.close()

    def _is_full(self) -> bool:
        return self._bytes >= self._most_bytes or len(self._pending) >= wire.MAX_BATCH_RECORDS

    def _take(self, frames: Iterable[Frame]) -> bool:
        """Make frames pending until the batch is full; False if they came to an end before."""
        done, breathe, most = self.mark.done, self._breathe, self._most_bytes
        pending, size = self._pending, self._bytes
        if not pending:
            self._since = self._clock()
        for frame in frames:
            if frame[0] > done:
                pending.append(frame)
                size += len(frame[2]) + segment.FRAME_BYTES
                if size >= most or len(pending) >= wire.MAX_BATCH_RECORDS:
                    self._bytes = size
                    return True
                if not len(pending) % STRETCH:
                    breathe()
        self._bytes = size
        return False

    def _count(self) -> int:
        """How many metrics are pending; each is counted once."""
        for frame in self._pending[self._counted :]:
            self._metrics += _metrics(frame)
        self._counted = len(self._pending)
        return self._metrics

    def _open(self) -> Iterator[Frame] | None:
        """Frames from where reading stands; None if there is no file to read."""
        if self._reader is None:
            number, offset = divmod(self.mark.done, 1 << wire.SEGMENT_SHIFT)
            for path in journal.segments(self.directory, self.writer):
                if segment.number_of(path) >= number:
                    here = segment.number_of(path) == number
                    with contextlib.suppress(FileNotFoundError):
                        self._reader = SegmentReader(path, offset if here else 0)
                    break
        if self._reader is None:
            return None
        self._frames = self._reader.frames()
        return self._frames

    def _later(self) -> list[Path]:
        """The segments that follow the one being read."""
        assert self._reader is not None  # noqa: S101
        number = self._reader.number
        paths = journal.segments(self.directory, self.writer)
        return [path for path in paths if segment.number_of(path) > number]

    def _advance(self) -> bool:
        """Go to the next segment, if there is one and the present one is at its end."""
        reader = self._reader
        later = [] if reader is None or reader.foreign else self._later()
        if reader is None or not later or not self._is_settled(later):
            return False
        if reader.unread > 0:
            # A write may have arrived since; what it left is either whole or torn for good.
            while self._take(reader.frames()):
                pass
            self.damaged += 1 if reader.unread > 0 else 0
        self._ends[reader.number] = reader.offset
        self._read.append(reader.number)
        self._leave()
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

    def _unhurried(self, records: list[Frame]) -> Iterator[Frame]:
        """The records, with a pause for others every few: the training waits for none of it."""
        for at, record in enumerate(records, 1):
            yield record
            if not at % STRETCH:
                self._breathe()

    def _deliver(self, sink: Sink, run: OpenedRun, records: list[Frame]) -> Ack | None:
        content = wire.pack(self.mark.position, self._unhurried(records))
        try:
            ack = sink.send(run.owner, run.project, run.id, self.writer, content)
        except RefusedError as error:
            if error.status not in POISON or error.code in NOT_POISON:
                raise
            return self._halve(sink, run, records, error)
        if ack.position > self.mark.position:
            self.mark = Mark(ack.position, max(ack.position, self.mark.done))
            self.sent += sum(record.position <= ack.position for record in records)
            self._most_bytes = min(2 * self._most_bytes, wire.MAX_BATCH_BYTES)
            self._rewound = False
        if ack.position < records[-1].position:
            raise UnreachableError("The server took the batch only in part.")
        for each in ack.rejected:
            self._refuse(str(each.get("code", "rejected")))
        return ack

    def _halve(
        self, sink: Sink, run: OpenedRun, records: list[Frame], error: RefusedError
    ) -> Ack | None:
        """Find the record that the server refuses; send all others."""
        if len(records) == 1:
            record = records[0]
            journal.quarantine(self.directory, record.kind, record.payload)
            self.quarantined += 1
            self._refuse(error.code)
            self.mark = Mark(self.mark.position, record.position)
            return None
        half = len(records) // 2
        first = self._deliver(sink, run, records[:half])
        second = self._deliver(sink, run, records[half:])
        return second or first

    def _refuse(self, code: str) -> None:
        self.refused[code] = self.refused.get(code, 0) + 1

    def _rewind(self, gap: GapError) -> None:
        """The server knows less than we thought; begin again where it stands."""
        if gap.expected >= self.mark.position:
            raise UnreachableError("The server refuses the position that it asked for.") from gap
        number, offset = divmod(gap.expected, 1 << wire.SEGMENT_SHIFT)
        here = [segment.number_of(path) for path in journal.segments(self.directory, self.writer)]
        if number not in here and self._ends.get(number) != offset:
            self.gaps += 1
        self.mark = Mark(gap.expected, gap.expected)
        self._rewound = True
        self._read = []
        self._clear()
        self._leave()

    def _clear(self) -> None:
        self._pending = []
        self._bytes = self._metrics = self._counted = 0

    def _drop_done(self) -> None:
        done = self.mark.done
        left = [frame for frame in self._pending if frame.position > done]
        self._clear()
        self._take(left)

    def _save(self) -> None:
        """Write the mark, unless it was just written, and prune.

        What the mark does not say is sent again, and kept once; so it need not follow every
        acknowledgement, and a full disk must not stop the sending that frees it.
        """
        self._unsaved = True
        if self._read or self.mark.position != self.mark.done or self._is_mark_old():
            self._write_mark()
        self._prune()

    def _is_mark_old(self) -> bool:
        return self._clock() - self._saved >= MARK_SECONDS

    def _write_mark(self) -> None:
        self._saved = self._clock()
        self._unsaved = False
        with contextlib.suppress(OSError):
            journal.write_mark(self.directory, self.writer, self.mark)

    def _prune(self) -> None:
        """Remove the segments behind the one in which the server stands.

        The last one that it acknowledged stays: a server that lost its newest records with a
        power failure says so when the next batch comes, and gets them again.
        """
        for number in list(self._read):
            path = self.directory / segment.segment_name(self.writer, number)
            with contextlib.suppress(FileNotFoundError):
                self._adopt_late(number, path)
                if number >= self.mark.position >> wire.SEGMENT_SHIFT:
                    continue
                path.unlink()
            self._read.remove(number)

    def _adopt_late(self, number: int, path: Path) -> None:
        """Append anew what was written to a segment after it was read to its end."""
        if self._adopt is None or path.stat().st_size <= self._ends[number]:
            return
        with SegmentReader(path, self._ends[number]) as reader:
            for frame in reader.frames():
                self._adopt(frame.kind, frame.payload)
            self._ends[number] = reader.offset


def _metrics(frame: Frame) -> int:
    """How many values a row has, from the heads of its msgpack alone; 1 for other kinds."""
    if frame.kind not in (wire.Kind.ROW, wire.Kind.SYSTEM):
        return 1
    payload = frame.payload
    try:
        at = 1 + _INT_BYTES[payload[1]]
        at += _INT_BYTES[payload[at]]
        head = payload[at]
        if head == 0xDE:
            return int.from_bytes(payload[at + 1 : at + 3], "big")
    except (IndexError, KeyError):
        return 1
    return head & 0x0F if 0x80 <= head <= 0x8F else 1


_INT_BYTES: Final[dict[int, int]] = (
    dict.fromkeys((*range(0x80), *range(0xE0, 0x100)), 1)
    | dict.fromkeys((0xCC, 0xD0), 2)
    | dict.fromkeys((0xCD, 0xD1), 3)
    | dict.fromkeys((0xCE, 0xD2), 5)
    | dict.fromkeys((0xCF, 0xD3), 9)
)
