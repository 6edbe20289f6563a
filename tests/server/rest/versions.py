"""Versions of artifacts, told to a server as the SDK tells them: bytes, manifest, version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import httpx

PROJECT = "/api/v1/projects/ann/vision"


def hexdigest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest(content: bytes) -> str:
    return "sha256:" + hexdigest(content)


def manifest(files: Mapping[str, bytes], *more: Mapping[str, Any]) -> bytes:
    """A line for each file; `more` are lines of other kinds."""
    lines: list[Mapping[str, Any]] = [
        {"path": path, "digest": digest(content), "size": len(content)}
        for path, content in sorted(files.items())
    ]
    return "".join(json.dumps(line) + "\n" for line in [*lines, *more]).encode()


async def put(client: httpx.AsyncClient, content: bytes, project: str = PROJECT) -> httpx.Response:
    return await client.put(f"{project}/blobs/{digest(content)}", content=content)


async def create(
    client: httpx.AsyncClient,
    name: str,
    listed: bytes,
    project: str = PROJECT,
    **said: Any,
) -> httpx.Response:
    """A version whose manifest was put."""
    body = {"type": "dataset", "manifest": digest(listed), "client_id": digest(listed)[7:] + "-1"}
    return await client.post(f"{project}/artifacts/{name}/versions", json=body | said)


async def tell(
    client: httpx.AsyncClient,
    name: str,
    files: Mapping[str, bytes],
    *more: Mapping[str, Any],
    project: str = PROJECT,
    **said: Any,
) -> dict[str, Any]:
    """A version with these files; its answer."""
    for content in files.values():
        assert (await put(client, content, project)).status_code == 200
    listed = manifest(files, *more)
    assert (await put(client, listed, project)).status_code == 200
    answer = await create(client, name, listed, project, **said)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()
