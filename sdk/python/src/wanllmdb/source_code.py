"""Source code: which files below a folder are the code of a script.

Python files by default, whatever a caller says instead; never what lies in folders of runs, of
version control, of caches and of virtual environments.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

MAX_FILES: Final = 100_000
_NEVER: Final = frozenset(
    {"wandb", ".wandb", ".wanllmdb", ".git", ".hg", ".svn", "__pycache__", "node_modules"}
)
_ENVIRONMENT: Final = "pyvenv.cfg"  # what makes a folder a virtual environment

Wanted = Callable[[str, str], bool]


def is_python(path: str) -> bool:
    """What is kept if nobody says what."""
    return path.endswith(".py")


def is_run_file(path: str, root: str) -> bool:
    """Of wandb: whether it lies in a folder of runs. Those are left out in any case."""
    return Path(os.path.relpath(path, root)).parts[0] in _NEVER


def found(
    root: Path,
    include: Callable[..., bool] | None = None,
    exclude: Callable[..., bool] | None = None,
) -> Iterator[tuple[Path, str]]:
    """The files, each with its path below the folder.

    Args:
        root: the folder.
        include: says of a path, or of a path and the root, whether the file is wanted.
        exclude: likewise whether it is not.
    """
    wanted, unwanted = _of_two(include or is_python), _of_two(exclude or is_run_file)
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if not _is_left_out(Path(folder) / each))
        for name in sorted(names):
            path = Path(folder) / name
            if not path.is_file() or not wanted(str(path), str(root)):
                continue
            if unwanted(str(path), str(root)):
                continue
            count += 1
            if count > MAX_FILES:
                return
            yield path, path.relative_to(root).as_posix()


def _is_left_out(folder: Path) -> bool:
    return folder.name in _NEVER or (folder / _ENVIRONMENT).exists()


def _of_two(asked: Callable[..., bool]) -> Wanted:
    """The function as one of path and root; older ones know the path alone."""
    try:
        inspect.signature(asked).bind("", "")
    except TypeError:
        return lambda path, root: bool(asked(path))  # noqa: ARG005
    except ValueError:  # it does not say
        return lambda path, root: bool(asked(path, root))
    return lambda path, root: bool(asked(path, root))
