"""Exec: run a script, and whatever it starts, with `import wandb` meaning us.

    wanllmdb exec train.py --lr 0.1
    wanllmdb exec torchrun --nproc-per-node 2 train.py
    python -m wanllmdb.exec -m package.train

A folder is put before `PYTHONPATH`. It holds a `wandb` that becomes wanllmdb, and the metadata
of a distribution of that name. The environment is inherited, so it reaches children that are
spawned, torchrun, `accelerate launch` and ray workers; nothing that is installed is touched,
and an installed wandb is passed over, because PYTHONPATH comes first.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from wanllmdb.errors import UsageError

SHIM: Final = Path(__file__).parent / "compat" / "shim"


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which `import wandb` means us."""
    others = [each for each in environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    paths = [str(SHIM), *(each for each in others if each != str(SHIM))]
    return {**environ, "PYTHONPATH": os.pathsep.join(paths)}


def command_of(words: Sequence[str]) -> list[str]:
    """The command that these words mean: a script of Python, `-m module`, or a program.

    Raises:
        UsageError: there is none, or nobody knows the program.
    """
    given = list(words[1:] if words[:1] == ["--"] else words)
    if not given:
        raise UsageError("wanllmdb exec wants a script or a program: wanllmdb exec train.py …")
    first = given[0]
    if first.startswith("-") or first.endswith(".py") or Path(first).is_dir():
        return [sys.executable, *given]
    if shutil.which(first) is None:
        where = "is a file that cannot be executed" if Path(first).exists() else "is not found"
        raise UsageError(f"{first!r} {where}. A script of Python ends in .py.")
    return given


def replace_process(words: Sequence[str]) -> None:
    """Become the command; returns only by raising.

    Raises:
        UsageError: the words are no command.
    """
    command = command_of(words)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(command[0], command, environment(os.environ))  # noqa: S606 - what the user typed


def main() -> None:
    """`python -m wanllmdb.exec`."""
    try:
        replace_process(sys.argv[1:])
    except (UsageError, OSError) as error:
        sys.exit(f"wanllmdb exec: {error}")


if __name__ == "__main__":
    main()
