"""The Pythons of this machine, each with what the SDK needs, so that it can be tried on them.

An environment is made once for each, of the versions that the repository pins, and kept in
pytest's cache. Where it cannot be made (no network), the reason is told.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "sdk" / "python" / "src"
MINORS = range(10, 16)  # requires-python of the SDK, and what may be there
NEEDED = ("msgspec", "psutil", "pyyaml", "urllib3", "zstandard")


def installed() -> dict[str, Path]:
    """An interpreter for each version from 3.10 on that this machine has, by its version."""
    found: dict[str, Path] = {}
    for minor in MINORS:
        name = f"3.{minor}"
        if sys.version_info[:2] == (3, minor):
            found[name] = Path(sys.executable)
            continue
        for path in _candidates(minor):
            if _version(path) == name:
                found[name] = path
                break
    return found


def environment(name: str, python: Path, cache: Path) -> Path:
    """An interpreter of that version which can import what the SDK needs.

    Raises:
        OSError: there is none, and none can be made; the message says why.
    """
    if python == Path(sys.executable):
        return python
    place = cache / f"python-{name}"
    made = place / "bin" / "python"
    wanted = [f"{each}=={version}" for each, version in _pins().items()]
    if _imports(made):
        return made
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", str(python), str(place)],
        [uv, "pip", "install", "--quiet", "--python", str(made), *wanted],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"{' '.join(command[:4])}: {done.stderr.strip()[-300:]}")
    return made


def _candidates(minor: int) -> Iterator[Path]:
    if found := shutil.which(f"python3.{minor}"):
        yield Path(found)
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    yield from sorted(versions.glob(f"3.{minor}.*/bin/python3.{minor}"), reverse=True)


def _version(python: Path) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _imports(python: Path) -> bool:
    if not python.exists():
        return False
    ask = "import msgspec, psutil, yaml, urllib3, zstandard"
    return (
        subprocess.run([str(python), "-c", ask], capture_output=True, check=False).returncode == 0
    )


def _pins() -> dict[str, str]:
    """The versions of what the SDK needs, as the repository pins them."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "requirements").glob("*.txt")))
    pins = dict(re.findall(r"(?m)^([a-z0-9-]+)==([^\s;\\]+)", text))
    return {name: pins[name] for name in NEEDED}
