"""Paths: how runs and projects are named: `entity/project/id`, shorter, or as an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from wanllmdb.errors import UsageError

UNNAMED: Final = "uncategorized"  # the project of runs that name none

_BETWEEN: Final = frozenset({"runs", "sweeps"})  # stands before an id in addresses


class ProjectPath(NamedTuple):
    """The names of a project."""

    entity: str
    project: str


class RunPath(NamedTuple):
    """The names of a run."""

    entity: str
    project: str
    run: str


class Defaults(NamedTuple):
    """What a path that leaves a name out means; whose it is may have to be asked."""

    entity: Callable[[], str]
    project: str
    run: str | None = None


def run_path(path: str, defaults: Defaults) -> RunPath:
    """The run that a path names.

    Raises:
        UsageError: it names none.
    """
    parts = _parts(path)
    match parts:
        case [run]:
            return RunPath(defaults.entity(), defaults.project, run)
        case [project, run]:
            return RunPath(defaults.entity(), project, run)
        case [entity, project, run]:
            return RunPath(entity, project, run)
        case [] if defaults.run:
            return RunPath(defaults.entity(), defaults.project, defaults.run)
        case _:
            raise UsageError(f"A run is named entity/project/id, not {path!r:.200}.")


def project_path(path: str | None, defaults: Defaults) -> ProjectPath:
    """The project that a path names.

    Raises:
        UsageError: it names none.
    """
    match _parts(path or ""):
        case []:
            return ProjectPath(defaults.entity(), defaults.project)
        case [project]:
            return ProjectPath(defaults.entity(), project)
        case [entity, project]:
            return ProjectPath(entity, project)
        case _:
            raise UsageError(f"A project is named entity/project, not {path!r:.200}.")


def parts_of(path: str) -> list[str]:
    """The names in a path or an address."""
    return _parts(path)


def _parts(path: str) -> list[str]:
    """Names without what stands between them: `/runs/` of addresses, `:` of older paths."""
    if not isinstance(path, str):
        raise UsageError(f"A path is a text, not {path!r:.200}.")
    text = path.strip()
    if text.startswith(("http://", "https://")):
        parts = [unquote(each) for each in urlsplit(text).path.split("/")]
    else:
        parts = text.replace(":", "/").split("/")
    parts = [each for each in parts if each]
    # An id may be called like what stands between, but not the second of four names.
    if len(parts) >= 3 and parts[-2] in _BETWEEN:
        del parts[-2]
    elif len(parts) == 3 and parts[-1] == "runs":
        del parts[-1]
    elif text.startswith("http") and len(parts) > 3 and parts[2] in _BETWEEN:
        parts = [*parts[:2], parts[3]]
    return parts
