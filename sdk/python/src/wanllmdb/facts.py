"""Facts: what takes a moment to find out about a run, found in a thread of its own.

Each fact is kept as soon as it is found, the quick ones first, so that a short script has
most of them. What cannot be found is left out; the training hears nothing of it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.wire import Kind, encode

CLOSE_SECONDS: Final = 3.0  # how long the end of a run waits for its facts

Append = Callable[[int, bytes], bool]


@dataclass(frozen=True)
class Asked:
    """What is to be found.

    Attributes:
        facts: packages and the machine.
        git: the state of the repository.
        patches: what differs from the commit.
        code: the script, and the cells of a notebook.
        program: the script, instead of the one that is found.
    """

    facts: bool = True
    git: bool = True
    patches: bool = True
    code: bool = False
    program: str | None = None


class Facts:
    """Finds the facts of a run, and keeps them in its environment and among its files.

    Args:
        append: of the run's journal.
        folder: of the run's files.
        cwd: where the script works.
        asked: what to find.
    """

    def __init__(self, append: Append, folder: Path, cwd: Path, asked: Asked) -> None:
        self._append = append
        self._folder = folder
        self._cwd = cwd
        self._asked = asked
        self._over = False
        self._thread = threading.Thread(target=self._find, name="wanllmdb-facts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End; waits a little for what is not found yet."""
        self._thread.join(timeout=CLOSE_SECONDS)
        if self._asked.code and not self._over:
            self._cells()
        self._over = True

    def abandon(self) -> None:
        """In the child of a fork: the facts are the parent's to find."""
        self._over = True

    @guarded()
    def _find(self) -> None:
        asked = self._asked
        for step, wanted in (
            (self._code, asked.code),
            (self._git, asked.git),
            (self._packages, asked.facts),
            (self._machine, asked.facts),
            (self._patches, asked.git and asked.patches),
        ):
            if wanted and not self._over:
                step()

    @guarded()
    def _code(self) -> None:
        from wanllmdb.provenance import script

        found = script(self._cwd, self._asked.program)
        if found is not None:
            name, content = found
            self._keep(f"code/{name}", content)

    @guarded()
    def _git(self) -> None:
        from wanllmdb.git import Repository

        self._tell(git=Repository(self._cwd).state())

    @guarded()
    def _patches(self) -> None:
        from wanllmdb.git import Repository

        for name, content in Repository(self._cwd).patches():
            self._keep(name, content)

    @guarded()
    def _packages(self) -> None:
        from wanllmdb.provenance import MAX_PACKAGES, packages

        found = packages()
        self._tell(packages=dict(list(found.items())[:MAX_PACKAGES]))
        lines = "".join(f"{name}=={version}\n" for name, version in found.items())
        self._keep("requirements.txt", lines.encode("utf-8", "backslashreplace"))

    @guarded()
    def _machine(self) -> None:
        from wanllmdb.provenance import machine

        self._tell(machine=machine())

    @guarded()
    def _cells(self) -> None:
        from wanllmdb import notebook

        content = notebook.history()
        if content is not None:
            self._keep(notebook.HISTORY, content)

    def _tell(self, **found: Any) -> None:
        told = {name: value for name, value in found.items() if value}
        if told and not self._over:
            self._append(Kind.PATCH, encode({"environment": told}))

    def _keep(self, name: str, content: bytes) -> None:
        from wanllmdb import captured

        with contextlib.suppress(OSError):  # a full disk; the run has more to lose than this
            if content and not self._over:
                captured.keep(self._folder, self._append, name, content)
