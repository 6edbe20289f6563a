"""Relay: finishes what a dead or an offline process began.

`leftovers` finds journals that nobody writes any more and that are not fully acknowledged;
`sync` sends them. Both may be interrupted anywhere and begun again: what was acknowledged is
in the mark, and what is sent twice is kept once. While a journal is being sent here, its lock
keeps other processes from sending it too.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wanllmdb import consignment, journal, segment, uploads, wire
from wanllmdb.backoff import Backoff
from wanllmdb.freight import Freight
from wanllmdb.guard import guarded
from wanllmdb.outbox import Outbox
from wanllmdb.sink import OpenedRun, RefusedError, Sink, UnreachableError

ATTEMPTS: Final = 5


LATER_VERSION: Final = "it is written in a later version of this format"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A journal that waits to be sent.

    Attributes:
        directory: of its run.
        writer: who wrote it.
        host: where it was written.
        run: what opens the run, as `wire.Kind.RUN` has it; empty if the journal does not say.
        size: bytes on the disk.
        parent: the writer of the process that this one was forked from, if it was.
        server: which server the run was begun for; empty if it was begun offline.
        foreign: it begins in a later version of the format.
    """

    directory: Path
    writer: str
    host: str
    run: Mapping[str, Any]
    size: int
    parent: str = ""
    server: str = ""
    foreign: bool = False


