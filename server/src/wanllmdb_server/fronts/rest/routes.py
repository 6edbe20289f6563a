"""Routes: every one says what it does to what, or the server does not start.

`RestRouter` takes `access=(resource, verb)` with each route and refuses, before it reads a
body, whoever may not do that under any circumstances; the services decide the rest. Routes of
other kinds are marked with `declares`. `refuse_undeclared` looks through the whole app.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from wanllmdb_server.domain.access import Resource, Role, Verb, must_be_allowed
from wanllmdb_server.domain.errors import MalformedError
from wanllmdb_server.fronts.rest.auth import actor_of
from wanllmdb_server.fronts.rest.json_body import strict_json
from wanllmdb_server.fronts.rest.schemas.problem import Problem

Access = tuple[Resource, Verb]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

API: Final = "/api/v1"

_DECLARED: Final = "__wanllmdb_access__"
_JSON: Final = ("*/*", "application/*", "application/json", "application/problem+json")


class UndeclaredRouteError(Exception):
    """A route does not say what it does to what, so nobody can say who may use it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A route of the live app and what it does. `method` is WEBSOCKET for sockets."""

    method: str
    path: str
    resource: Resource
    verb: Verb


def declares(resource: Resource, verb: Verb) -> Callable[[Endpoint], Endpoint]:
    """Mark the endpoint of a plain Starlette route, a WebSocket, or a mounted app."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _DECLARED, (resource, verb))
        return endpoint

    return mark


class StrictRequest(Request):
    """A request whose JSON was read strictly already."""

    parsed: Any = None

    async def json(self) -> Any:
        """The value of the body."""
        return self.parsed


class RestRoute(APIRoute):
    """Asks who is there before anything else, and reads JSON strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the questions before it."""
        answer = super().get_route_handler()
        access: Access | None = getattr(self.endpoint, _DECLARED, None)

        async def handle(request: Request) -> Response:
            if access is not None:
                # The widest role: what a project's own roles allow, only services can say.
                must_be_allowed(await actor_of(request), *access, Role.ADMIN)
            if self.body_field is not None:
                request = StrictRequest(request.scope, request.receive)
                required = self.body_field.field_info.is_required()
                request.parsed = await _body(request, required=required)
            response = await answer(request)
            response.headers.setdefault("Cache-Control", "no-store")  # it is about one asker
            return response

        return handle


class RestRouter(APIRouter):
    """A router whose routes must declare `access`, or cannot be written."""

    def __init__(
        self, *, prefix: str = "", tags: Sequence[str] = (), only_json: bool = False
    ) -> None:
        """`only_json` refuses requests that accept no JSON."""
        super().__init__(
            dependencies=[Depends(must_accept_json)] if only_json else None,
            prefix=prefix,
            tags=list(tags),
            route_class=RestRoute,
            redirect_slashes=False,
            responses={"default": {"model": Problem, "description": "What went wrong"}},
        )

    # FastAPI's own signatures have 30 parameters each; these take them all as options.
    def get(self, path: str, *, access: Access, **options: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._declared("GET", path, access, options)

    def post(self, path: str, *, access: Access, **options: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._declared("POST", path, access, options)

    def put(self, path: str, *, access: Access, **options: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._declared("PUT", path, access, options)

    def patch(self, path: str, *, access: Access, **options: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._declared("PATCH", path, access, options)

    def delete(self, path: str, *, access: Access, **options: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._declared("DELETE", path, access, options)

    def websocket(self, path: str, *, access: Access, **options: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A WebSocket route; its endpoint asks who is there."""
        route = super().websocket(path, **options)
        return lambda endpoint: route(declares(*access)(endpoint))

    def _declared(self, method: str, path: str, access: Access, options: dict[str, Any]) -> Any:
        route = self.api_route(path, methods=[method], **options)
        return lambda endpoint: route(declares(*access)(endpoint))


async def _body(request: Request, *, required: bool) -> Any:
    content = await request.body()
    if not content:
        if required:
            raise MalformedError("This route needs a body of JSON.", code="malformed-json")
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise HTTPException(415, "This route takes application/json.")
    return strict_json(content)


def must_accept_json(request: Request) -> None:
    """Raises 406 when the client wants anything but JSON; a dependency for JSON routes."""
    wanted = [
        part.partition(";")[0].strip().lower()
        for said in request.headers.getlist("accept")
        for part in said.split(",")
    ]
    if wanted and not any(kind in _JSON for kind in wanted):
        raise HTTPException(406, "This route answers with application/json.")


def declared(app: ASGIApp) -> list[Declaration]:
    """Every route of the app with what it declares, in the order in which they are tried.

    Raises:
        UndeclaredRouteError: a route declares nothing.
    """
    found: list[Declaration] = []
    for method, path, access in _walk(getattr(app, "routes", []), ""):
        if access is None:
            raise UndeclaredRouteError(f"{method} {path} declares no (resource, verb).")
        found.append(Declaration(method, path, *access))
    return found


def refuse_undeclared(app: ASGIApp) -> None:
    """Raises UndeclaredRouteError if any route of the app declares nothing."""
    declared(app)


def _walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[tuple[str, str, Access | None]]:
    for context in iter_route_contexts(list(routes)):
        route = context.original_route
        path = prefix + (context.path or "")
        access = getattr(context.endpoint, _DECLARED, None)
        if isinstance(route, Mount):
            access = getattr(route.app, _DECLARED, None)
            inside = [] if access else list(_walk(route.routes, path))
            yield from inside or [("MOUNT", path, access)]
            continue
        for method in sorted(context.methods or {"WEBSOCKET"}):
            if method != "HEAD":  # Starlette adds it to GET: the same endpoint, no body
                yield method, path, access
