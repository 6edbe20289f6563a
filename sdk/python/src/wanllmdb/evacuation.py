"""Evacuation: what a run leaves in the scratch of a job is brought to where it outlives the job.

The scratch is removed with the job. What no server has taken when the run ends is copied to the
usual place of runs, under a name that nobody looks at until the copy is whole.
"""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import Final

from wanllmdb import journal

SECONDS: Final = 20.0  # of the end of a script; the disk may be slow, and is the only chance


def evacuated(directory: Path, root: Path | None, *, seconds: float = SECONDS) -> Path | None:
    """Copy the directory of an ended run below `root`; where it is now, None if nowhere in time.

    Another process may still log there, of the same run: then the last one that ends does it.
    """
    living = (journal.is_alive(directory, writer) for writer in journal.writers(directory))
    if root is None or any(living):
        return None
    target = root / directory.name
    done = threading.Event()

    def work() -> None:
        draft = root / f".{directory.name}.{os.getpid()}"
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copytree(directory, draft, ignore=shutil.ignore_patterns("*.lock", "*.reserve"))
            draft.rename(target)
            done.set()
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)

    thread = threading.Thread(target=work, name="wanllmdb-evacuation", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the interpreter ends, and begins no threads any more
        work()
    else:
        thread.join(seconds)
    if not done.is_set():
        return None
    shutil.rmtree(directory, ignore_errors=True)
    return target
