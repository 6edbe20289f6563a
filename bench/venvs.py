"""An environment of its own for each peer, made on demand under bench/.peers and kept.

The versions are those of bench/peers.txt. A peer that cannot be installed says why.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = HERE / ".peers"
VERSIONS = HERE / "peers.txt"


class NotInstalledError(Exception):
    """The peer is not here, and why."""


def versions() -> dict[str, str]:
    """The pinned version of each peer."""
    lines = [each.strip() for each in VERSIONS.read_text().splitlines()]
    pins = [each.partition("==") for each in lines if each and not each.startswith("#")]
    return {name: version for name, _, version in pins}


def python_of(package: str) -> str:
    """The interpreter that has this peer and nothing else; made if it is missing.

    Raises:
        NotInstalledError: with the last words of the installer.
    """
    version = versions().get(package)
    if version is None:
        raise NotInstalledError(f"{VERSIONS.name} names no version of {package}")
    wanted = f"{package}=={version}"
    folder = HOME / package
    python, done = folder / "bin" / "python", folder / "installed"
    if done.exists() and done.read_text() == wanted:
        return str(python)
    print(f"installing {wanted} into {folder}", file=sys.stderr, flush=True)
    installer = Path(sys.executable).parent / "uv"
    if installer.exists():  # its cache is shared: what two peers need is on the disk once
        _run(str(installer), "venv", "-q", "--clear", "--python", sys.executable, str(folder))
        _run(str(installer), "pip", "install", "-q", "--python", str(python), wanted)
    else:
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", wanted)
    done.write_text(wanted)
    return str(python)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    except subprocess.TimeoutExpired as error:
        raise NotInstalledError("the installer took longer than ten minutes") from error
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        faults = [line for line in words if "ERROR" in line.upper()] or words
        raise NotInstalledError(faults[-1].strip() if faults else f"exit status {done.returncode}")
