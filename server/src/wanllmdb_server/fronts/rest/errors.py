"""Errors: turns every way in which a request can fail into a problem (problems.py)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from wanllmdb_server.domain.errors import Fault, ServerError
from wanllmdb_server.fronts.rest import problems

logger = logging.getLogger("wanllmdb.server")

_CODES: Final = {
    400: "malformed",
    401: "unauthenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "request-timeout",
    413: "too-large",
    415: "unsupported-media-type",
    421: "unknown-host",
}
# What pydantic calls it, and what we do; the rest keeps its name with dashes.
_FAULTS: Final = {
    "extra_forbidden": "unknown-field",
    "missing": "missing-field",
    "string_too_long": "too-long",
    "string_too_short": "too-short",
    "too_long": "too-many-items",
    "enum": "unknown-value",
    "literal_error": "unknown-value",
}


def install(app: FastAPI) -> None:
    """Answer with problems from now on, also in the description of the API."""
    app.add_exception_handler(ServerError, _server_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    _describe(app)


async def _server_error(request: Request, error: Exception) -> Response:
    return problems.from_error(request.scope, cast("ServerError", error))


async def _invalid(request: Request, error: Exception) -> Response:
    found = cast("Sequence[dict[str, Any]]", cast("RequestValidationError", error).errors())
    return problems.problem(
        request.scope,
        422,
        "invalid",
        "The request does not have the form that this route takes.",
        faults=[_fault(each) for each in found],
    )


async def _http(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    return problems.problem(
        request.scope,
        refused.status_code,
        _CODES.get(refused.status_code, "error"),
        str(refused.detail),
        headers=dict(refused.headers or {}),
    )


async def _unexpected(request: Request, error: Exception) -> Response:
    logger.error(
        "request %s failed: %s %s: %s",
        problems.request_id(request.scope),
        request.method,
        request.url.path,
        type(error).__name__,
        exc_info=error,
    )
    return problems.problem(
        request.scope, 500, "internal", "The server failed; its log says more under this instance."
    )


def _fault(found: dict[str, Any]) -> Fault:
    kind = str(found["type"])
    return Fault(
        pointer(found["loc"][1:]), _FAULTS.get(kind, kind.replace("_", "-")), str(found["msg"])
    )


def pointer(places: Sequence[object]) -> str:
    """A JSON pointer (RFC 6901) to a place; a parameter of the query or path is at the top."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in places)


def _describe(app: FastAPI) -> None:
    """In the API's description, the media type of problems is their own."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        schema = described()
        for path in schema.get("paths", {}).values():
            for operation in path.values():
                content = operation["responses"].get("default", {}).get("content", {})
                if "application/json" in content:
                    content[problems.MEDIA_TYPE] = content.pop("application/json")
        return schema

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue]
