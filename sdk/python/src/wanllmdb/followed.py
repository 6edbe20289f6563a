"""Followed: the files of a run that are kept while it goes on, and when it ends.

A file that is followed is kept again whenever it has changed and then stood still for a moment,
and once a minute if it never does. Keeping it takes at most a twentieth of the time. At the end
of the run every file is kept as it is then, and so is what lies in the run's own folder.
"""

from __future__ import annotations

import contextlib
import fnmatch
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanllmdb.globs import files_below
from wanllmdb.guard import guarded
from wanllmdb.staging import (
    FOLDER,
    Staged,
    Stamp,
    UnkeepableError,
    name_fault,
    name_of,
    stage,
    stamp_of,
)
from wanllmdb.wire import Kind, encode

if TYPE_CHECKING:
    from wanllmdb.run import Run

POLL_SECONDS: Final = 2.0
LEAST_SECONDS: Final = 10.0  # between two times that a file is kept
SHARE: Final = 20  # keeping a file takes at most one part in so many of the time
RESTLESS_SECONDS: Final = 60.0  # a file that never stands still is kept so often, as it is then
SMALL_BYTES: Final = 8 * 1024 * 1024  # so much is kept while the script waits
END_SECONDS: Final = 60.0  # that the end of a run may take to keep files
MAX_FILES: Final = 10_000  # that are kept for one call, or found in the folder of the run

# Media that wait there to be sent: the SDK gives them such names.
_OURS: Final = re.compile(r"media/.*(_[0-9a-f]{20}(\.[^/]*)?|/\.draft-[^/]*)$")


@dataclass(slots=True)
class Entry:
    """A file that is kept.

    Attributes:
        path: where it lies.
        live: it is kept again when it changes, and not only at the end.
        once: it is kept once, and then never again.
        kept: what it was when it was last kept.
        seen: what it was when it was last looked at.
        digest: of what was last kept.
        not_before: when it may be kept again.
        restless: since when it has changed with every look; None if it stood still.
        lost: that it could not be kept was counted.
    """

    path: Path
    live: bool = False
    once: bool = False
    kept: Stamp | None = None
    seen: Stamp | None = None
    digest: str = ""
    not_before: float = 0.0
    restless: float | None = None
    lost: bool = False


