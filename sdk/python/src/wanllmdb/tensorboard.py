"""TensorBoard: what a script writes for it becomes rows of a run, too.

`init(sync_tensorboard=True)` asks for it, or `patch()` before or after `init`.

The writers are listened to, the files are not read: a writer keeps what it is given for up to two
minutes before it is in its file, and what a killed process had there is gone. Only what is written
beside Python (TensorFlow's own writers) and, if `patch(follow=True)` asks for it, by other
processes, is read from the files as it gets there: nothing in those says which run they are of,
and two trainings that share a folder would each take in what the other writes.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from wanllmdb.arrivals import when_imported
from wanllmdb.guard import guarded, tell
from wanllmdb.synced import Synced

if TYPE_CHECKING:
    from wanllmdb.run import Run
    from wanllmdb.seams import Companion

__all__ = ["log", "patch", "unpatch"]

# Where the class is that each library's writers write events with, in Python.
_WRITERS: Final = {
    "tensorboard.summary.writer.event_file_writer": "pytorch",
    "tensorboardX.event_file_writer": "tensorboardX",
    "tensorflow.python.summary.writer.event_file_writer": "tensorflow",
}
_ALL: Final = frozenset(_WRITERS.values())
_OPERATIONS: Final = "tensorflow.python.ops.gen_summary_ops"


@dataclass
class _Listening:
    """Who listens to writers, and for whom. One of it, as the libraries are there once."""

    synced: list[Synced] = field(default_factory=list[Synced])
    patched: bool = False
    root: str = ""
    save: bool = True
    follow: bool = False
    libraries: frozenset[str] = _ALL
    listens: bool = False
    awaited: set[str] = field(default_factory=set[str])
    wrapped: dict[str, ModuleType] = field(default_factory=dict[str, ModuleType])
    undo: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def target(self) -> Synced | None:
        """Whose rows an event becomes: of the newest run that asked, if one is open."""
        self.synced = [each for each in self.synced if not each.run.is_over]
        if self.synced:
            return self.synced[-1]
        session = sys.modules.get("wanllmdb.session")
        run = session.current() if self.patched and session else None
        if run is None or run.is_over or run.disabled:
            return None
        from wanllmdb.run import attach

        synced = self.begin(run)
        attach(run, companions=[synced])
        return synced

    def begin(self, run: Run) -> Synced:
        synced = Synced(run, root=self.root, save=self.save)
        if self.follow and self.root:
            _tail(synced).add(self.root, deep=True)
        self.synced.append(synced)
        return synced


_listening = _Listening()


@guarded()
def patch(
    save: bool = True,
    tensorboard_x: bool | None = None,
    pytorch: bool | None = None,
    root_logdir: str = "",
    *,
    tensorboardX: bool | None = None,  # noqa: N803 - an older name
    follow: bool = False,
) -> None:
    """From now on, what is written for TensorBoard is kept with the current run.

    Args:
        save: the event files themselves are kept with it, too.
        tensorboard_x: listen to the writers of tensorboardX.
        pytorch: listen to those of torch; of all libraries if neither is said.
        root_logdir: the folder of all writers; a writer below it has its folder before its tags.
        tensorboardX: an older name of `tensorboard_x`.
        follow: also take in what other processes write below `root_logdir`.
    """
    chosen = {"pytorch": pytorch, "tensorboardX": tensorboard_x or tensorboardX}
    named = frozenset(name for name, wanted in chosen.items() if wanted)
    _listening.libraries = named or _ALL
    _listening.patched, _listening.root, _listening.save = True, str(root_logdir), save
    _listening.follow = follow
    _listen()
    if follow:
        _listening.target()


@guarded()
def unpatch() -> None:
    """Listen to no writer any more."""
    while _listening.undo:
        _listening.undo.pop()()
    _listening.wrapped.clear()
    _listening.listens = _listening.patched = _listening.follow = False
    _listening.root, _listening.save, _listening.libraries = "", True, _ALL


@guarded()
def log(summary: Any, history: Any = None, step: int = 0, namespace: str = "") -> None:
    """Keep a summary, as a message or as its bytes, in the current run."""
    del history
    from wanllmdb import session
    from wanllmdb.event import Event, read_summary

    run = session.needed("wandb.tensorboard.log()")
    message = summary if isinstance(summary, bytes) else summary.SerializeToString()
    prefix = f"{namespace}/" if namespace else ""
    values = [(prefix + tag, content) for tag, content in read_summary(message)]
    synced = _listening.target() or Synced(run)
    synced.keep("", Event(step=int(step), values=values))


def companion(run: Run) -> Companion | None:
    """What listens to writers while the run goes on."""
    _listen()
    return _listening.begin(run)


def _listen() -> None:
    """Listen to the writers that are there, and to those that will be."""
    _listening.listens = True
    for name in (*_WRITERS, _OPERATIONS):
        if name in sys.modules:
            _greet(sys.modules[name])
        elif name not in _listening.awaited:
            _listening.awaited.add(name)
            when_imported(name, _greet)


def _greet(module: ModuleType) -> None:
    _listening.awaited.discard(module.__name__)
    if not _listening.listens or _listening.wrapped.get(module.__name__) is module:
        return
    _listening.wrapped[module.__name__] = module
    if module.__name__ == _OPERATIONS:
        _wrap(module, "create_summary_file_writer", _after_creation)
        return
    library = _WRITERS[module.__name__]
    kind = module.EventFileWriter
    _wrap(kind, "__init__", functools.partial(_met, library))
    _wrap(kind, "add_event", functools.partial(_written, library))


def _wrap(owner: Any, name: str, then: Callable[..., None]) -> None:
    """Have `then` called with the arguments of each call, after it."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(*arguments: Any, **keywords: Any) -> Any:
        answer = original(*arguments, **keywords)
        try:
            then(*arguments, **keywords)
        except Exception as error:  # noqa: BLE001 - never into the training
            tell("sync_tensorboard", error)
        return answer

    def undo() -> None:
        if getattr(owner, name) is call:
            setattr(owner, name, original)

    setattr(owner, name, call)
    _listening.undo.append(undo)


def _met(library: str, writer: Any, *_: Any, **__: Any) -> None:
    """A writer begins."""
    if library in _listening.libraries and (synced := _listening.target()) is not None:
        synced.know(str(writer.get_logdir()), _file_of(writer), writer)


def _written(library: str, writer: Any, event: Any, *_: Any, **__: Any) -> None:
    """A writer was given an event."""
    if library in _listening.libraries and (synced := _listening.target()) is not None:
        folder = str(writer.get_logdir())
        synced.know(folder, _file_of(writer), writer)
        synced.take(folder, event.SerializeToString())


def _file_of(writer: Any) -> str | None:
    inner = getattr(writer, "_ev_writer", writer)
    path = getattr(inner, "_file_name", None)
    return path if isinstance(path, str) else None


def _after_creation(writer: Any, logdir: Any, *_: Any, **__: Any) -> None:
    """TensorFlow made a writer that is none of Python's: its files are read."""
    synced = _listening.target()
    folder = logdir.numpy() if hasattr(logdir, "numpy") else logdir
    folder = folder.decode() if isinstance(folder, bytes) else folder
    if synced is None or not isinstance(folder, str) or "tensorflow" not in _listening.libraries:
        return
    synced.know(folder)
    flush = getattr(sys.modules[_OPERATIONS], "flush_summary_writer", None)
    tail = _tail(synced)
    tail.add(folder)
    if flush is not None:
        tail.before_end(functools.partial(flush, writer))


def _tail(synced: Synced) -> Any:
    from wanllmdb.event_tail import tail_of

    return tail_of(synced)
