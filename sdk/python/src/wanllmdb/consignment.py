"""Consignment: what a run gives to a store of artifacts, in the run's folder until it is there.

::

    <run>/artifacts/<time>-<id>/
        order.json      what is to be done; its appearing is the moment from which nothing is lost
        manifest        the files of the version, a line each
        blobs/<sha256>  their bytes, once each
        done.json       in the place of the order: what the server answered
        refused.json    in the place of the order: why the server will never take it

An order outlives the process: whoever sends the run's records carries it out, the running
process, the next one, `wanllmdb sync`. Carried out twice it is as once, because the server knows
it by its id. Orders are carried out in the order of their making.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from wanllmdb.manifest import Entry, Manifest

FOLDER: Final = "artifacts"  # of a run's directory
ORDER: Final = "order.json"
DONE: Final = "done.json"
REFUSED: Final = "refused.json"
MANIFEST: Final = "manifest"
BLOBS: Final = "blobs"


class Listener(Protocol):
    """Waits for an order of this process to be carried out."""

    def settled(self, facts: Mapping[str, Any] | None, refusal: str | None) -> None:
        """It was, or never will be."""
        ...


@dataclass(frozen=True)
class Consignment:
    """An order, and what belongs to it."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name.partition("-")[2]

    @property
    def run(self) -> Path:
        """The directory of the run."""
        return self.folder.parent.parent

    def order(self) -> dict[str, Any]:
        """What is to be done.

        Raises:
            FileNotFoundError: it is done, or refused.
        """
        return _read(self.folder / ORDER)

    def blob(self, digest: str) -> Path:
        """Where bytes of it lie."""
        return self.folder / BLOBS / digest

    def beat(self) -> None:
        """Show whoever waits that it is getting on."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)

    def settle(self, facts: Mapping[str, Any]) -> None:
        """The order was carried out: keep the answer, and let the bytes go."""
        self._end(DONE, facts)
        shutil.rmtree(self.folder / BLOBS, ignore_errors=True)
        (self.folder / MANIFEST).unlink(missing_ok=True)
        _tell(self.id, facts, None)

    def refuse(self, code: str, why: str) -> None:
        """The order will never be carried out: its content stays for people to look at."""
        self._end(REFUSED, {"code": code, "detail": why})
        _tell(self.id, None, why)

    def outcome(self) -> tuple[dict[str, Any] | None, str | None]:
        """The answer, or why there will never be one; two times None while that is open."""
        with contextlib.suppress(OSError):
            return _read(self.folder / DONE), None
        with contextlib.suppress(OSError):
            return None, str(_read(self.folder / REFUSED).get("detail") or "refused")
        return None, None

    @contextlib.contextmanager
    def claimed(self) -> Iterator[bool]:
        """Carry it out in this block, if nobody else does."""
        try:
            descriptor = os.open(self.folder / ORDER, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            yield False
            return
        try:
            yield _locked(descriptor) and (self.folder / ORDER).exists()
        finally:
            os.close(descriptor)

    def _end(self, name: str, said: Mapping[str, Any]) -> None:
        _write(self.folder / name, said)
        (self.folder / ORDER).unlink(missing_ok=True)


_listeners: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
_made = [0]


def made() -> int:
    """How many orders this process has made: another number is a reason to look for them."""
    return _made[0]


def make(
    run: Path,
    order: Mapping[str, Any],
    manifest: Manifest | None = None,
    listener: Listener | None = None,
) -> Consignment:
    """Write an order into a run's directory; when this returns it outlives the process.

    Raises:
        OSError: the disk does not take it; nothing of it is left.
    """
    made_id = str(order.get("client_id") or os.urandom(16).hex())
    name = f"{time.time_ns():020d}-{made_id}"
    draft = run / FOLDER / f".{name}"
    folder = run / FOLDER / name
    try:
        draft.mkdir(mode=0o700, parents=True)
        if manifest is not None:
            (draft / BLOBS).mkdir()
            _lay_down(manifest, draft / BLOBS)
            with (draft / MANIFEST).open("wb") as file:
                file.writelines(manifest.lines())
        _write(draft / ORDER, order)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if listener is not None:
        _listeners[made_id] = listener
    _made[0] += 1
    return Consignment(folder)


def waiting(run: Path) -> list[Consignment]:
    """The orders of a run that are to be carried out, in the order of their making."""
    return [each for each in _all(run) if (each.folder / ORDER).exists()]


def settled_facts(run: Path, order_id: str) -> tuple[dict[str, Any] | None, str | None]:
    """The outcome of an order of the run, by its id; see `Consignment.outcome`."""
    for each in _all(run):
        if each.id == order_id:
            return each.outcome()
    return None, "the artifact that it belongs to is gone"


def tidy(run: Path) -> None:
    """Remove what is done, and what a process was making when it was killed."""
    folder = run / FOLDER
    for each in _folders(folder, hidden=True):
        if each.name.startswith(".") or (each / DONE).exists():
            shutil.rmtree(each, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _all(run: Path) -> Iterable[Consignment]:
    return [Consignment(each) for each in _folders(run / FOLDER)]


def _folders(folder: Path, *, hidden: bool = False) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            names = [each.name for each in found if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / name for name in sorted(names) if hidden or not name.startswith(".")]


def _lay_down(manifest: Manifest, blobs: Path) -> None:
    """Put the bytes of all files into a folder: the same file where that can be, else a copy."""
    known: set[str] = set()
    for each in manifest:
        if each.ref is None and each.local_path is not None and each.digest not in known:
            known.add(each.digest)
            _link(each, blobs / each.digest)


def _link(entry: Entry, target: Path) -> None:
    source = Path(str(entry.local_path))
    try:
        os.link(source, target, follow_symlinks=True)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _tell(order_id: str, facts: Mapping[str, Any] | None, refusal: str | None) -> None:
    listener = _listeners.pop(order_id, None)
    if listener is not None:
        listener.settled(facts, refusal)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: then it is done twice, which is as once
        return True
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {}


def _write(path: Path, said: Mapping[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(path)
