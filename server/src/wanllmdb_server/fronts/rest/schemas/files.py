"""Files of runs, as the API says them."""

from __future__ import annotations

from wanllmdb_server.fronts.rest.schemas.form import Answer, Time


class File(Answer):
    """A file of a run; `digest` is `sha256:` and 64 hexadecimal digits."""

    path: str
    digest: str
    size: int
    mime: str
    created_at: Time


class FilePage(Answer):
    """A stretch of the files of a run."""

    items: list[File]
    next: str | None
    total: int
