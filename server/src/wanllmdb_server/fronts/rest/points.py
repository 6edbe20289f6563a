"""The ingest routes: packed batches of the SDK, and JSON for curl and other languages.

The hot path: plain Starlette endpoints, for a batch is bytes that the store takes as they are,
and has nothing to gain from a layer that looks at each value.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wanllmdb import wire
from wanllmdb_server.domain.access import Resource, Role, Verb, must_be_allowed
from wanllmdb_server.domain.errors import Fault, InvalidError, ServerError
from wanllmdb_server.domain.metric import MAX_METRICS, Metric, Rejection
from wanllmdb_server.fronts.rest import problems
from wanllmdb_server.fronts.rest.auth import actor_of
from wanllmdb_server.fronts.rest.json_body import strict_json
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.rest.services import services_of

MAX_BATCH_ID: Final = 64
_INT64: Final = 1 << 63
_JSON: Final = "application/json"
_WRITER: Final = "/projects/{owner}/{project}/runs/{run}/writers/{writer}/batches"
_METRICS: Final = "/metrics/batch"

_Int64 = Annotated[int, msgspec.Meta(ge=-_INT64, le=_INT64 - 1)]
_Time = Annotated[int, msgspec.Meta(ge=0, le=_INT64 - 1)]


class MetricBody(msgspec.Struct):
    """One point as it comes; what else it says is not ours."""

    run_id: str
    value: float | str | bool | None
    key: str | None = None
    metric_name: str | None = None
    step: _Int64 | None = None
    timestamp: _Time | str | None = None


class BatchBody(msgspec.Struct):
    """A batch as it comes: its points are looked at one by one."""

    metrics: list[msgspec.Raw]
    batch_id: str | None = None


_metric_decoder = msgspec.json.Decoder(MetricBody)
_batch_decoder = msgspec.json.Decoder(BatchBody)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}


@declares(Resource.POINTS, Verb.CREATE)
async def take_batch(request: Request) -> Response:
    """A packed batch of one writer of a run."""
    actor = await actor_of(request)
    must_be_allowed(actor, Resource.POINTS, Verb.CREATE, Role.ADMIN)
    _must_be(request, wire.CONTENT_TYPE)
    path = request.path_params
    answer = await services_of(request).ingest.accept(
        actor, path["owner"], path["project"], path["run"], path["writer"], await request.body()
    )
    return _answer(
        {
            "position": answer.accepted.position,
            "rows": answer.accepted.rows,
            "rejected": [
                {"position": position, "code": code, "detail": detail}
                for position, code, detail in answer.accepted.rejected
            ],
            "stop": answer.stop,
            "watched": answer.watched,
        }
    )


@declares(Resource.POINTS, Verb.CREATE)
async def take_metrics(request: Request) -> Response:
    """Points as JSON; one that cannot be kept is named, and the others are kept."""
    actor = await actor_of(request)
    must_be_allowed(actor, Resource.POINTS, Verb.CREATE, Role.ADMIN)
    _must_be(request, _JSON)
    body = _batch_of(await request.body())
    metrics: list[tuple[int, Metric]] = []
    rejections: list[Rejection] = []
    for index, raw in enumerate(body.metrics):
        found = _metric_of(index, raw)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            metrics.append((index, found))
    accepted, more = await services_of(request).ingest.accept_json(actor, metrics, body.batch_id)
    rejected = sorted([*rejections, *more], key=lambda rejection: rejection.index)
    return _answer({"accepted": accepted, "rejected": rejected})


def routes(prefix: str) -> list[Route]:
    """The routes of this file, under the prefix."""
    return [
        Route(prefix + _WRITER, take_batch, methods=["POST"]),
        Route(prefix + _METRICS, take_metrics, methods=["POST"]),
    ]


def paths(prefix: str) -> dict[str, Any]:
    """The routes as the description of the API (OpenAPI) has them."""
    names = ("owner", "project", "run", "writer")
    batch = _described("sendBatch", "A packed batch of one writer of a run", wire.CONTENT_TYPE)
    batch["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    metrics = _described("sendMetrics", "Points as JSON, 1 to 1000", _JSON)
    return {prefix + _WRITER: {"post": batch}, prefix + _METRICS: {"post": metrics}}


def _described(name: str, summary: str, media_type: str) -> dict[str, Any]:
    return {
        "tags": ["ingest"],
        "operationId": name,
        "summary": summary,
        "description": "docs/reference/http-api.md has the body and the answer.",
        "requestBody": {"required": True, "content": {media_type: {}}},
        "responses": {
            "200": {"description": "Durable", "content": {_JSON: {"schema": {"type": "object"}}}},
            "default": {"description": "What went wrong", "content": {problems.MEDIA_TYPE: {}}},
        },
    }


def _must_be(request: Request, wanted: str) -> None:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != wanted:
        raise HTTPException(415, f"This route takes {wanted}.")


def _batch_of(content: bytes) -> BatchBody:
    try:
        body = _batch_decoder.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        strict_json(content)  # says more exactly what is wrong with what is no JSON
        raise _refusal("", "invalid", str(error)) from error
    if not 1 <= len(body.metrics) <= MAX_METRICS:
        raise _refusal("/metrics", "too-many-items", f"From 1 to {MAX_METRICS} metrics.")
    if body.batch_id is not None and not 1 <= len(body.batch_id) <= MAX_BATCH_ID:
        raise _refusal("/batch_id", "too-long", f"From 1 to {MAX_BATCH_ID} characters.")
    return body


def _metric_of(index: int, raw: msgspec.Raw) -> Metric | Rejection:
    """The point at this place of a batch, or why there is none."""
    try:
        said = _metric_decoder.decode(raw)
        return Metric(
            run=said.run_id,
            key=_key(said.key or said.metric_name),
            value=_value(said.value),
            step=said.step,
            time=_time(said.timestamp),
        )
    except (msgspec.DecodeError, RecursionError) as error:
        return Rejection(index, "invalid", str(error))
    except ServerError as error:
        return Rejection(index, error.code, str(error))


def _key(said: str | None) -> str:
    if not said:
        raise InvalidError("A point says its key.", code="missing-key")
    if len(said.encode()) > wire.MAX_KEY_BYTES:
        raise InvalidError(f"A key has at most {wire.MAX_KEY_BYTES} bytes.", code="key-too-long")
    return said


def _value(said: float | str | bool | None) -> Any:
    if said is None:
        raise InvalidError("null is no value.", code="bad-value")
    if not isinstance(said, str):
        return said
    if said not in _SPECIAL:
        raise InvalidError(
            'A value is a number, "NaN", "Infinity" or "-Infinity".', code="bad-value"
        )
    return _SPECIAL[said]


def _time(said: int | str | None) -> int | None:
    """Microseconds since the epoch."""
    if not isinstance(said, str):
        return said
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidError(
            "A timestamp is RFC 3339 with its zone, or microseconds since the epoch.",
            code="bad-timestamp",
        )
    return max(0, round((moment - _EPOCH) / _MICROSECOND))


def _refusal(pointer: str, code: str, detail: str) -> InvalidError:
    return InvalidError(detail, faults=[Fault(pointer, code, detail)])


def _answer(said: object) -> Response:
    return Response(msgspec.json.encode(said), media_type=_JSON)
