"""Backups: a consistent copy of everything that a server keeps, made beside it, and put back.

The metric database is copied first, then the catalog, then the blobs. What a batch changes in
the catalog is there before its rows are, and the bytes of a file are there before its name is:
so the copy of the catalog knows all that belongs to the rows that were copied, and the blobs
that are copied last are all that it names. What came later is sent again by who logged it: the
positions in the copy say how far it goes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wanllmdb.version import VERSION
from wanllmdb_server import storing
from wanllmdb_server.blobs import backup as blobs
from wanllmdb_server.blobs.shelf import FolderShelf, Shelf, place
from wanllmdb_server.catalog import backup as catalog
from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.data_dir import DataDir
from wanllmdb_server.domain import backup
from wanllmdb_server.domain.backup import MANIFEST, BackupError, Manifest
from wanllmdb_server.metrics import backup as metrics
from wanllmdb_server.metrics.database import NAME
from wanllmdb_server.storing import Piece

Progress = Callable[[str, int, int], None]  # what is done, how many bytes of how many
_KNOWN: Final = {MANIFEST, metrics.PACKS, metrics.STATE, blobs.FOLDER, "backup.lock"}
_TRIES: Final = 3  # a blob that the catalog named was dropped before it was copied
_SPARE: Final = 64 << 20


def nothing(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del what, done, total


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: what is in it, and how many bytes were new."""

    manifest: Manifest
    written: int


def make(
    data: Path,
    target: Path,
    *,
    now: Callable[[], int],
    progress: Progress = nothing,
    shelf: Shelf | None = None,
) -> Made:
    """Back a data directory up into a folder, while a server is at work in it or not.

    A backup that is in the folder is there until the new one is whole. `shelf` is where blobs
    lie, if not in the data directory.

    Raises:
        BackupError: there is nothing to back up, no room, or the folder is another's.
    """
    held = DataDir(data)
    for path in (held.catalog, held.metrics / NAME):
        if not path.is_file():
            raise BackupError(
                f"{data} is no data directory of a server: it has no {path.name}. "
                "`wanllmdb doctor` says more."
            )
    with _taken(target), _no_room_said(target):
        there = shelf or FolderShelf(held.blobs)
        return _make(held, there, target, now=now, progress=progress)


def _make(
    held: DataDir, shelf: Shelf, target: Path, *, now: Callable[[], int], progress: Progress
) -> Made:
    known = read(target) if (target / MANIFEST).exists() else None
    packs = known.packs if known else ()
    made_at = now()
    total = metrics.size_of(held.metrics)
    _expect_room(target, total - sum(piece.size for piece in packs))
    told = _Told(progress, "points", total)
    copied = metrics.copy(held.metrics, target, _there(target, packs), told.add)
    assert copied.state is not None  # noqa: S101 - a copy that ended has one
    crash_point("backup.metrics")
    named = _catalog_and_blobs(held, shelf, target, progress)
    missing = [f"blob {digest} is missing" for digest in named.missing]
    lines = [f"{digest} {size}\n".encode() for digest, size in named.there]
    sizes = {"blobs": len(named.there), "blob_bytes": sum(size for _, size in named.there)}
    manifest = Manifest(
        made_at=made_at,
        version=VERSION,
        packs=tuple(copied.packs),
        metrics=copied.state,
        catalog=named.catalog,
        blobs=storing.store(target, metrics.STATE, ".blobs", lines),
        counts=catalog.counts(target / named.catalog.path) | copied.counts | sizes,
        damaged=(*copied.damaged, *named.damaged, *missing),
    )
    crash_point("backup.copied")
    storing.replace(target / MANIFEST, backup.written(manifest))
    crash_point("backup.whole")
    _tidy(target, manifest, {digest for digest, _ in named.there})
    new = set(manifest.pieces) - set(known.pieces if known else ())
    return Made(manifest, sum(each.size for each in new) + named.written)


