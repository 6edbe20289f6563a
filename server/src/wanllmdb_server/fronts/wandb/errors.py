"""Errors in the client's form. It stops for good on most codes of 4xx, and tries again on others.

So what may go away by itself is never one of those: 503 or 507 with `Retry-After`, never 409.
"""

from __future__ import annotations

import json
from typing import Final

from starlette.responses import Response

from wanllmdb_server.domain import errors
from wanllmdb_server.domain.errors import ServerError
from wanllmdb_server.fronts.rest.problems import status_of

_FINAL: Final = 400  # where ours would be read as "try again"


def answer(error: ServerError) -> Response:
    """The answer to a request that ended with a domain error."""
    status = status_of(error)
    if isinstance(error, errors.ConflictError):
        status = _FINAL
    headers: dict[str, str] = {}
    if isinstance(error, (errors.TooOftenError, errors.UnavailableError)):
        headers["Retry-After"] = str(max(1, round(error.retry_after + 0.499)))
    return said(status, str(error), headers)


def said(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that is a message to the user."""
    content = json.dumps({"errors": [{"message": message}], "data": None})
    return Response(content, status, headers, media_type="application/json")