@dataclass(slots=True)
class SyncReport:
    """What a `sync` did.

    Attributes:
        sent: records that were acknowledged.
        finished: journals of which nothing is left.
        rejected: records that the server passed over, by reason.
        damaged: stretches of journals that could not be read.
        failures: journals that are still there, and why.
        runs: the runs that were opened, by their URL.
    """

    sent: int = 0
    finished: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    damaged: int = 0
    failures: list[tuple[Leftover, str]] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a `sync` stands: which journal, its URL, and how many of its records are sent."""

    leftover: Leftover
    url: str
    sent: int


def leftovers(spool_root: Path, *, any_host: bool = False) -> list[Leftover]:
    """Journals below `spool_root` that no living process writes, oldest first.

    Args:
        spool_root: holds a directory for each run; may be the directory of a run itself.
        any_host: also those of other hosts, whose processes cannot be seen from here on every
            file system. Without it they are left to their own host.
    """
    here = socket.gethostname()
    found: list[Leftover] = []
    for each in journals(spool_root):
        if not (any_host or each.host in {here, ""}):
            continue
        # A parent that lives sends for its children, and may first have to open the run.
        family = [each.writer, each.parent] if each.parent else [each.writer]
        if not any(journal.is_alive(each.directory, writer) for writer in family):
            found.append(each)
    # Parents first: it is for them to say how the run is opened.
    return sorted(found, key=lambda each: (each.directory, bool(each.parent)))


def journals(spool_root: Path, *, known: Container[tuple[Path, str]] = ()) -> Iterator[Leftover]:
    """All journals below `spool_root` but the known (directory, writer), whoever writes them."""
    for directory in (spool_root, *_directories(spool_root)):
        for writer in journal.writers(directory):
            if (directory, writer) not in known:
                leftover = _leftover(directory, writer)
                if leftover is not None:
                    yield leftover


def sync(
    found: Iterable[Leftover],
    sink: Sink,
    progress: Callable[[Progress], None] | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    stopped: Callable[[], bool] = lambda: False,
    moved: Callable[[int], None] | None = None,
) -> SyncReport:
    """Send journals and remove them as they are acknowledged.

    Args:
        found: what `leftovers` answered.
        sink: where to.
        progress: called after each acknowledged batch.
        sleep: waits between attempts when the server does not answer; after five in a row
            without an answer the rest is left for another time.
        stopped: asked between batches; True ends early, and loses nothing.
        moved: told of bytes of artifacts that were taken.
    """
    report = SyncReport()
    for leftover in found:
        fd = journal.lock(leftover.directory, leftover.writer)
        if fd is None:
            continue  # another process has begun to send it
        try:
            relay = _Relay(leftover, sink, report, progress, sleep, stopped, moved)
            problem = relay.run()
        finally:
            os.close(fd)
        if problem is not None:
            report.failures.append((leftover, problem))
        if stopped():
            break
    return report


def start(
    spool_root: Path, sink: Sink, *, except_writer: str = "", server: str | None = None
) -> threading.Thread:
    """`sync` what is left below `spool_root` from a thread that nobody needs to wait for.

    With a `server`, only what was meant for it: another server's runs are not for this one,
    and what was begun offline waits for its user.
    """

    @guarded()
    def work() -> None:
        found = (each for each in leftovers(spool_root) if each.writer != except_writer)
        sync((each for each in found if server in {None, each.server}), sink)

    thread = threading.Thread(target=work, name="wanllmdb-relay", daemon=True)
    thread.start()
    return thread


class _Relay:
    """Sends one journal."""

    def __init__(
        self,
        leftover: Leftover,
        sink: Sink,
        report: SyncReport,
        progress: Callable[[Progress], None] | None,
        sleep: Callable[[float], None],
        stopped: Callable[[], bool],
        moved: Callable[[int], None] | None,
    ) -> None:
        self._leftover = leftover
        self._sink = sink
        self._report = report
        self._progress = progress
        self._sleep = sleep
        self._stopped = stopped
        self._moved = moved
        self._outbox = Outbox(leftover.directory, leftover.writer, live=lambda: False, buries=True)
        self._freight: Freight | None = None
        self._run: OpenedRun | None = None

    def run(self) -> str | None:
        """Send everything; why that was not possible, or None."""
        try:
            problem = self._send_all()
        except (RefusedError, UnreachableError, wire.WireError) as error:
            problem = None if self._is_unasked(error) else str(error)
        finally:
            self._outbox.close()
        self._account(finished=problem is None)
        if problem is None and not journal.writers(self._leftover.directory):
            uploads.tidy(self._leftover.directory)
        return problem

    def _send_all(self) -> str | None:
        if not self._leftover.run:
            return "nothing in it says which run it belongs to"
        if self._leftover.foreign:  # nothing is told of a run that cannot be read
            return LATER_VERSION
        backoff = Backoff()
        failures = 0
        # The journal goes last: it is by it that all that belongs to it is found.
        while consignment.waiting(self._leftover.directory) or not self._outbox.finish():
            if self._stopped():
                return "interrupted"
            if self._outbox.foreign:
                return LATER_VERSION
            error = self._try()
            failures = 0 if error is None else failures + 1
            if failures == ATTEMPTS or (error is not None and error.permanent):
                return str(error)
            if error is None:
                backoff.reset()
            else:
                self._sleep(backoff.next(error.retry_after))
        return None

    def _try(self) -> UnreachableError | None:
        """Send a batch; or why that has to be tried again."""
        try:
            if self._run is None:
                self._run = self._open()
            self._outbox.send(self._sink, self._run)
            self._carry(self._run)
        except UnreachableError as error:
            return error
        except RefusedError as error:
            if error.status != 404 or self._run is None:
                raise
            self._run = None
            return UnreachableError(str(error))
        self._tell(self._run)
        return None

    def _carry(self, run: OpenedRun) -> None:
        """Carry out the orders that lie there, but for those that another process has begun."""
        directory = self._leftover.directory
        if not consignment.waiting(directory):
            return
        if self._freight is None:
            self._freight = Freight(directory, lambda: self._sink.carrier(self._moved))
        self._freight.carry(run)
        if consignment.waiting(directory):
            raise UnreachableError("another process sends an artifact of this run")

    def _is_unasked(self, error: Exception) -> bool:
        """Whether only the burial is unsent, of a run that was deleted: then that is all."""
        outbox = self._outbox
        gone = isinstance(error, RefusedError) and error.status == 404
        if gone and outbox.buried:
            journal.forget(outbox.directory, outbox.writer)
            return True
        return False

    def _open(self) -> OpenedRun:
        payload = {**self._leftover.run, "writer": self._leftover.writer}
        if self._outbox.buried:
            payload["resume"] = "must"  # no run begins with the last word of a dead writer
        opened = self._sink.open_run(payload)
        self._report.runs.add(opened.url)
        return opened

    def _tell(self, run: OpenedRun) -> None:
        if self._progress is not None:
            self._progress(Progress(self._leftover, run.url, self._outbox.sent))

    def _account(self, *, finished: bool) -> None:
        outbox, report = self._outbox, self._report
        report.sent += outbox.sent
        report.damaged += outbox.damaged
        report.finished += finished
        refused = [outbox.refused, self._freight.refused if self._freight is not None else {}]
        for code, count in (each for codes in refused for each in codes.items()):
            report.rejected[code] = report.rejected.get(code, 0) + count


def _directories(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _leftover(directory: Path, writer: str) -> Leftover | None:
    """What a journal says of itself; None if it went away meanwhile."""
    try:
        paths = journal.segments(directory, writer)
        headers = [header for path in paths if (header := segment.read_header(path))]
        header = headers[0] if headers else {}
        run = _opening(paths, header)
        size = sum(path.stat().st_size for path in paths)
        foreign = bool(paths) and segment.is_foreign(paths[0])
    except FileNotFoundError:
        return None
    host, parent, server = (str(header.get(name, "")) for name in ("host", "parent", "server"))
    return Leftover(directory, writer, host, run, size, parent, server, foreign)


def _opening(paths: list[Path], header: Mapping[str, Any]) -> dict[str, Any]:
    """What opens the run: its RUN record, or, when that is acknowledged, what headers say."""
    run: dict[str, Any] = {}
    if paths and segment.number_of(paths[0]) == 0:
        for each in segment.read_segment(paths[0]):
            if each.kind == wire.Kind.RUN:
                with contextlib.suppress(wire.WireError, TypeError, ValueError):
                    run = dict(wire.decode(each.payload))
            if each.kind != wire.Kind.FORM:
                break
    if not run and header.get("run") and header.get("project"):
        run = {"id": header["run"], "project": header["project"]}
        if header.get("owner"):
            run["owner"] = header["owner"]
    if "parent" in header:
        # A fork child joins the run that its parent opened, however that was opened.
        run.pop("resume", None)
    return run