@dataclass(slots=True)
class _Named:
    """A copy of the catalog, and what became of the blobs that it names."""

    catalog: Piece
    there: list[tuple[str, int]]
    missing: list[str]
    damaged: list[str]
    written: int


def _catalog_and_blobs(held: DataDir, shelf: Shelf, target: Path, progress: Progress) -> _Named:
    """Copy the catalog, and the blobs that it names; again, if some were dropped meanwhile."""
    found = _copy_named(held, shelf, target, progress)
    for _ in range(_TRIES):
        if not found.missing:
            break
        found = _copy_named(held, shelf, target, progress)
    return found


def _copy_named(held: DataDir, shelf: Shelf, target: Path, progress: Progress) -> _Named:
    draft = target / metrics.STATE / ".draft-catalog"
    catalog.copy(held.catalog, draft)
    piece = storing.adopt(target, metrics.STATE, ".catalog", draft)
    wanted = list(catalog.blobs(target / piece.path))
    told = _Told(progress, "files", sum(size for _, size in wanted))
    found = _Named(piece, [], [], [], 0)
    for digest, size in wanted:
        try:
            whole = blobs.copy(shelf, target / blobs.FOLDER, digest, told.add)
        except FileNotFoundError:
            found.missing.append(digest)
            continue
        found.there.append((digest, size))
        if not whole:
            found.damaged.append(f"blob {digest}")
    found.written = told.done
    return found


def check(source: Path, progress: Progress = nothing) -> Manifest:
    """Read every byte of a backup, and compare it with what was written.

    Raises:
        BackupError: it is none, or something of it is damaged.
    """
    manifest = read(source)
    listed = _blobs_of(source, manifest)
    total = sum(piece.size for piece in manifest.pieces) + manifest.counts["blob_bytes"]
    told = _Told(progress, "checking", total)
    for piece in manifest.pieces:
        _compare(source / piece.path, piece.sha256, told)
    for digest, _ in listed:
        path = place(source / blobs.FOLDER, digest)
        if f"blob {digest}" not in manifest.damaged:
            _compare(path, digest, told)
    return manifest


def restore(
    source: Path,
    data: Path,
    *,
    replace: bool = False,
    now: Callable[[], int],
    progress: Progress = nothing,
    shelf: Shelf | None = None,
) -> tuple[Manifest, Path | None]:
    """Put a backup back as a data directory; what was there before is kept beside it.

    `shelf` is where blobs go, if not into the data directory.

    Returns the manifest, and where what was there before is now.

    Raises:
        BackupError: it is damaged, there is no room, or the directory is not empty.
        DataDirError: a server is at work in the directory.
    """
    if _is_used(data) and not replace:
        raise BackupError(
            f"The data directory {data} is not empty. Choose another with --data-dir, or say "
            "--replace: what is there now is then kept beside it."
        )
    manifest = check(source, progress)
    draft = data.with_name(f".{data.name}.restoring-{os.getpid()}")
    _expect_room(data.parent, sum(piece.size for piece in manifest.pieces))
    with contextlib.ExitStack() as stack:
        if data.is_dir():
            stack.enter_context(DataDir(data))  # no server is there, and none comes now
        stack.callback(shutil.rmtree, draft, ignore_errors=True)
        with _no_room_said(data.parent):
            _build(source, manifest, draft, shelf, progress)
        crash_point("restore.built")
        kept: Path | None = None
        if data.exists():
            kept = data.with_name(f"{data.name}.before-{now() // 1_000_000}")
            data.rename(kept)
        draft.rename(data)
        storing.sync(data.parent)
    if kept is not None and not _is_used(kept):
        shutil.rmtree(kept)
        kept = None
    return manifest, kept


