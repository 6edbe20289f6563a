"""Saved: files of this machine that are kept with a run, and brought back from it.

A file keeps the name that it has below its base: the working directory for a relative pattern,
the folder above its own for an absolute one, the run's folder for what lies there. What is kept
of it lies in the run's folder until a server has it, so it is sent by whoever sends the run.
"""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from wanllmdb.errors import ArgumentError, CommError, MissingFileError, UsageError
from wanllmdb.followed import MAX_FILES, Followed
from wanllmdb.globs import files_below, has_magic, is_folder, matches
from wanllmdb.staging import name_fault, name_of

if TYPE_CHECKING:
    from wanllmdb.holdings import StrPath
    from wanllmdb.run import Run

OWN_SECONDS: Final = 2.0  # that a run waits for its own files to get to the server
POLICIES: Final = ("live", "now", "end")
_ELSEWHERE: Final = ("gs://", "s3://", "http://", "https://")

_followed: weakref.WeakKeyDictionary[Run, Followed] = weakref.WeakKeyDictionary()


def save(
    run: Run,
    glob_str: StrPath | bytes | None = None,
    *,
    base_path: StrPath | None = None,
    policy: str = "live",
) -> bool | list[str]:
    """Keep files with the run; where they are found in the run's own folder.

    Args:
        run: that they are of.
        glob_str: a path or a pattern. A folder that is named is kept with all that lies below it,
            one that a pattern matches is not.
        base_path: the folder below which their names begin.
        policy: "live" keeps a file now, whenever it changes, and at the end; "now" keeps it as it
            is, once; "end" as it is when the run ends.

    Raises:
        UsageError: the policy is none, or the pattern leads out of the base.
    """
    if glob_str is None:
        run._voice.warn("save() without a path means nothing; files in run.dir are kept anyway")
        return True
    pattern = _path(glob_str, "glob_str")
    if policy not in POLICIES:
        raise UsageError(f"save: policy is one of {', '.join(POLICIES)}, not {policy!r}.")
    if pattern.startswith(_ELSEWHERE):
        run._voice.warn(f"save: {pattern!r} is on another machine; log_artifact() can refer to it")
        return []
    base = _base(run, pattern, base_path)
    if run.disabled:
        return []
    found = list(itertools.islice(_named(pattern, base), MAX_FILES + 1))
    if len(found) > MAX_FILES:
        told = f"save: {pattern!r:.120} names more than {MAX_FILES:,} files; the rest is not kept"
        run._lose("file", told)
    if not found:
        run._voice.warn(f"save: no file is named {pattern!r}")
    return _kept(run, found[:MAX_FILES], policy)


def keep(run: Run, path: Path, name: str) -> None:
    """Keep a file as it is now, under this name."""
    followed_by(run).add(name_of(name), path, "now")


def followed_by(run: Run) -> Followed:
    """What keeps the files of the run; it begins when it is first asked for."""
    found = _followed.get(run)
    if found is None:
        from wanllmdb.run import attach

        found = _followed[run] = Followed(run)
        attach(run, companions=[found])
    return found


def _kept(run: Run, found: Iterable[tuple[Path, str]], policy: str) -> list[str]:
    followed = followed_by(run)
    folder = Path(run.dir)
    links: list[str] = []
    for path, name in found:
        if fault := name_fault(name):
            run._lose("file", f"{name!r:.120} is not kept: {fault}")
            continue
        link = folder / name
        if path != link:
            followed.link(name, path)
        followed.add(name, path, policy)
        links.append(str(link))
    return links


def _path(given: Any, argument: str) -> str:
    if isinstance(given, bytes):
        return os.fsdecode(given)
    try:
        path = os.fspath(given)
    except TypeError:
        raise ArgumentError(
            f"save: {argument} is a path or a pattern, not a {type(given).__name__}."
        ) from None
    return os.fsdecode(path)


def _base(run: Run, pattern: str, base_path: Any) -> Path:
    """The folder below which names begin.

    Raises:
        UsageError: the pattern leads out of it, or names it.
    """
    absolute, here = _absolute(pattern), Path.cwd()
    folder = run._identity.directory
    if base_path is not None:
        base = _absolute(_path(base_path, "base_path"))
    elif folder in absolute.parents:
        base = folder
    elif pattern.startswith("/") or here not in absolute.parents:
        base = absolute.parent.parent
    else:
        base = here
    if not pattern or absolute == base:
        raise UsageError("save: the pattern names the folder below which names begin.")
    if base not in absolute.parents:
        raise UsageError(f"save: {pattern!r} leads out of {base}; give another base_path.")
    return base


def _absolute(path: str) -> Path:
    return Path(os.path.normpath(Path.cwd() / path))


def _named(pattern: str, base: Path) -> Iterator[tuple[Path, str]]:
    """The files that a pattern names, and the names they are kept under."""
    for path in matches(_absolute(pattern)):
        if not is_folder(path):
            yield path, name_of(path.relative_to(base).as_posix())
        elif not has_magic(pattern):
            for each in files_below(path):
                yield each, name_of(each.relative_to(base).as_posix())


def restore(
    run: Run,
    name: str,
    *,
    run_path: str | None = None,
    replace: bool = False,
    root: StrPath | None = None,
) -> Any:
    """A file that a run kept, opened for reading.

    Args:
        run: that asks; its own files, if no other is named.
        name: of the file.
        run_path: the run that kept it: "owner/project/run", "project/run" or "run".
        replace: fetch it, also if there is one of this name.
        root: the folder that it is put into, instead of the run's.

    Raises:
        UsageError: the name leads out of the folder, or the path is none of a run.
        MissingFileError: the run kept no such file.
        CommError: the server cannot be asked.
    """
    if run.disabled:
        return None
    folder = Path(run.dir) if root is None else _absolute(_path(root, "root"))
    path = Path(os.path.normpath(folder / name))
    if folder not in path.parents:
        raise UsageError(f"restore: {name!r} leads out of {folder}.")
    if replace or not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with draft.open("wb") as file:
                _fetch(run, name, _place(run, run_path), file)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        if root is None:
            followed_by(run).know(path.relative_to(folder).as_posix(), path)
    return path.open()


def _place(run: Run, run_path: str | None) -> tuple[str, str, str]:
    """Owner, project and id of a run."""
    parts = run_path.strip("/").split("/") if run_path else [run.id]
    if len(parts) > 3 or not all(parts):
        raise UsageError(f"restore: {run_path!r} is none of owner/project/run.")
    own = [run.entity, run.project]
    owner, project, run_id = [*own[: 3 - len(parts)], *parts]
    return owner, project, run_id


def _fetch(run: Run, name: str, place: tuple[str, str, str], file: BinaryIO) -> None:
    from urllib.parse import quote

    from wanllmdb.http import NoAnswerError
    from wanllmdb.login import connect, whose

    if place[2] == run.id:
        run._hurry(OWN_SECONDS)  # what was just saved is on its way
    http = connect(run.settings)
    try:
        owner = place[0] or whose(http) or ""
        parts = [quote(each, safe="") for each in (owner, *place[1:])]
        path = "/api/v1/projects/{}/{}/runs/{}/files/".format(*parts)
        answer = http.request("GET", path + quote(name), into=file)
    except NoAnswerError as error:
        raise CommError(f"restore: {error}") from error
    finally:
        http.close()
    if answer.status == 404:
        raise MissingFileError(f"restore: {'/'.join(place).lstrip('/')} kept no file {name!r}.")
    if not answer.ok:
        raise CommError(f"restore: {answer.detail}")
