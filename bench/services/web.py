"""Web: one connection to a server, as lean as the standard library has it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What is sent; headers beside those that every request of the connection has."""

    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    method: str = "POST"


class FailedError(RuntimeError):
    """The server did not do it; its last words."""


class Web:
    """A connection that stays open."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.headers = dict(headers or {})
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def send(self, request: Request) -> bytes:
        """The body of the answer; raises `FailedError` if it is none of success."""
        try:
            answer = self._ask(request)
        except (http.client.RemoteDisconnected, ConnectionError):  # idle for too long
            self._connection.close()
            answer = self._ask(request)
        body = answer.read()
        if answer.status >= 400:
            raise FailedError(f"{request.path}: {answer.status} {body[:300]!r}")
        return body

    def _ask(self, request: Request) -> http.client.HTTPResponse:
        headers = {**self.headers, **request.headers}
        self._connection.request(request.method, request.path, request.body, headers)
        return self._connection.getresponse()

    def get(self, path: str) -> bytes:
        """The body of what lies there."""
        return self.send(Request(path, method="GET"))

    def post(self, path: str, value: object) -> Any:
        """Send JSON, get JSON."""
        return json.loads(self.send(as_json(path, value)) or b"null")

    def close(self) -> None:
        """End it."""
        self._connection.close()

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def as_json(path: str, value: object) -> Request:
    """A POST of JSON."""
    return Request(path, json.dumps(value).encode(), {"Content-Type": "application/json"})
