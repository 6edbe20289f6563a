"""Synced: what a script writes for TensorBoard, as rows of a run.

Every event becomes part of a row the moment it is written, so it outlives the process like
anything that was logged. All tags of a step of one writer are one row, which has the step as
`global_step`; a writer that goes back begins another. The rows stand between those that the
script logs itself, and neither changes the steps of the other.
"""

from __future__ import annotations

import contextlib
import posixpath
import queue
import re
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanllmdb.event import Choice, Content, Counts, Event, Pictures, Sounds, Unknown, read_event
from wanllmdb.wire import Kind, encode

if TYPE_CHECKING:
    from wanllmdb.event_tail import Tail
    from wanllmdb.run import Run

_EMPTY: Final = queue.SimpleQueue[Any]()
STEP_KEY: Final = "global_step"
FLUSH_SECONDS: Final = 3.0  # that the end of a run waits for writers to write their files
MAX_DEFINED: Final = 300  # keys that are said to be drawn over the writer's step

_NUMBERED: Final = re.compile(r"(.+)/image/\d+$")
_KINDS: Final = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}


class Names:
    """What comes before a tag: where its writer's folder lies below the folder of all.

    That folder is the one that was given, or what the folders have in common that are known when
    the first value is written. One that turns up later and lies elsewhere gets what tells the two
    apart; what was written before keeps its name.
    """

    def __init__(self, root: str = "") -> None:
        self._root = _folder(root) if root else None
        self._known: list[str] = []
        self._prefixes: dict[str, str] = {}

    def know(self, folder: str) -> None:
        """A writer writes there."""
        if (folder := _folder(folder)) not in self._known:
            self._known.append(folder)

    def prefix(self, folder: str) -> str:
        """What comes before the tags of a writer: empty, or ends in a slash."""
        if folder not in self._prefixes:
            self.know(folder)
            self._prefixes[folder] = self._prefix(_folder(folder))
        return self._prefixes[folder]

    def _prefix(self, folder: str) -> str:
        if self._root is None:
            self._root = _common(self._known)
        if not (folder + "/").startswith(self._root.rstrip("/") + "/"):
            return posixpath.relpath(folder, _common([folder, self._root])) + "/"
        below = posixpath.relpath(folder, self._root)
        return "" if below == "." else f"{below}/"


def _folder(path: str) -> str:
    """A folder by the one name that it has here; an address is its own name."""
    return path.rstrip("/") if "://" in path else Path(path).absolute().as_posix()


def _common(folders: list[str]) -> str:
    try:
        return posixpath.commonpath(folders)
    except ValueError:  # an address and a path
        return ""


