"""The metric service of the specification: points as JSON, for curl and other languages.

Plain Starlette endpoints, for they are hot: nothing looks at each value before msgspec does.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wanllmdb_server.domain.access import Actor, Resource, Role, Verb, must_be_allowed
from wanllmdb_server.domain.metric import Delivery, Rejection
from wanllmdb_server.fronts.rest.auth import actor_of
from wanllmdb_server.fronts.rest.metric_body import read_batch
from wanllmdb_server.fronts.rest.metric_items import MAX_BATCH_ID, Told, refusal
from wanllmdb_server.fronts.rest.plain_batch import read_plain
from wanllmdb_server.fronts.rest.plain_routes import JSON, answer, described, must_be
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.fronts.rest.system_body import read_system_batch

IN_THREAD_BYTES: Final = 256 * 1024  # a larger body is read off the event loop
_METRICS: Final = "/metrics/batch"
_SYSTEM: Final = "/metrics/system/batch"


@declares(Resource.POINTS, Verb.CREATE)
async def take_metrics(request: Request) -> Response:
    """Points as JSON; one that cannot be kept is named, and the others are kept."""
    actor = await _sender(request)
    content = await request.body()
    plain = read_plain(content)
    if plain is None:
        return await _take(request, actor, content, read_batch)
    delivery = _delivery(request, plain.batch_id, content)
    rejected = await services_of(request).metrics.accept_plain(actor, plain.points, delivery)
    if rejected:
        return _answered(plain.told(), rejected)
    return answer({"accepted": len(plain.points), "rejected": []})


@declares(Resource.POINTS, Verb.CREATE)
async def take_system_metrics(request: Request) -> Response:
    """Readings of the machine; they become series under `system/`."""
    actor = await _sender(request)
    return await _take(request, actor, await request.body(), read_system_batch)


async def _sender(request: Request) -> Actor:
    """Who sends points as JSON, if they may."""
    actor = await actor_of(request)
    must_be_allowed(actor, Resource.POINTS, Verb.CREATE, Role.ADMIN)
    must_be(request, JSON)
    return actor


async def _take(
    request: Request, actor: Actor, content: bytes, read: Callable[[bytes], Told]
) -> Response:
    told = await _told(read, content)
    delivery = _delivery(request, told.batch_id, content)
    rejected = await services_of(request).metrics.accept(actor, told.sheet, delivery)
    return _answered(told, rejected)


async def _told(read: Callable[[bytes], Told], content: bytes) -> Told:
    if len(content) < IN_THREAD_BYTES:
        return read(content)
    return await asyncio.to_thread(read, content)


def _answered(told: Told, rejected: Sequence[Rejection]) -> Response:
    accepted = len(told.sheet) - len(rejected)
    if told.items is not None:
        rejected = _in_items(told, rejected)
    every = sorted([*told.rejected, *rejected], key=lambda each: each.index)
    return answer({"accepted": accepted, "rejected": [_said(each) for each in every]})


def _delivery(request: Request, batch_id: str | None, content: bytes) -> Delivery | None:
    """By the id in the body, or by the header that HTTP has for it."""
    header = request.headers.get("idempotency-key", "").strip().strip('"')
    if header and batch_id is not None and header != batch_id:
        raise refusal("/batch_id", "other-key", "The Idempotency-Key says another id.")
    if len(header) > MAX_BATCH_ID:
        raise refusal("", "too-long", f"An Idempotency-Key has at most {MAX_BATCH_ID} characters.")
    name = batch_id or header
    return Delivery(name, hashlib.blake2b(content, digest_size=8).digest()) if name else None


def _in_items(told: Told, rejected: Sequence[Rejection]) -> list[Rejection]:
    """Refusals by item, as the sender counts, instead of by point."""
    assert told.items is not None  # noqa: S101 - the caller looked
    items = told.items
    size = Counter(items)
    keys = dict(zip(told.sheet.place, told.sheet.key, strict=True))
    return [
        Rejection(item, each.code, each.detail, keys[each.index] if size[item] > 1 else None)
        for each in rejected
        for item in (items[each.index],)
    ]


def _said(rejection: Rejection) -> dict[str, Any]:
    said: dict[str, Any] = {
        "index": rejection.index,
        "code": rejection.code,
        "detail": rejection.detail,
    }
    return said if rejection.key is None else said | {"key": rejection.key}


def routes(prefix: str) -> list[Route]:
    """The routes of this file, under the prefix."""
    return [
        Route(prefix + _METRICS, take_metrics, methods=["POST"]),
        Route(prefix + _SYSTEM, take_system_metrics, methods=["POST"]),
    ]


def paths(prefix: str) -> dict[str, Any]:
    """The routes as the description of the API (OpenAPI) has them."""
    metrics = described("sendMetrics", "Points as JSON, 1 to 1000", JSON)
    system = described("sendSystemMetrics", "Readings of the machine as JSON", JSON)
    return {prefix + _METRICS: {"post": metrics}, prefix + _SYSTEM: {"post": system}}
