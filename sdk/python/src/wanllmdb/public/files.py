"""Files of a run: listed, fetched and verified, put, deleted."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import io
import mimetypes
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from wanllmdb.errors import AbsentError, CommError, UsageError
from wanllmdb.public import values
from wanllmdb.public.pages import Page, Pages
from wanllmdb.public.server import Server

_PIECE = 1024 * 1024


class File:
    """A file that a run kept.

    Attributes:
        name: where it lies below the run's folder.
        size: in bytes.
        mimetype: what it was said to be.
        digest: SHA-256 in hexadecimal digits.
        url: where its bytes are.
        updated_at: since when they are these, ISO 8601.
    """

    def __init__(self, server: Server, run: str, said: Mapping[str, Any]) -> None:
        self._server = server
        self._path = f"{run}/files/{quote(said['path'])}"
        self.name: str = said["path"]
        self.size: int = said["size"]
        self.mimetype: str = said["mime"]
        self.digest: str = str(said["digest"]).removeprefix("sha256:")
        self.url = f"{server.url}/api/v1{self._path}"
        self.direct_url = self.url
        self.updated_at = values.iso(said["created_at"])

    @property
    def id(self) -> str:
        """What tells it from other files: its content."""
        return self.digest

    @property
    def path_uri(self) -> str:
        """Where it lies elsewhere: nowhere."""
        return ""

    def download(
        self,
        root: str | os.PathLike[str] = ".",
        replace: bool = False,
        exist_ok: bool = False,
        api: object = None,
    ) -> io.TextIOWrapper:
        """Fetch it below a folder, and open it for reading. It is there as a whole, or not at all.

        Args:
            root: the folder.
            replace: a file that is there already makes room.
            exist_ok: a file that is there already is opened instead.
            api: of wandb; means nothing.

        Raises:
            ValueError: a file is there already.
            CommError: what came is not what the run kept.
        """
        del api
        path = below(Path(root), self.name)
        if path.exists() and not replace:
            if not exist_ok:
                raise ValueError(
                    f"{path} exists: pass replace=True to overwrite it, or exist_ok=True to use it."
                )
            return path.open("r", encoding="utf-8", errors="replace")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".wanllmdb-", dir=path.parent)
        try:
            with os.fdopen(handle, "w+b") as file:
                self._fetch(file)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        return path.open("r", encoding="utf-8", errors="replace")

    def read(self) -> bytes:
        """Its bytes, verified."""
        with io.BytesIO() as file:
            self._fetch(file)
            return file.getvalue()

    def delete(self) -> None:
        """Take it from the run."""
        self._server.ask("DELETE", self._path)

    def _fetch(self, file: BinaryIO) -> None:
        self._server.ask("GET", self._path, headers={"Accept": "*/*"}, into=file)
        file.seek(0)
        found, size = digest_of(file)
        if (found, size) != (self.digest, self.size):
            raise CommError(f"What came of {self.name!r} is not what the run kept: {size} bytes.")

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.mimetype}) {self.size} bytes>"


class Files(Pages[File]):
    """The files of a run, by name."""


def find_files(
    server: Server,
    run: str,
    *,
    names: Collection[str] | None = None,
    pattern: str | None = None,
    per_page: int = 50,
) -> Pages[File]:
    """The files of the run at a path: all, those named, or those like a pattern (`%` is any)."""
    if names is not None and pattern is not None:
        raise UsageError("Ask for files by names or by a pattern, not both.")

    def fetch(cursor: str | None) -> Page:
        page = server.get(f"{run}/files", {"limit": max(1, per_page), "cursor": cursor})
        return Page(
            [File(server, run, each) for each in page["items"]], page["next"], page["total"]
        )

    everything = Files(fetch)
    if names is None and pattern is None:
        return everything

    def chosen(cursor: str | None) -> Page:
        del cursor
        like = None if pattern is None else pattern.replace("%", "*").replace("_", "?")
        found = [
            file
            for file in everything
            if (like is None or fnmatch.fnmatchcase(file.name, like))
            and (names is None or file.name in names)
        ]
        return Page(found, None, len(found))

    return Files(chosen)


def find_file(server: Server, run: str, name: str) -> File:
    """The file of this name.

    Raises:
        AbsentError: the run has none.
    """
    for file in find_files(server, run, names=[name], per_page=1000):
        return file
    raise AbsentError(f"The run has no file {name!r}.")


def put_file(server: Server, run: str, path: Path, root: Path) -> File:
    """Keep a file of this machine with the run, under its name below `root`."""
    try:
        name = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        name = path.name
    with path.open("rb") as file:
        digest, _ = digest_of(file)
    said = server.ask(
        "PUT",
        f"{run}/files/{quote(name)}",
        path,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={"X-Wanllmdb-Digest": f"sha256:{digest}"},
    )
    return File(server, run, said)


def below(root: Path, name: str) -> Path:
    """Where a file of this name lies below a folder, and nowhere else.

    Raises:
        CommError: the name leads out of it.
    """
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise CommError(f"A file of the name {name!r} does not stay below {root}.")
    return path


def digest_of(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 of what follows in a file, and how many bytes that is."""
    known, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE):
        known.update(piece)
        size += len(piece)
    return known.hexdigest(), size