def _build(
    source: Path, manifest: Manifest, draft: Path, shelf: Shelf | None, progress: Progress
) -> None:
    held = DataDir(draft)
    draft.mkdir(parents=True, mode=0o700)
    metrics.restore(source, manifest.packs, manifest.metrics, held.metrics)
    shutil.copyfile(source / manifest.catalog.path, held.catalog)
    held.catalog.chmod(0o600)
    listed = _blobs_of(source, manifest)
    told = _Told(progress, "files", sum(size for _, size in listed))
    held.blobs.mkdir(mode=0o700)
    backed = FolderShelf(source / blobs.FOLDER)
    for digest, size in listed:
        if shelf is None:
            blobs.copy(backed, held.blobs, digest, told.add)
            continue
        there = shelf.find(digest)
        if there is None or there.size != size:
            shelf.put(digest, place(backed.folder, digest))
        told.add(size)
    for path in (held.catalog, *held.metrics.iterdir()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for folder in (held.metrics, draft):
        storing.sync(folder)


def read(source: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        BackupError: there is none, or it is damaged.
    """
    try:
        return backup.read((source / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise BackupError(f"{source} is no backup: it has no {MANIFEST}.") from None


def _blobs_of(source: Path, manifest: Manifest) -> list[tuple[str, int]]:
    try:
        text = (source / manifest.blobs.path).read_text("ascii")
        return list(blobs.listed(text.splitlines()))
    except (OSError, ValueError) as error:
        raise BackupError(f"The list of files in the backup cannot be read: {error}.") from error


def _compare(path: Path, digest: str, told: _Told) -> None:
    try:
        found = storing.digest_of(path, told.add)
    except OSError as error:
        raise BackupError(f"The backup lacks {path.name}: {error.strerror}.") from error
    if found != digest:
        raise BackupError(f"The file {path} of the backup is not what was written.")


class _Told:
    """Adds up what is done."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self.done = 0
        self._progress, self._what, self._total = progress, what, total

    def add(self, size: int) -> None:
        self.done += size
        self._progress(self._what, self.done, max(self._total, self.done))


@contextlib.contextmanager
def _taken(target: Path) -> Iterator[None]:
    """Keep a folder for one backup at a time; it is made if it is not there.

    Raises:
        BackupError: it is somebody else's, or another backup is being made.
    """
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    strange = {each.name for each in target.iterdir()} - _KNOWN
    if strange:
        raise BackupError(
            f"{target} holds other things than a backup ({min(strange)}). Choose a folder that is "
            "empty, or one in which a backup is."
        )
    handle = os.open(target / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError(f"Another backup into {target} is being made.") from None
    finally:
        os.close(handle)


@contextlib.contextmanager
def _no_room_said(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise BackupError(
            f"There is no room left in {target}. What was there before is as it was."
        ) from error


def _expect_room(target: Path, size: int) -> None:
    """Raise BackupError if it is plain that there is no room for so many bytes."""
    free = shutil.disk_usage(_existing(target)).free
    if size + _SPARE > free and size > 0:
        raise BackupError(
            f"About {size >> 20} MiB are to be written, and {target} has {free >> 20} MiB left."
        )


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _there(target: Path, packs: Iterable[Piece]) -> list[Piece]:
    """The packs whose files are there in their size."""
    return [
        piece
        for piece in packs
        if (path := target / piece.path).is_file() and path.stat().st_size == piece.size
    ]


def _tidy(target: Path, manifest: Manifest, digests: set[str]) -> None:
    """Remove what is of earlier backups alone."""
    wanted = {target / piece.path for piece in manifest.pieces}
    for folder in (metrics.PACKS, metrics.STATE):
        for path in (target / folder).iterdir() if (target / folder).is_dir() else ():
            if path not in wanted:
                path.unlink()
    for kept in list(FolderShelf(target / blobs.FOLDER).all()):
        if kept.digest not in digests:
            place(target / blobs.FOLDER, kept.digest).unlink()


def _is_used(data: Path) -> bool:
    return data.is_dir() and any(not each.name.endswith(".lock") for each in data.iterdir())
