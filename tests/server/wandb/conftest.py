"""A whole server, asked as the `wandb` client asks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.house import House, open_house
from tests.server.world import Template

STREAM = "/files/ann/vision/run1/file_stream"


@dataclass
class Speaker:
    """Somebody who speaks the protocol."""

    http: httpx.AsyncClient

    async def query(self, text: str, **variables: Any) -> httpx.Response:
        body = {"query": text, "variables": variables, "operationName": ""}
        return await self.http.post("/graphql", json=body)

    async def data(self, text: str, **variables: Any) -> Any:
        answer = await self.query(text, **variables)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert "errors" not in said, said
        return said["data"]

    async def open(self, name: str = "run1", **said: Any) -> Any:
        """Open a run, as `wandb.init` does."""
        text = """mutation UpsertBucket($input: UpsertBucketInput!) {
            upsertBucket(input: $input) { inserted bucket { id name displayName historyLineCount } }
        }"""
        told = {"name": name, "modelName": "vision", "entityName": "ann", "host": "node", **said}
        return (await self.data(text, input=told))["upsertBucket"]

    async def stream(self, offset: int, rows: list[Any], **said: Any) -> httpx.Response:
        """Send lines of history."""
        content = [each if isinstance(each, str) else json.dumps(each) for each in rows]
        files = {"wandb-history.jsonl": {"offset": offset, "content": content}} if rows else {}
        files |= said.pop("files", {})
        return await self.http.post(STREAM, json={"files": files, **said})


@pytest.fixture
async def house(template: Template, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, template) as house:
        yield house


@pytest.fixture
async def ann(house: House) -> AsyncIterator[Speaker]:
    async with house.client("owner") as http:
        yield Speaker(http)
