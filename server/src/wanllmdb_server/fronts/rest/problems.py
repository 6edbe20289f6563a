"""Problems: what a client is told when something went wrong (RFC 9457). Never more than that.

No stack, no SQL, no path of the server; what the client sent is cut short before it is echoed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from wanllmdb_server.domain import errors
from wanllmdb_server.domain.errors import Fault, ServerError

MEDIA_TYPE: Final = "application/problem+json"
MAX_FAULTS: Final = 16
MAX_DETAIL: Final = 400


class SlowBodyError(ServerError):
    """The body comes too slowly to wait for."""

    code = "request-timeout"


class UnknownEncodingError(ServerError):
    """The body is packed in a way that is not known here."""

    code = "unknown-encoding"


class LongUrlError(ServerError):
    """The URL is longer than any that this API has."""

    code = "url-too-long"


class LargeHeadersError(ServerError):
    """The headers are more than any client of this API sends."""

    code = "headers-too-large"


# The first that fits counts, so what is special stands before what is general.
_STATUS: Final[tuple[tuple[type[ServerError], int], ...]] = (
    (errors.NotFoundError, 404),
    (errors.GoneError, 410),
    (errors.NotAllowedError, 403),
    (errors.UnauthenticatedError, 401),
    (errors.ConflictError, 409),
    (errors.InvalidError, 422),
    (errors.MalformedError, 400),
    (errors.TooLargeError, 413),
    (errors.TooOftenError, 429),
    (errors.DiskFullError, 507),
    (errors.UnavailableError, 503),
    (SlowBodyError, 408),
    (LongUrlError, 414),
    (LargeHeadersError, 431),
    (UnknownEncodingError, 415),
)


def status_of(error: ServerError) -> int:
    """The HTTP status of a domain error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def from_error(scope: MutableMapping[str, Any], error: ServerError) -> Response:
    """The answer to a request that ended with a domain error."""
    status = status_of(error)
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    match error:
        case errors.TooOftenError() | errors.UnavailableError():
            headers["Retry-After"] = str(max(1, round(error.retry_after + 0.499)))
        case errors.UnauthenticatedError():
            headers["WWW-Authenticate"] = "Bearer"
        case errors.TooLargeError() | SlowBodyError() | LongUrlError() | LargeHeadersError():
            headers["Connection"] = "close"  # what was not read yet will not be
        case errors.ConflictError() if error.expected is not None:
            extra["expected"] = error.expected
        case _:
            pass
    return problem(
        scope, status, error.code, str(error), faults=error.faults, headers=headers, extra=extra
    )


def problem(
    scope: MutableMapping[str, Any],
    status: int,
    code: str,
    detail: str,
    *,
    faults: Iterable[Fault] = (),
    headers: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
) -> Response:
    """An answer that says what is wrong, for people and for machines."""
    shown = [
        {"pointer": _cut(fault.pointer), "code": fault.code, "detail": _cut(fault.detail)}
        for fault in tuple(faults)[:MAX_FAULTS]
    ]
    body: dict[str, Any] = {
        "type": f"/docs/errors#{code}",
        "title": _title(status),
        "status": status,
        "detail": _cut(detail),
        "code": code,
        "instance": request_id(scope),
        "errors": shown,
        **(extra or {}),
    }
    fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(
        json.dumps(body), status, headers=fixed | (headers or {}), media_type=MEDIA_TYPE
    )


def request_id(scope: MutableMapping[str, Any]) -> str:
    """A word by which the server's log and the client's answer are found together."""
    return scope.setdefault("wanllmdb.request_id", secrets.token_hex(8))


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"
