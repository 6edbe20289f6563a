"""Plain routes: Starlette endpoints for the hot paths, which FastAPI knows nothing of."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from wanllmdb_server.fronts.rest import problems

JSON: Final = "application/json"


def must_be(request: Request, wanted: str) -> None:
    """Raises 415 if the body is said to be of another type."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != wanted:
        raise HTTPException(415, f"This route takes {wanted}.")


def answer(said: object) -> Response:
    """What is said, as JSON."""
    return Response(msgspec.json.encode(said), media_type=JSON)


def described(name: str, summary: str, media_type: str) -> dict[str, Any]:
    """A route that takes something, as the description of the API (OpenAPI) has it."""
    return {
        "tags": ["ingest"],
        "operationId": name,
        "summary": summary,
        "description": "docs/reference/http-api.md has the body and the answer.",
        "requestBody": {"required": True, "content": {media_type: {}}},
        "responses": {
            "200": {"description": "Durable", "content": {JSON: {"schema": {"type": "object"}}}},
            "default": {"description": "What went wrong", "content": {problems.MEDIA_TYPE: {}}},
        },
    }
