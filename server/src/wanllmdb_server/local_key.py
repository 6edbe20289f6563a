"""The local key: what lets the same OS user in without a password, as a file in their home.

The server writes it when it listens on loopback; the SDK and `wanllmdb login` of the same OS
user find it by the address of the server. Nobody else can read it: the folder is 0700, the
file 0600 from the moment it exists.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalKey:
    """What the file says: where the server is, the key, and whose it is."""

    url: str
    key: str
    user: str


def path_of(config_dir: Path, host: str, port: int) -> Path:
    """Where the key of the server at this address is; all spellings of loopback are one."""
    name = "127.0.0.1" if host in {"localhost", "::1", "[::1]"} else host
    return config_dir / "local" / f"{name.replace(':', '_')}-{port}.json"


def read(path: Path) -> LocalKey | None:
    """The key in the file; None when there is none, or when it cannot be one."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return LocalKey(url=str(said["url"]), key=str(said["key"]), user=str(said["user"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(path: Path, found: LocalKey) -> None:
    """Leave the key there, readable by this OS user alone, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    # mkstemp makes the file 0600, and the rename keeps it so.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(found), file)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
