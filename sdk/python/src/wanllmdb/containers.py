"""Containers: whether the script runs in one, and of what kind."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# What a runtime leaves in the environment of what it runs.
_VARIABLES: Final = {
    "APPTAINER_CONTAINER": "apptainer",
    "SINGULARITY_CONTAINER": "singularity",
    "KUBERNETES_SERVICE_HOST": "kubernetes",
    "ENROOT_ROOTFS": "enroot",
    "PYXIS_IMAGE": "pyxis",
}
_FILES: Final = {"run/.containerenv": "podman", ".dockerenv": "docker"}
# What stands in the path of the first process's cgroup.
_GROUPS: Final = {
    "kubepods": "kubernetes",
    "docker": "docker",
    "libpod": "podman",
    "containerd": "containerd",
    "lxc": "lxc",
}


def kind(environ: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """The kind of container; None where there is none, as far as one can see from inside."""
    for variable, name in _VARIABLES.items():
        if environ.get(variable):
            return name
    for file, name in _FILES.items():
        with contextlib.suppress(OSError):
            if (root / file).exists():
                return name
    with contextlib.suppress(OSError):
        groups = (root / "proc/1/cgroup").read_text()
        return next((name for word, name in _GROUPS.items() if word in groups), None)
    return None