class Synced:
    """What is written for TensorBoard while a run goes on; ends with the run.

    Args:
        run: that it becomes rows of.
        root: the folder of all writers, if it is known.
        save: the event files themselves are kept with the run, too.
    """

    def __init__(self, run: Run, *, root: str = "", save: bool = True) -> None:
        self.run = run
        self.names = Names(root)
        self._save = save
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[int, int]] = {}
        self._defined: set[str] = {STEP_KEY}
        self._writers: set[tuple[str, str | None]] = set()
        self._files: dict[Path, tuple[str, Callable[[], Any]]] = {}
        self._ends: list[Callable[[], None]] = []
        self.tail: Tail | None = None

    def at_end(self, call: Callable[[], None]) -> None:
        """Have something done when the run ends, before files are kept."""
        self._ends.append(call)

    def know(self, folder: str, path: str | None = None, writer: Any = None) -> None:
        """A writer writes in this folder, into this file."""
        if (folder, path) in self._writers:
            return
        self._writers.add((folder, path))
        self.names.know(folder)
        if path:
            alive = weakref.ref(writer) if writer is not None else lambda: None
            self._files.setdefault(Path(path), (folder, alive))

    def take(self, folder: str, message: bytes) -> None:
        """Keep what an event says."""
        try:
            event = read_event(message)
        except Exception as error:  # noqa: BLE001 - whatever the bytes are
            self.run._lose("tensorboard", f"an event for TensorBoard cannot be read: {error}")
            return
        if event.values:
            self.keep(folder, event)

    def heard(self) -> Collection[Path]:
        """The files of the writers that are listened to."""
        return self._files

    def keep(self, folder: str, event: Event) -> None:
        """Keep an event of a writer in this folder."""
        prefix = self.names.prefix(folder)
        values: dict[str, Any] = {}
        for tag, content in event.values:
            self._put(values, prefix + tag, content)
        if values:
            self._define(values)
            step = self._step(folder, event.step)
            self.run._log_beside(step, {**values, STEP_KEY: event.step})

    def _step(self, folder: str, step: int) -> int:
        """The step of the run that is this step of the writer's; another if that moved on."""
        with self._lock:
            known = self._rows.get(folder)
            if known is None or known[0] != step:
                known = self._rows[folder] = (step, self.run._steps.beside())
        return known[1]

    def _put(self, values: dict[str, Any], key: str, content: Content) -> None:
        if isinstance(content, Pictures):
            numbered = _NUMBERED.match(key)
            key = numbered[1] if numbered else key
            found = [*values.get(key, ()), *_images(content)]
            values[key] = found if numbered or len(found) > 1 else found[0]
        elif isinstance(content, Sounds):
            sounds = [_sound(each) for each in content.files]
            values[key] = sounds[0] if len(sounds) == 1 else sounds
        elif isinstance(content, Counts):
            values[key] = _histogram(content)
        elif isinstance(content, Choice):
            known = self.run.config
            known.update({name: each for name, each in content.values.items() if name not in known})
        elif isinstance(content, Unknown):
            told = f"values of TensorBoard's {content.plugin} are not understood, and not kept"
            self.run._lose("tensorboard", told)
        else:
            values[key] = content

    def _define(self, values: dict[str, Any]) -> None:
        """Have a key drawn over the writer's step, unless the script says how it is drawn."""
        for key in values.keys() - self._defined:
            if len(self._defined) <= MAX_DEFINED and self.run._metrics.of(key) is None:
                self.run._append(Kind.METRIC, encode({"name": key, "step_metric": STEP_KEY}))
            self._defined.add(key)

    def close(self) -> None:
        for call in self._ends:
            call()
        if self._save and self._files:
            self._flush()
            self._keep_files()

    def abandon(self) -> None:
        """In the child of a fork: its rows are rows of the run, the files are its parent's."""
        self._lock = threading.Lock()
        self._files = {}
        self._ends = []

    def _flush(self) -> None:
        """Have what was written into the files, as far as that takes no time without end."""
        found: list[Any] = [alive() for _, alive in self._files.values()]
        writers = [each for each in found if each is not None]

        def work() -> None:
            for writer in writers:
                with contextlib.suppress(Exception):  # it is closed, or can write no more
                    while not getattr(writer, "_event_queue", _EMPTY).empty():
                        time.sleep(0.01)  # tensorboardX does not wait for what it was given
                    writer.flush()

        thread = threading.Thread(target=work, name="wanllmdb-tensorboard", daemon=True)
        thread.start()
        thread.join(FLUSH_SECONDS)

    def _keep_files(self) -> None:
        from wanllmdb import saved

        for path, (folder, _) in self._files.items():
            if path.is_file():
                saved.keep(self.run, path, self.names.prefix(folder) + path.name)


def _histogram(content: Counts) -> Any:
    from wanllmdb.media.histogram import Histogram

    return Histogram(np_histogram=(content.counts, content.edges))


def _images(pictures: Pictures) -> Iterator[Any]:
    from wanllmdb.media.media import restored

    size = {"width": pictures.width, "height": pictures.height}
    for content in pictures.files:
        kind = next((each for magic, each in _KINDS.items() if content.startswith(magic)), "png")
        said = {"_type": "image-file", "path": f"image.{kind}", "format": kind, **size}
        yield restored(said, lambda _, content=content: content)


def _sound(content: bytes) -> Any:
    from wanllmdb.media.media import restored

    return restored({"_type": "audio-file", "path": "sound.wav"}, lambda _: content)
