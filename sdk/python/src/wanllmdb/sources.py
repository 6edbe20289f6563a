"""Where settings may be found besides the arguments: the environment, `.env`, config files.

A file is read only from a directory that not everybody may write to: on a shared machine, a
`.env` in `/tmp` could send another user's runs elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from wanllmdb.dialect import RENAMED, THEIRS
from wanllmdb.errors import UsageError

OURS: Final = "WANLLMDB_"
_MAX_BYTES: Final = 1024 * 1024

Names = Iterable[tuple[str, tuple[str, ...]]]


def ambient(
    names: Names, environ: Mapping[str, str], cwd: Path, home: Path
) -> Iterator[tuple[str, Any]]:
    """Every setting that the surroundings make, each by its strongest source."""
    known = tuple(names)
    own = environ.get(OURS + "CONFIG_DIR")
    layers = [
        _from_environment(known, environ),
        _from_environment(known, _dotenv(_nearest(cwd, home, ".env"))),
        _from_file(known, _nearest(cwd, home, ".wanllmdb/config.yaml")),
        _from_file(known, Path(own, "config.yaml") if own else home / ".wanllmdb/config.yaml"),
    ]
    for name, _ in known:
        for layer in layers:
            if name in layer:
                yield name, layer[name]
                break


def _from_environment(names: Names, environ: Mapping[str, str]) -> dict[str, str]:
    """Settings from variables: ours before wandb's; an empty one says nothing."""
    found: dict[str, str] = {}
    for name, others in names:
        for prefix in (OURS, THEIRS):
            texts = (environ.get(prefix + word.upper(), "").strip() for word in (name, *others))
            text = next(filter(None, texts), "")
            if text and name not in found and _usable(name, prefix, text):
                found[name] = text
    for variable, name in RENAMED.items():
        if text := environ.get(variable, "").strip():
            found.setdefault(name, text)
    return found


def _usable(name: str, prefix: str, text: str) -> bool:
    """Whether a variable is meant for us: W&B's own keys, cloud and directories are not."""
    if prefix == OURS:
        return True
    if name == "api_key":
        return text.startswith("wl-")
    if name == "api_url":
        return ".wandb.ai" not in text
    return name not in {"config_dir", "username", "password"}


def _dotenv(path: Path | None) -> dict[str, str]:
    """The variables of a `.env` file; lines that are none are passed over."""
    found: dict[str, str] = {}
    for line in _text(path).splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name.strip().startswith((OURS, THEIRS)):
            found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()


def _from_file(names: Names, path: Path | None) -> dict[str, Any]:
    """Settings from a YAML file: a mapping of names; unknown names are passed over."""
    text = _text(path)
    if not text.strip():
        return {}
    import yaml  # here, because most projects have no such file

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        return {}
    spelled = {other: name for name, others in names for other in (name, *others)}
    return {spelled[k]: v for k, v in content.items() if k in spelled and v is not None}


def write_file(path: Path, content: Mapping[str, Any]) -> None:
    """Put settings into a file, over those that stand there; the file is its owner's alone.

    Raises:
        UsageError: what stands there is no mapping of settings.
        OSError: it cannot be written.
    """
    import yaml

    try:
        kept = yaml.safe_load(_text(path)) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML: {error}") from error
    if not isinstance(kept, dict):
        raise UsageError(f"{path} holds no settings.")
    plain = {
        name: list(value) if isinstance(value, tuple) else value for name, value in content.items()
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    try:
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            yaml.safe_dump({**kept, **plain}, file, sort_keys=True, allow_unicode=True)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()


def _text(path: Path | None) -> str:
    try:
        if path is None or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _nearest(cwd: Path, home: Path, name: str) -> Path | None:
    """The file in the working directory or the nearest directory above it.

    The search ends at the root of a repository, at the home (whose own file comes later)
    and where anybody may write.
    """
    for folder in (cwd, *cwd.parents):
        if folder == home or not _is_private(folder):
            return None
        if (folder / name).is_file():
            return folder / name
        if (folder / ".git").exists():
            return None
    return None


def _is_private(folder: Path) -> bool:
    try:
        return not folder.stat().st_mode & stat.S_IWOTH
    except OSError:
        return False
