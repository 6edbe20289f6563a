"""Where a run comes from: program, command line, machine, packages; secrets cut out.

The quick facts are found at once, the slow ones (the list of packages, the machine) later by
the thread of `facts`, which asks `git`, too. What cannot be found is left out.
"""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb import containers, notebook
from wanllmdb.guard import guarded
from wanllmdb.redaction import clean_argv, clean_text
from wanllmdb.version import VERSION

MAX_PACKAGES: Final = 1000  # among the facts; the file of them has all
MAX_ARGV: Final = 32 * 1024  # characters: a shell may have put a million file names there
MAX_SCRIPT: Final = 4 * 1024 * 1024  # bytes
MAX_VALUE: Final = 1024  # of a variable
# Of the environment only these are looked at; a variable that is not named here stays private.
# docs/howto/what-is-captured.md lists them, and a test holds it to that.
VARIABLES: Final = tuple(
    (  # noqa: SIM905 - a page of words reads better than a column of them
        "CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES "
        "RANK LOCAL_RANK GROUP_RANK ROLE_RANK WORLD_SIZE LOCAL_WORLD_SIZE GROUP_WORLD_SIZE "
        "TORCHELASTIC_RUN_ID TORCHELASTIC_RESTART_COUNT OMP_NUM_THREADS "
        "OMPI_COMM_WORLD_RANK OMPI_COMM_WORLD_LOCAL_RANK OMPI_COMM_WORLD_SIZE PMI_RANK PMI_SIZE "
        "SLURM_JOB_ID SLURM_JOB_NAME SLURM_JOB_PARTITION SLURM_JOB_ACCOUNT SLURM_JOB_QOS "
        "SLURM_JOB_NODELIST SLURM_JOB_NUM_NODES SLURM_JOB_CPUS_PER_NODE SLURM_JOB_GPUS "
        "SLURM_JOB_START_TIME SLURM_JOB_END_TIME SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID "
        "SLURM_ARRAY_TASK_COUNT SLURM_CLUSTER_NAME SLURM_CPUS_ON_NODE SLURM_CPUS_PER_TASK "
        "SLURM_GPUS SLURM_GPUS_ON_NODE SLURM_GPUS_PER_NODE SLURM_GPUS_PER_TASK SLURM_LOCALID "
        "SLURM_MEM_PER_CPU SLURM_MEM_PER_GPU SLURM_MEM_PER_NODE SLURM_NNODES SLURM_NODEID "
        "SLURM_NODELIST SLURM_NTASKS SLURM_NTASKS_PER_NODE SLURM_PROCID SLURM_RESTART_COUNT "
        "SLURM_STEP_ID SLURM_STEP_NUM_NODES SLURM_STEP_NUM_TASKS SLURM_SUBMIT_DIR "
        "SLURM_SUBMIT_HOST SLURM_TASKS_PER_NODE SLURMD_NODENAME "
        "PBS_JOBID PBS_JOBNAME PBS_QUEUE LSB_JOBID LSB_QUEUE JOB_ID"
    ).split()
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
        "variables": variables(os.environ),
        "conda": os.environ.get("CONDA_DEFAULT_ENV"),
        "venv": _venv(),
        "container": containers.kind(os.environ),
        "notebook": notebook.name(),
    }
    return {key: value for key, value in found.items() if value}


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Those variables of the environment that anybody may know."""
    return {name: clean_text(environ[name][:MAX_VALUE]) for name in VARIABLES if environ.get(name)}


def _venv() -> str | None:
    return Path(sys.prefix).name if sys.prefix != sys.base_prefix else None


def _some(words: Sequence[str]) -> list[str]:
    """The words as far as they are worth telling."""
    room = MAX_ARGV
    for count, word in enumerate(words):
        room -= len(word) + 1
        if room < 0:
            return [*words[:count], f"[left out: {len(words) - count} words]"]
    return list(words)


def program(argv: Sequence[str], cwd: Path) -> str | None:
    """The script that runs, relative to the working directory when it lies in it."""
    if not argv or argv[0] in {"", "-c", "-m"}:
        return None
    path = Path(argv[0])
    try:
        return str(path.resolve().relative_to(cwd.resolve()))
    except (ValueError, OSError):
        return path.name


def script(cwd: Path, chosen: str | None = None) -> tuple[str, bytes] | None:
    """Name and content of the script that runs, without secrets; None where there is none.

    Args:
        cwd: where it works; of a script below it the name is relative to it.
        chosen: another one.
    """
    file = chosen or getattr(sys.modules.get("__main__"), "__file__", None)
    if not file:
        return None
    path = cwd / file
    try:
        if path.stat().st_size > MAX_SCRIPT:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    name = program([str(path)], cwd)
    # One letter for each byte, so that what is no text comes out as it went in.
    return (name, clean_text(content.decode("latin-1")).encode("latin-1")) if name else None


def packages(places: Sequence[str] | None = None) -> dict[str, str]:
    """What is installed, by name; told by the names of folders alone, no file is opened."""
    found: dict[str, str] = {}
    for place in sys.path if places is None else places:
        with contextlib.suppress(OSError), os.scandir(place or ".") as entries:
            for entry in entries:
                name, dash, version = entry.name.removesuffix(".dist-info").rpartition("-")
                if dash and entry.name.endswith(".dist-info"):
                    found.setdefault(name, version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def machine() -> dict[str, Any]:
    """The machine that runs: memory, processors, accelerators."""
    import psutil

    from wanllmdb.probes import accelerators

    found: dict[str, Any] = {
        "memory_bytes": psutil.virtual_memory().total,
        "cpu": psutil.cpu_count(logical=False),
        "cpu_logical": psutil.cpu_count(),
        "cpu_model": _cpu_model(),
        **accelerators.described(),
    }
    return {key: value for key, value in found.items() if value}


def _cpu_model() -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        return _apple_model()
    return None


def _apple_model() -> str | None:
    """The processor of an Apple computer; None on any other."""
    if sys.platform != "darwin":
        return None
    from wanllmdb.git import ask

    answer = ask(["sysctl", "-n", "machdep.cpu.brand_string"], seconds=1.0, most=1024)
    return answer.text or None if answer else None
