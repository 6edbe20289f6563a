"""Where a run comes from: program, command line, machine, git, packages; secrets cut out.

The quick facts are found at once, the slow ones (`git`, the list of packages) later by a
thread; each command has two seconds. What cannot be found is left out.
"""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.redaction import clean_argv, clean_text
from wanllmdb.version import VERSION

COMMAND_SECONDS: Final = 2.0
MAX_PACKAGES: Final = 1000
MAX_ARGV: Final = 32 * 1024  # characters: a shell may have put a million file names there
# Of the environment only these are looked at; a variable that is not named here stays private.
_VARIABLES: Final = (
    "CUDA_VISIBLE_DEVICES",
    "SLURM_JOB_ID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_PARTITION",
    "SLURM_NNODES",
    "RANK",
    "LOCAL_RANK",
    "WORLD_SIZE",
)


@guarded(dict)
def quick_facts(argv: Sequence[str], cwd: Path) -> dict[str, Any]:
    """What can be told in under a millisecond."""
    found: dict[str, Any] = {
        "sdk": VERSION,
        "python": platform.python_version(),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "executable": sys.executable,
        "program": program(argv, cwd),
        "argv": _some(clean_argv(argv[1:])),
        "cwd": clean_text(str(cwd)),
        "cpu_count": os.cpu_count(),
        "user": os.environ.get("USER") or os.environ.get("LOGNAME"),
        "variables": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }
    return {key: value for key, value in found.items() if value}


def _some(words: Sequence[str]) -> list[str]:
    """The words as far as they are worth telling."""
    room = MAX_ARGV
    for count, word in enumerate(words):
        room -= len(word) + 1
        if room < 0:
            return [*words[:count], f"[left out: {len(words) - count} words]"]
    return list(words)


def slow_facts(cwd: Path, *, git: bool) -> dict[str, Any]:
    """What needs other programs and many files; for a thread of its own."""
    found: dict[str, Any] = {}
    if git and (state := git_state(cwd)):
        found["git"] = state
    found["packages"] = packages()
    found["machine"] = machine()
    return found


def program(argv: Sequence[str], cwd: Path) -> str | None:
    """The script that runs, relative to the working directory when it lies in it."""
    if not argv or argv[0] in {"", "-c", "-m"}:
        return None
    path = Path(argv[0])
    try:
        return str(path.resolve().relative_to(cwd.resolve()))
    except (ValueError, OSError):
        return path.name


def git_state(cwd: Path) -> dict[str, Any] | None:
    """Commit, branch, remote and whether something is uncommitted; None outside of git."""
    commit = _git(cwd, "rev-parse", "HEAD")
    if commit is None:
        return None
    branch = _git(cwd, "rev-parse", "--abbrev-ref", "HEAD")
    remote = _git(cwd, "config", "--get", "remote.origin.url")
    status = _git(cwd, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules")
    found = {
        "commit": commit,
        "branch": None if branch == "HEAD" else branch,
        "remote": remote and without_credentials(remote),
        "dirty": None if status is None else bool(status),
    }
    return {key: value for key, value in found.items() if value is not None and value != ""}


def without_credentials(remote: str) -> str:
    """The address of a remote, without the user name and token that may stand in it."""
    return clean_text(remote)


def packages(places: Sequence[str] | None = None) -> dict[str, str]:
    """What is installed, by name; told by the names of folders alone, no file is opened."""
    found: dict[str, str] = {}
    for place in sys.path if places is None else places:
        with contextlib.suppress(OSError), os.scandir(place or ".") as entries:
            for entry in entries:
                name, dash, version = entry.name.removesuffix(".dist-info").rpartition("-")
                if dash and entry.name.endswith(".dist-info"):
                    found.setdefault(name, version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower())[:MAX_PACKAGES])


def machine() -> dict[str, Any]:
    """The machine that runs: memory, processors, accelerators."""
    import psutil

    found: dict[str, Any] = {
        "memory_bytes": psutil.virtual_memory().total,
        "cpu": psutil.cpu_count(logical=False),
        "cpu_logical": psutil.cpu_count(),
        "cpu_model": _cpu_model(),
    }
    return {key: value for key, value in found.items() if value}


def _cpu_model() -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        return None
    return None


def _git(cwd: Path, *arguments: str) -> str | None:
    """What git answers; None if there is none, if it fails, or if it takes too long."""
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and no shell
            ["git", "-c", "core.fsmonitor=false", "-C", str(cwd), *arguments],  # noqa: S607
            capture_output=True,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
            env=environ,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
