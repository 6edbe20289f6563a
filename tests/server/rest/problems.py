"""What every refusal of this API looks like."""

from __future__ import annotations

from typing import Any

import httpx


def assert_problem(
    answer: httpx.Response, status: int, code: str | None = None, pointer: str | None = None
) -> dict[str, Any]:
    """The answer is a problem of this status, code and place; returns it."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) <= 8192
    body: dict[str, Any] = answer.json()
    assert set(body) >= {"type", "title", "status", "detail", "code", "instance", "errors"}
    assert body["status"] == status
    assert body["type"] == f"/docs/errors#{body['code']}"
    assert len(body["instance"]) == 16
    for fault in body["errors"]:
        assert set(fault) == {"pointer", "code", "detail"}
    for leak in ("Traceback", "sqlite", "SELECT ", "/src/", ".py"):
        assert leak not in answer.text
    if code is not None:
        assert body["code"] == code, body
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in body["errors"]], body["errors"]
    return body