class Followed:
    """The files that a run keeps; ends with it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folder = run._identity.directory
        self._entries: dict[str, Entry] = {}
        self._links: list[Path] = []
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, name: str, path: Path, policy: str) -> None:
        """Keep a file under this name: "now", "live" or at the "end"."""
        if self._is_unwanted(name):
            return
        with self._lock:
            entry = self._entries.get(name)
            if entry is None or entry.path != path:
                entry = self._entries[name] = Entry(path)
            entry.live, entry.once = policy == "live", policy == "now"
            self._look(name, entry)
            if entry.live and self._run.is_ours:
                self._follow()

    def know(self, name: str, path: Path) -> None:
        """A file of the run was brought here: it is kept again only if it changes."""
        with self._lock, contextlib.suppress(UnkeepableError):
            self._entries.setdefault(name, Entry(path, kept=stamp_of(path), digest="here"))

    def link(self, name: str, path: Path) -> None:
        """Make the file be found in the run's own folder, as long as the run goes on."""
        place = self._folder / name
        with contextlib.suppress(OSError):  # it is a nicety
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(path)
            self._links.append(place)

    def close(self) -> None:
        """Keep everything as it is now, and what lies in the run's own folder."""
        self._over.set()
        end = time.monotonic() + END_SECONDS
        with self._lock:
            for link in self._links:
                with contextlib.suppress(OSError):
                    if link.is_symlink():
                        link.unlink()
                    for folder in link.relative_to(self._folder).parents[:-1]:
                        (self._folder / folder).rmdir()  # if nothing else is in it
            self._gather()
            for left, (name, entry) in enumerate(self._entries.items()):
                if time.monotonic() > end:
                    count = len(self._entries) - left
                    told = f"{count:,} files could not be kept in the time there is at the end"
                    self._run._lose("file", told, count=count)
                    return
                self._keep_at_end(name, entry)

    def abandon(self) -> None:
        """In the child of a fork: the files are its parent's."""
        self._over = threading.Event()
        self._lock = threading.RLock()
        self._entries, self._links, self._thread = {}, [], None

    def _follow(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._poll_on, name="wanllmdb-files", daemon=True
            )
            with contextlib.suppress(RuntimeError):  # the interpreter ends: `close` keeps them
                self._thread.start()

    @guarded()
    def _poll_on(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self.poll()

    def poll(self) -> None:
        """Keep the files that have changed, and have stood still since the last look."""
        for name, entry in list(self._entries.items()):
            with self._lock:
                if entry.live and not self._over.is_set():
                    self._poll(name, entry)
                    entry.live = not (entry.once and entry.kept)

    def _poll(self, name: str, entry: Entry) -> None:
        seen, now = entry.seen, time.monotonic()
        with contextlib.suppress(UnkeepableError):  # maybe it is there at the end
            entry.seen = stamp_of(entry.path)
            stands_still = entry.seen == seen
            entry.restless = None if stands_still else entry.restless or now
            unending = entry.restless is not None and now - entry.restless >= RESTLESS_SECONDS
            if (stands_still or unending) and entry.seen != entry.kept and now >= entry.not_before:
                self._keep(name, entry, anyway=unending)

    def _look(self, name: str, entry: Entry) -> None:
        """Keep at once what is asked for now, and what is small anyway."""
        try:
            entry.seen = stamp_of(entry.path)
        except UnkeepableError as error:
            self._lose(name, error)
            self._entries.pop(name, None)
            return
        small = entry.seen.size <= SMALL_BYTES and time.monotonic() >= entry.not_before
        # The child of a fork does not end the run: nobody would come back to the file.
        if (
            entry.once
            or not self._run.is_ours
            or (entry.live and small and entry.seen != entry.kept)
        ):
            entry.live |= not self._keep(name, entry)

    def _keep_at_end(self, name: str, entry: Entry) -> None:
        if entry.once and entry.kept:
            return
        with contextlib.suppress(UnkeepableError):  # `_keep` says so
            if entry.kept and stamp_of(entry.path) == entry.kept:
                return
        if not (entry.digest and not entry.path.exists()):  # it is there as it was
            self._keep(name, entry, anyway=True)

    def _keep(self, name: str, entry: Entry, *, anyway: bool = False) -> bool:
        """Keep the file as it is; False if it changed meanwhile, and `anyway` is not wished."""
        began = time.monotonic()
        try:
            staged = self._stage(entry.path)
        except UnkeepableError as error:
            if anyway or not error.is_gone:
                self._lose(name, error, entry)
            return True
        if not staged.is_whole and not anyway:
            self._drop(staged)
            return False
        entry.kept = staged.stamp if staged.is_whole else None
        if staged.digest == entry.digest:
            self._drop(staged)
        else:
            self._run._append(Kind.FILE, encode(staged.record(name)))
            entry.digest = staged.digest
        now = time.monotonic()
        entry.not_before = now + max(LEAST_SECONDS, (now - began) * SHARE)
        return True

    def _stage(self, path: Path) -> Staged:
        if getattr(self._run._journal, "full", False):
            raise UnkeepableError("the folder of the run is as large as it may be")
        return stage(path, self._folder)

    def _drop(self, staged: Staged) -> None:
        with contextlib.suppress(OSError):
            (self._folder / staged.at).unlink()

    def _lose(self, name: str, error: UnkeepableError, entry: Entry | None = None) -> None:
        """Count a file that cannot be kept; once, however often that is tried."""
        if entry is None or not entry.lost:
            self._run._lose("file", f"{name!r:.120} is not kept: {error}")
        if entry is not None:
            entry.lost = True

    def _gather(self) -> None:
        """Add what the script itself wrote into the folder of the run."""
        if not self._folder.is_dir():
            return
        count = 0
        for found in files_below(self._folder):
            name = name_of(found.relative_to(self._folder).as_posix())
            if name.startswith(f"{FOLDER}/") or _OURS.match(name) or name in self._entries:
                continue
            if self._is_unwanted(name):
                continue
            count += 1
            if fault := name_fault(name):
                self._lose(name, UnkeepableError(fault))
            elif count <= MAX_FILES:
                self._entries[name] = Entry(found)
            else:
                told = f"more than {MAX_FILES:,} files lie in {self._folder}; the rest is not kept"
                self._run._lose("file", told)
                return

    def _is_unwanted(self, name: str) -> bool:
        return any(fnmatch.fnmatch(name, glob) for glob in self._run.settings.ignore_globs)
