"""Query: the parameters that lists have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from wanllmdb_server.domain.filter import DEFAULT_PAGE
from wanllmdb_server.domain.filter_text import MAX_TEXT

# More than a page may have is asked for by mistake, and answered with a full page.
Limit = Annotated[int, Query(ge=1, le=(1 << 63) - 1, description="At most this many, up to 1000")]
Cursor = Annotated[str | None, Query(max_length=4096, description="`next` of the page before")]
Words = Annotated[str, Query(description="Words, each of which must occur")]
FilterText = Annotated[
    str, Query(max_length=MAX_TEXT, description='As in `config.lr >= 3e-4 and tags has "best"`')
]

DEFAULT_LIMIT = DEFAULT_PAGE
