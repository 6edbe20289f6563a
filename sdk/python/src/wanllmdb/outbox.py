"""Outbox: what of one writer's journal a sink has not yet acknowledged.

It reads the journal from the disk, so it is the same for the process that writes, for one
that finishes what a dead process began, and after any interruption. Everything it knows is
in the journal and in the 32 bytes of the mark; to lose the mark costs sending again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wanllmdb import burial, frame, journal, segment, uploads, wire
from wanllmdb.follower import Follower, Reader
from wanllmdb.frame import Census, Frame, census
from wanllmdb.journal import Mark
from wanllmdb.segment import SegmentReader
from wanllmdb.sink import Ack, GapError, OpenedRun, RefusedError, Sink, UnreachableError
from wanllmdb.wire import Excerpt, Kind

# What a metric takes in a row of its journal: the unit in which "1000 metrics" are counted.
METRIC_BYTES: Final = 12
# Batches that are not full keep this distance: a few thousand metrics a second are no hurry.
PACE_SECONDS: Final = 2.5
# Replacing a file makes some file systems write at once: not after every batch.
MARK_SECONDS: Final = 1.0
# A batch that nobody answers in time is halved, down to so little.
LEAST_BATCH_BYTES: Final = 4 * 1024
# A record that is refused with one of these will always be.
POISON: Final = frozenset({400, 413, 422})
# … unless it is the server that does not speak our version: then nothing gets through.
NOT_POISON: Final = frozenset({"unknown-version"})
DAMAGED: Final = "damaged"  # what a server calls bytes in which it found no whole record


class Outbox:
    """Reads, sends, acknowledges and prunes one writer's journal. One thread uses it.

    Attributes:
        mark: how far the journal has come, as it is on the disk.
        sent: records that were acknowledged.
        refused: records that the server passed over or that went to quarantine, by code.
        quarantined: how many of them never got into an accepted batch.
        gaps: how often the server wanted records that are no longer here.
        tallied: the writer's tally was sent: it closed its journal, and appends no more.
        buried: the writer died without a tally, and got one here.
    """

    def __init__(
        self,
        directory: Path,
        writer: str,
        *,
        live: Callable[[], bool],
        breathe: Callable[[], None] = lambda: None,
        adopt: Callable[[int, bytes], object] | None = None,
        buries: bool = False,
        clock: Callable[[], float] = time.monotonic,
        follower: Reader | None = None,
    ) -> None:
        """Begin where the mark says.

        Args:
            directory: of the run.
            writer: whose journal.
            live: whether the writer may still append.
            breathe: called between two pieces of work; may sleep, to leave the processor to
                others.
            adopt: takes a record that arrived in a segment after its end, to append it anew.
            buries: another process's journal: whoever finishes it says the writer's last word
                where that was killed before it could.
            clock: seconds that only grow.
            follower: reads the journal, if it does not lie in the directory.
        """
        self.directory = directory
        self.writer = writer
        self.mark = journal.read_mark(directory, writer)
        self.sent = 0
        self.quarantined = 0
        self.gaps = 0
        self.refused: dict[str, int] = {}
        self.tallied = self.buried = False
        self._live = live
        self._breathe = breathe
        self._adopt = adopt
        self._buries = buries
        self._clock = clock
        self._follower = follower or Follower(
            directory, writer, self.mark.done, live=live, clock=clock
        )
        self._waiting = 0
        self._most_bytes = wire.MAX_BATCH_BYTES
        self._since = 0.0
        self._sent_at = -PACE_SECONDS
        self._top = self.mark.position
        self._found_damaged = 0
        self._rewound = False
        self._saved = -MARK_SECONDS
        self._unsaved = False

    @property
    def damaged(self) -> int:
        """How many stretches of the journal could not be read, here or by the server."""
        return self._follower.damaged + self._found_damaged

    @property
    def waiting(self) -> int:
        """How many bytes the last `fill` found that are not yet acknowledged."""
        return self._waiting

    @property
    def empty(self) -> bool:
        """Whether all that the last `fill` found in the journal is acknowledged."""
        return not self._waiting and self._follower.at_end

    @property
    def foreign(self) -> bool:
        """Whether reading has come to a segment of a later version, which stays as it is."""
        return self._follower.foreign

    def is_due(self, now: float, *, metrics: int, seconds: float) -> bool:
        """Whether what waits should be sent: a full batch, enough of it, or old enough.

        The rest of a segment that has ended is as full as it will be, and goes at once.
        """
        if not self._waiting:
            return False
        if self._rewound or self._waiting >= wire.MAX_BATCH_BYTES or now - self._since >= seconds:
            return True
        many = self._waiting >= metrics * METRIC_BYTES
        return (many and now - self._sent_at >= PACE_SECONDS) or self._follower.has_ended

    def fill(self) -> None:
        """Look how much there is to send."""
        waited, self._waiting = self._waiting, self._follower.waiting()
        if not waited:
            self._since = self._clock()

    def send(self, sink: Sink, run: OpenedRun) -> Ack | None:
        """Send a batch of what waits, and prune what that acknowledges.

        A record that the server refuses for good is found by halving the batch, put into
        quarantine, and passed over. A server that knows less than the mark says gets what it
        misses, if it is still here. None if nothing was acknowledged.

        Raises:
            UnreachableError: try again later; nothing is lost.
            RefusedError: the run or the key is refused, not a record.
        """
        found = self._follower.excerpt(self._most_bytes)
        if found is None:
            self._waiting = 0
            return None
        excerpt, numbers = found
        self._breathe()
        if numbers.kinds >> Kind.FILE & 1:
            for code in uploads.upload(excerpt.frames(), self.directory, sink, run):
                self._refuse(code)
        try:
            return self._deliver(sink, run, excerpt, numbers)
        except GapError as gap:
            self._rewind(gap)
            return None
        except UnreachableError as error:
            if error.timed_out:
                # A slow link: less of it may be through before the time is over.
                self._most_bytes = max(LEAST_BATCH_BYTES, len(excerpt.content) // 2)
            raise
        finally:
            self._sent_at = self._clock()
            self._waiting = 0
            self._save()

    def finish(self) -> bool:
        """Remove the journal, if its writer is gone and all of it is acknowledged.

        A writer that was killed gets its last word first, which is then still to be sent.
        """
        if self._live():
            return False
        self.fill()  # what the writer appended last
        if not self.empty:
            return False
        if self._buries and not self.tallied and self._bury():
            return False
        self._follower.finish()
        self._unsaved = False
        journal.forget(self.directory, self.writer)
        return True

    def _bury(self) -> bool:
        """Say the last word of a writer that has not; False if there is nothing more to send."""
        self._buries = False
        if not burial.has_last_word(self.directory, self.writer):
            with contextlib.suppress(OSError):  # a full disk must not keep what frees it
                self.buried = burial.say_last_word(self.directory, self.writer)
        return self.buried

    def restart(self) -> None:
        """Forget what was read, and read it again from the mark."""
        self._waiting = 0
        self._follower.restart(self.mark.done)

    def close(self) -> None:
        """Write the mark and give the file back. The journal stays."""
        if self._unsaved:
            self._write_mark()
        self._follower.close()

    def _deliver(self, sink: Sink, run: OpenedRun, excerpt: Excerpt, numbers: Census) -> Ack | None:
        if excerpt.end <= self.mark.position:
            self._follower.skip(excerpt.end)  # the server had it already
            return None
        content = wire.pack_excerpt(self.mark.position, excerpt, numbers)
        self._breathe()
        try:
            ack = sink.send(run.owner, run.project, run.id, self.writer, content)
        except RefusedError as error:
            if error.status not in POISON or error.code in NOT_POISON:
                raise
            return self._halve(sink, run, excerpt, error)
        end = excerpt.end
        if ack.position > self.mark.position:
            self.mark = Mark(ack.position, max(ack.position, self.mark.done))
            self._most_bytes = min(2 * self._most_bytes, wire.MAX_BATCH_BYTES)
            self._rewound = False
        if ack.position < end:
            self._follower.skip(max(self.mark.done, excerpt.begin))
            raise UnreachableError("The server took the batch only in part.")
        self._follower.skip(end)
        self.tallied |= bool(numbers.kinds >> Kind.TALLY & 1)
        codes = [str(each.get("code", "rejected")) for each in ack.rejected]
        if end > self._top:
            # A census counts what is damaged, too.
            whole = sum(1 for _ in excerpt.frames()) if DAMAGED in codes else numbers.frames
            self.sent += whole
            self._top = end
        for code in codes:
            self._refuse(code)
        return ack

    def _halve(
        self, sink: Sink, run: OpenedRun, excerpt: Excerpt, error: RefusedError
    ) -> Ack | None:
        """Find the record that the server refuses; send all others."""
        frames = list(excerpt.frames())
        if len(frames) == 1:
            with contextlib.suppress(OSError):  # a full disk must not stop the sending
                journal.quarantine(self.directory, _readable(frames[0], excerpt))
            self.quarantined += 1
            self._refuse(error.code)
            self.mark = Mark(self.mark.position, excerpt.end)
            self._follower.skip(excerpt.end)
            return None
        first, second = excerpt.split(frames[len(frames) // 2 - 1].position)
        acks = [self._deliver(sink, run, part, census(part.content)) for part in (first, second)]
        return acks[1] or acks[0]

    def _refuse(self, code: str) -> None:
        if code == DAMAGED:
            self._found_damaged += 1
        else:
            self.refused[code] = self.refused.get(code, 0) + 1

    def _rewind(self, gap: GapError) -> None:
        """The server knows less than we thought; begin again where it stands."""
        if gap.expected >= self.mark.position:
            raise UnreachableError("The server refuses the position that it asked for.") from gap
        if not self._follower.rewind(gap.expected):
            self.gaps += 1
        self.mark = Mark(gap.expected, gap.expected)
        self._rewound = True

    def _save(self) -> None:
        """Write the mark, unless it was just written, and prune.

        What the mark does not say is sent again, and kept once; so it need not follow every
        acknowledgement, and a full disk must not stop the sending that frees it.
        """
        self._unsaved = True
        apart = self.mark.position != self.mark.done
        if self._follower.read or apart or self._clock() - self._saved >= MARK_SECONDS:
            self._write_mark()
        self._prune()

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
        read = self._follower.read
        for number in list(read):
            path = self.directory / segment.segment_name(self.writer, number)
            with contextlib.suppress(FileNotFoundError):
                if number >= self.mark.position >> wire.SEGMENT_SHIFT:
                    continue
                # Not before: as long as the segment is here, it may be read once more.
                self._adopt_late(number, path)
                path.unlink()
            read.remove(number)

    def _adopt_late(self, number: int, path: Path) -> None:
        """Append anew what was written to a segment after it was read to its end."""
        ends = self._follower.ends
        if self._adopt is None or path.stat().st_size <= ends[number]:
            return
        with SegmentReader(path, ends[number]) as reader:
            for each in reader.frames():
                self._adopt(each.kind, each.payload)
            ends[number] = reader.offset


def _readable(refused: Frame, excerpt: Excerpt) -> bytes:
    """The frame of a record so that it can be read alone: VALUES with their keys."""
    [(_, kind, row)] = frame.rows_of([refused], excerpt.forms)
    if kind == Kind.VALUES and row is not None:
        return frame.frame(Kind.ROW, wire.encode(row), 0)
    return frame.frame(kind, refused.payload, 0)
