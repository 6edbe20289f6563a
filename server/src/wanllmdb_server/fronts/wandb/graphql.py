"""GraphQL: one endpoint for everything that is structured.

The client's versions ask for fields that others do not know, and introspect nothing: a query is
executed without being checked against the schema, and what is not there is left out. An answer
with errors and status 200 is final for the client, so what may go away by itself has its status.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import re
from importlib import resources
from typing import Any, Final, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute,
    parse,
)
from graphql.language import DocumentNode
from starlette.requests import Request
from starlette.responses import Response

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import InvalidError, ServerError
from wanllmdb_server.fronts import wandb
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.wandb import artifacts, drafts, errors, projects, runs, viewer
from wanllmdb_server.fronts.wandb.asked import Asked, lenient
from wanllmdb_server.fronts.wandb.variables import known_variables

MAX_TOKENS: Final = 20_000  # of a query; the client's largest has about two thousand
_SCHEMA: Final = ("schema.graphql", "artifacts.graphql")
_CAPITAL: Final = re.compile("[A-Z]")
_log = logging.getLogger(__name__)


@functools.cache
def schema() -> GraphQLSchema:
    """The schema; read when it is asked for first."""
    files = resources.files(wandb)
    texts = [files.joinpath(name).read_text(encoding="utf-8") for name in _SCHEMA]
    return build_schema("\n".join(texts), assume_valid_sdl=True)


@declares(Resource.INSTANCE, Verb.CREATE)
async def graphql(request: Request) -> Response:
    """Execute a query or a mutation."""
    try:
        asked = await Asked.by(request)
        body = lenient(await request.body())
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            raise InvalidError("The body has no `query`.", code="bad-query")
        return await _answer(asked, cast("dict[str, Any]", body))
    except ServerError as error:
        return errors.answer(error)


async def _answer(asked: Asked, body: dict[str, Any]) -> Response:
    operation = body.get("operationName") or None  # the client says "" for none
    try:
        query = _parsed(body["query"])
        variables = known_variables(schema(), query, body.get("variables") or {})
        result = execute(
            schema(),
            query,
            root_value=_roots(),
            context_value=asked,
            variable_values=variables,
            operation_name=operation,
            field_resolver=_field,
        )
        if inspect.isawaitable(result):
            result = await result
    except GraphQLError as error:
        raise InvalidError(error.message, code="bad-query") from error
    return _said(cast("ExecutionResult", result), operation)


def _said(result: ExecutionResult, operation: str | None) -> Response:
    for error in result.errors or ():
        cause = error.original_error
        if isinstance(cause, ServerError):
            return errors.answer(cause)
        if cause is not None and not isinstance(cause, GraphQLError):
            _log.error("GraphQL operation %s failed", operation, exc_info=cause)
            return errors.said(500, "The server made a mistake; its log has the details.")
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [{"message": error.message} for error in result.errors]
    return Response(json.dumps(found), media_type="application/json")


@functools.lru_cache(maxsize=256)
def _parsed(query: str) -> DocumentNode:
    return parse(query, no_location=True, max_tokens=MAX_TOKENS)


@functools.cache
def _roots() -> dict[str, Any]:
    return {**viewer.ROOTS, **projects.ROOTS, **runs.ROOTS, **artifacts.ROOTS, **drafts.ROOTS}


def _field(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field of a mapping: its value, or what the function there returns.

    Functions of the roots take who asks, others know it. Arguments are named as in Python.
    """
    value = source.get(info.field_name) if isinstance(source, dict) else None
    if not callable(value):
        return value
    said = {_CAPITAL.sub(_lowered, name): each for name, each in arguments.items()}
    return value(info.context, **said) if source is _roots() else value(**said)


def _lowered(capital: re.Match[str]) -> str:
    return "_" + capital[0].lower()
