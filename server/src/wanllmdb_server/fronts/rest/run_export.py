"""RunExport: the runs of a project as a file, a row for each run, streamed.

Times are ISO 8601 in CSV, timestamps in Parquet and microseconds since the epoch in JSON. A column
that holds numbers and texts has texts in Parquet; tags are JSON text in CSV and Parquet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.language import parse_order
from wanllmdb_server.domain.run_columns import Shown, read_column
from wanllmdb_server.fronts.rest.asked_runs import asked_filter
from wanllmdb_server.fronts.rest.attachment import attached
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.drip import Drip
from wanllmdb_server.fronts.rest.export_files import CONTENT_TYPES, File
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas.run_tables import ExportedRuns, Format
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.services.run_search import Asked, Kind

Part = list[list[Shown]]

_KINDS: Final[dict[Format, str]] = {
    "csv": CONTENT_TYPES["csv"],
    "json": "application/json",
    "jsonl": CONTENT_TYPES["jsonl"],
    "parquet": CONTENT_TYPES["parquet"],
}
_RESPONSES: Final = {
    200: {"description": "The file.", "content": {kind: {} for kind in _KINDS.values()}}
}
_encode = msgspec.json.Encoder().encode

router = RestRouter(prefix=f"{API}/projects/{{owner}}/{{project}}/runs", tags=["runs"])


@router.post(
    "/export",
    access=(Resource.RUN, Verb.READ),
    operation_id="exportRuns",
    response_class=Response,
    responses=_RESPONSES,
)
async def export_runs(
    request: Request, owner: str, project: str, body: ExportedRuns, actor: CurrentActor
) -> Response:
    """All runs that pass, with columns, as a file."""
    named = body.columns
    columns = {name: read_column(name, f"/columns/{at}") for at, name in enumerate(named or ())}
    asked = Asked(asked_filter(body), columns, parse_order(body.order))
    tables = services_of(request).run_tables
    file = await tables.export(actor, owner, project, asked, every=named is None)
    drip = Drip[Part](file.parts(), partial(_write, file.kinds, body.format))
    return await attached(drip, f"{project}-runs", body.format, _KINDS[body.format])


def _write(
    kinds: Mapping[str, Kind], file_format: Format, parts: Iterator[Part], file: File
) -> None:
    """Write the parts into the file. Blocks as long as they take to come."""
    match file_format:
        case "csv":
            for text in _csv(kinds, parts):
                file.write(text.encode())
        case "jsonl":
            for row in _rows(kinds, parts):
                file.write(_encode(row) + b"\n")
        case "json":
            mark = b"["
            for row in _rows(kinds, parts):
                file.write(mark + b"\n" + _encode(row))
                mark = b","
            file.write(b"\n]\n" if mark == b"," else b"[]\n")
        case "parquet":
            _parquet(kinds, parts, file)


def _rows(kinds: Mapping[str, Kind], parts: Iterable[Part]) -> Iterator[dict[str, Shown]]:
    for part in parts:
        for values in zip(*part, strict=True):
            yield dict(zip(kinds, values, strict=True))


def _csv(kinds: Mapping[str, Kind], parts: Iterable[Part]) -> Iterator[str]:
    """The heading, then the rows of each part."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(kinds)
    yield text.getvalue()
    for part in parts:
        text.seek(0)
        text.truncate()
        columns = [
            [_cell(kind, value) for value in values]
            for kind, values in zip(kinds.values(), part, strict=True)
        ]
        writer.writerows(zip(*columns, strict=True))
        yield text.getvalue()


def _cell(kind: Kind, value: Shown) -> object:
    if kind == "time" and isinstance(value, (int, float)):
        return datetime.fromtimestamp(value / 1e6, UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    return _encode(value).decode() if isinstance(value, list) else value


def _parquet(kinds: Mapping[str, Kind], parts: Iterable[Part], file: File) -> None:
    from arro3 import io as arrow_io  # 12 MB that most servers never need
    from arro3.core import Array, DataType, RecordBatch, RecordBatchReader, Schema
    from arro3.core import Field as Heading

    types: dict[Kind, DataType] = {
        "number": DataType.float64(),
        "boolean": DataType.bool(),
        "time": DataType.timestamp("us", tz="UTC"),
    }
    text = DataType.utf8()
    schema = Schema([Heading(name, types.get(kind, text)) for name, kind in kinds.items()])

    def column(kind: Kind, values: Sequence[Shown]) -> Array:
        match kind:
            case "time":
                return Array(list(values), type=DataType.int64()).cast(types[kind])
            case "boolean":
                return Array(list(values), type=types[kind])
            case "number":
                said = [_real(value) for value in values]
                return Array(said, type=types[kind])
            case _:
                return Array([_worded(value) for value in values], type=text)

    def batches() -> Iterator[RecordBatch]:
        for part in parts:
            arrays = [column(k, v) for k, v in zip(kinds.values(), part, strict=True)]
            yield RecordBatch.from_arrays(arrays, schema=schema)

    reader = RecordBatchReader.from_batches(schema, batches())
    arrow_io.write_parquet(reader, file, compression="zstd(1)")  # pyright: ignore[reportArgumentType]


def _real(value: Shown) -> float | None:
    """A number; those that are not finite are shown as texts."""
    return None if value is None or isinstance(value, list) else float(value)


def _worded(value: Shown) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _encode(value).decode()
