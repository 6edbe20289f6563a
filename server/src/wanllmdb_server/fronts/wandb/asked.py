"""Asked: one request of the client: who asks, of which services, by which name of this server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.errors import InvalidError, UnauthenticatedError
from wanllmdb_server.fronts.rest.auth import actor_of
from wanllmdb_server.fronts.rest.services import Services, services_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What every answer is made from.

    Attributes:
        writer: what a process of several that log into one run calls itself.
    """

    actor: Actor
    services: Services
    base_url: str
    writer: str | None = None

    @classmethod
    async def by(cls, request: Request) -> Asked:
        """The request, of somebody who has shown a key.

        Raises:
            UnauthenticatedError: nobody has: this protocol has no anonymous client.
        """
        actor = await actor_of(request)
        if not actor.known:
            raise UnauthenticatedError(
                "This server needs an API key: set WANDB_API_KEY, or run `wandb login --host "
                f"{str(request.base_url).rstrip('/')}`."
            )
        said = request.headers.get("x-wandb-client-id") or request.headers.get(
            "x-wandb-async-client-id"
        )
        return cls(actor, services_of(request), str(request.base_url).rstrip("/"), said)

    def owner(self, said: str | None) -> str:
        """Who is meant: the asker, where nobody is named."""
        return said or self.actor.name


def lenient(text: str | bytes) -> Any:
    """JSON as this client writes it: with bare NaN and Infinity.

    Raises:
        InvalidError: it is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"This is no JSON: {error}", code="bad-json") from error


def mapping(text: str | None) -> dict[str, Any]:
    """A JSON mapping; an empty one for nothing.

    Raises:
        InvalidError: it is none.
    """
    if not text:
        return {}
    found = lenient(text)
    if not isinstance(found, dict):
        raise InvalidError("A JSON mapping is expected.", code="bad-json")
    return cast("dict[str, Any]", found)
