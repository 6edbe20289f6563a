"""How the process ends, as far as it can be known before it does.

`sys.exit(n)` and an uncaught exception are seen on their way; both are passed on unchanged.
A signal that kills, `os._exit` and a bare `raise SystemExit(n)` leave no trace to see.
No signal handler is installed.
"""

from __future__ import annotations

import _thread
import builtins
import contextlib
import signal
import sys
import threading
import traceback as traceback_
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.redaction import clean_text

INTERRUPTED: Final = 255
MAX_TRACEBACK: Final = 64 * 1024


class ExitWatch:
    """Remembers the exit code that the process is about to have, and why.

    Attributes:
        code: 0 until something else is known.
        traceback: of the exception that nobody caught, without secrets.
    """

    def __init__(self) -> None:
        self.code = 0
        self.traceback: str | None = None
        self._interrupted = False
        self._installed = False

    def install(self) -> None:
        """Begin to watch; a second time changes nothing."""
        if self._installed:
            return
        self._installed = True
        self._wrap_exit(sys, "exit")
        for name in ("exit", "quit"):
            if hasattr(builtins, name):
                self._wrap_exit(builtins, name)
        previous = sys.excepthook

        def excepthook(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            if _is_the_end():
                self._note(error)
                self._interrupted = kind is KeyboardInterrupt
            previous(kind, error, trace)

        sys.excepthook = excepthook

    def leave(self) -> None:
        """Let the process end with the status that it would have had without us.

        After a KeyboardInterrupt that nobody caught Python ends by SIGINT, unless code was
        compiled since, as by the import of a module: then it forgets, and ends with 1. Here it
        is reminded.
        """
        if self._interrupted:
            with contextlib.suppress(KeyboardInterrupt):
                exec("raise KeyboardInterrupt")  # noqa: S102 - from text: that is what reminds it

    def _wrap_exit(self, module: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        def exit_(*arguments: Any) -> Any:
            # In another thread it ends that thread, and says nothing of the process.
            if threading.current_thread() is threading.main_thread():
                self._note(SystemExit(*arguments))
            return original(*arguments)

        setattr(module, name, exit_)

    @guarded()
    def _note(self, error: BaseException) -> None:
        self.code = exit_code_of(error)
        self.traceback = told(error)


def _is_the_end() -> bool:
    """Whether the exception that a hook was called for ends the process.

    A prompt shows it and goes on; so does a console that a script runs, which calls the hook
    while the script is still there. At the end there are hooks and nothing else.
    """
    if sys.flags.interactive or hasattr(sys, "ps1"):
        return False
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name not in {"<module>", "_run_module_as_main", "_bootstrap"}


def interrupt_main() -> None:
    """Raise KeyboardInterrupt in the main thread, even while it sleeps or waits.

    As Ctrl-C does: a handler that the script has for SIGINT is called. A script that was
    started in the background ignores SIGINT; it is interrupted at its next step in Python.
    """
    main = threading.main_thread().ident
    if main is None:
        return
    if callable(signal.getsignal(signal.SIGINT)):
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(main, signal.SIGINT)  # unlike the next, it ends a sleep
        else:
            _thread.interrupt_main()
        return
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(main), ctypes.py_object(KeyboardInterrupt)
    )


def exit_code_of(error: BaseException | None) -> int:
    """The exit code that an exception leads to when nobody catches it."""
    if error is None:
        return 0
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        return error.code if isinstance(error.code, int) else 1
    return 1


def told(error: BaseException) -> str | None:
    """The traceback of an exception as text, its end if it is long; None for an exit."""
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return None
    text = "".join(traceback_.format_exception(type(error), error, error.__traceback__))
    return clean_text(text[-MAX_TRACEBACK:])
