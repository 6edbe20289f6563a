"""Export files: what is taken away, as Parquet, Arrow, CSV or lines of JSON, in pieces.

The writers of `arro3` are Rust, pull what they write and push bytes; they are not loaded before
somebody asks. They work in a thread of their own, beside the event loop, and no faster than the
client reads: what is in memory is bounded however long the file is.

Long files have a row for each point::

    run, key  text
    step      integer
    time      when it was logged (Parquet, Arrow: timestamp in UTC; CSV: the same as text;
              JSON: microseconds since the epoch)
    value     number, null where the point is none; NaN and infinities stay what they are
    object    JSON text of what is no number, and of integers beyond 2^53

Wide files have a row for each step: `_run`, `_step`, `_timestamp`, `_runtime` (seconds) and a
column for each key: numbers, or JSON text if any run logged other things under it. In lines of
JSON, values are as they were logged; what is not finite stands as a text, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import msgspec
import numpy as np

from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.series import Scan
from wanllmdb_server.fronts.rest.export_lines import Part, long_lines, wide_lines
from wanllmdb_server.metrics.extract import Rows, logged_value
from wanllmdb_server.metrics.pyramid import Floats, Ints
from wanllmdb_server.services.export import Contents, Shape

if TYPE_CHECKING:
    from arro3.core import Array, RecordBatch, Schema

Format = Literal["parquet", "arrow", "csv", "jsonl"]


class File(Protocol):
    """What is written to: takes bytes in the order in which they stand in the file."""

    def write(self, content: bytes, /) -> int:
        """Take all of them; may wait."""
        ...


CONTENT_TYPES: Final[dict[Format, str]] = {
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
}
_ROWS: Final = 1 << 15  # of a batch: no writer holds the interpreter for long
_ROW_GROUP: Final = 1 << 20
_HEADINGS: Final = ("_run", "_step", "_timestamp", "_runtime")
_encoder = msgspec.json.Encoder()


def write(
    contents: Contents,
    shape: Shape,
    file_format: Format,
    parts: Iterable[Part],
    file: File,
) -> None:
    """Write the parts into the file. Blocks as long as they take to come."""
    if file_format == "jsonl":
        runs = {run.number: run for run in contents.runs}
        lines = long_lines if shape == "long" else wide_lines
        for part in parts:
            for some in lines(part, runs):
                file.write(_encoder.encode_lines(some))
        return
    from arro3 import io as arrow_io  # 12 MB that most servers never need
    from arro3.core import RecordBatchReader

    layout = _Long(contents) if shape == "long" else _Wide(contents)
    batches = (batch for part in parts for batch in layout.batches(part))
    reader = RecordBatchReader.from_batches(layout.schema, batches)
    match file_format:
        case "parquet":
            # Steps and times are written as differences; numbers byte by byte, which zstd likes.
            encodings: Any = dict.fromkeys(layout.integers, "delta_binary_packed")
            encodings |= dict.fromkeys(layout.numbers, "byte_stream_split")
            plainly: Any = dict.fromkeys(encodings, False)
            arrow_io.write_parquet(
                reader,
                file,  # pyright: ignore[reportArgumentType]
                compression="zstd(1)",
                max_row_group_size=_ROW_GROUP,
                column_dictionary_enabled=plainly,
                column_encoding=encodings,
            )
        case "arrow":
            arrow_io.write_ipc_stream(reader, file)  # pyright: ignore[reportArgumentType]
        case "csv":
            arrow_io.write_csv(reader, file)  # pyright: ignore[reportArgumentType]


class _Long:
    """A row for each point."""

    integers = ("step", "time")
    numbers = ("value",)

    def __init__(self, contents: Contents) -> None:
        from arro3.core import Array, DataType, Field, Schema

        word = DataType.dictionary(DataType.int32(), DataType.utf8())
        self._moment = DataType.timestamp("us", tz="UTC")
        self._text, self._real = DataType.utf8(), DataType.float64()
        self.schema = Schema(
            [
                Field("run", word, nullable=False),
                Field("key", word, nullable=False),
                Field("step", DataType.int64(), nullable=False),
                Field("time", self._moment, nullable=False),
                Field("value", self._real),
                Field("object", self._text),
            ]
        )
        self._run_at = {run.number: at for at, run in enumerate(contents.runs)}
        self._key_at = {key: at for at, key in enumerate(contents.keys)}
        self._runs = Array([run.id for run in contents.runs], type=self._text).cast(word)
        self._keys = Array(list(contents.keys), type=self._text).cast(word)
        self._no_text = Array([None], type=self._text)
        self._no_texts = self._no_text  # as many as were needed at once so far

    def batches(self, part: Part) -> Iterator[RecordBatch]:
        """The points of a part; series of plain numbers go together."""
        together: list[Scan] = []
        for scan in part if not isinstance(part, Rows) else ():
            if scan.objects or scan.extra is not None:
                yield from self._numbers(together)
                together = []
                yield from self._mixed(scan)
            else:
                together.append(scan)
        yield from self._numbers(together)

    def _numbers(self, scans: Sequence[Scan]) -> Iterator[RecordBatch]:
        from arro3.core import Array

        lengths = [len(scan.step) for scan in scans]
        if not sum(lengths):
            return
        runs = [self._run_at[scan.series.run] for scan in scans]
        keys = [self._key_at[scan.series.key] for scan in scans]
        n = sum(lengths)
        whole = self._batch(
            self._runs.take(_indices(np.repeat(np.array(runs, np.int32), lengths))),
            self._keys.take(_indices(np.repeat(np.array(keys, np.int32), lengths))),
            _joined([scan.step for scan in scans]),
            _joined([scan.time for scan in scans]),
            Array.from_numpy(_joined([scan.value for scan in scans])),
            self._without_text(n),
        )
        for first in range(0, n, _ROWS):
            yield whole.slice(first, min(_ROWS, n - first))

    def _without_text(self, n: int) -> Array:
        """So many points that are numbers only."""
        if len(self._no_texts) < n:
            self._no_texts = self._no_text.take(_indices(np.zeros(n, np.int32)))
        return self._no_texts.slice(0, n)

    def _mixed(self, scan: Scan) -> Iterator[RecordBatch]:
        """A series with points that are no plain numbers, by step; of one step numbers first."""
        from arro3.core import Array

        found: list[tuple[int, int, float | None, str | None]] = []
        values = scan.value.tolist()
        for at, (step, time) in enumerate(zip(scan.step.tolist(), scan.time.tolist(), strict=True)):
            exact = logged_value(scan, at)
            text = str(exact) if isinstance(exact, int) else None
            found.append((step, time, values[at], text))
        found += [(step, time, None, _text(value)) for step, time, value in scan.objects]
        found.sort(key=lambda point: point[0])
        for first in range(0, len(found), _ROWS):
            step, time, value, text = zip(*found[first : first + _ROWS], strict=True)
            n = len(step)
            yield self._batch(
                self._runs.take(_indices(np.full(n, self._run_at[scan.series.run]))),
                self._keys.take(_indices(np.full(n, self._key_at[scan.series.key]))),
                np.array(step, np.int64),
                np.array(time, np.int64),
                Array(list(value), type=self._real),
                Array(list(text), type=self._text),
            )

    def _batch(
        self, run: Array, key: Array, step: Any, time: Any, value: Array, text: Array
    ) -> RecordBatch:
        from arro3.core import Array, RecordBatch

        steps = Array.from_numpy(np.ascontiguousarray(step))
        times = Array.from_numpy(np.ascontiguousarray(time)).cast(self._moment)
        return RecordBatch.from_arrays([run, key, steps, times, value, text], schema=self.schema)


class _Wide:
    """A row for each step."""

    integers = ("_step",)

    def __init__(self, contents: Contents) -> None:
        from arro3.core import DataType, Field, Schema

        self._runs = {run.number: run for run in contents.runs}
        self._text, self._real = DataType.utf8(), DataType.float64()
        self._numbers = [key for key, kind in contents.keys.items() if kind == "number"]
        self.numbers = ("_timestamp", "_runtime", *self._numbers)
        self._keys = contents.keys
        kinds = [DataType.utf8(), DataType.int64(), self._real, self._real]
        fields = [
            Field(name, kind, nullable=False) for name, kind in zip(_HEADINGS, kinds, strict=True)
        ]
        fields += [
            Field(key, self._real if kind == "number" else self._text)
            for key, kind in contents.keys.items()
        ]
        self.schema: Schema = Schema(fields)

    def batches(self, part: Part) -> Iterator[RecordBatch]:
        """The rows of a part."""
        from arro3.core import Array, RecordBatch

        if not isinstance(part, Rows) or not len(part.step):
            return
        run = self._runs[part.run]
        n = len(part.step)
        columns = [
            Array([run.id], type=self._text).take(_indices(np.zeros(n))),
            Array.from_numpy(part.step),
            Array.from_numpy(part.time / 1e6),
            Array.from_numpy((part.time - run.started_at) / 1e6),
        ]
        columns += [
            self._column(part, key, is_number=kind == "number") for key, kind in self._keys.items()
        ]
        whole = RecordBatch.from_arrays(columns, schema=self.schema)
        for first in range(0, n, _ROWS):
            yield whole.slice(first, min(_ROWS, n - first))

    def _column(self, part: Rows, key: str, *, is_number: bool) -> Array:
        from arro3.core import Array, ChunkedArray

        kind = self._real if is_number else self._text
        none, n = Array([None], type=kind), len(part.step)
        if key not in part.columns:
            return none.take(_indices(np.zeros(n)))
        places, values = part.columns[key]
        if is_number:
            places, known = _numbers_of(places, values)
            if len(places) == n:
                return Array.from_numpy(known)
            filled = Array.from_numpy(known)
        else:
            said = values if isinstance(values, list) else values.tolist()
            filled = Array(list(map(_text, said)), type=self._text)
        which = np.full(n, len(places))
        which[places] = np.arange(len(places))
        return ChunkedArray([filled, none]).combine_chunks().take(_indices(which))


def _joined(parts: Sequence[Any]) -> Any:
    """Arrays of numbers as one; a single one is taken as it is."""
    return np.ascontiguousarray(parts[0]) if len(parts) == 1 else np.concatenate(parts)


def _numbers_of(places: Ints, values: Floats | list[Any]) -> tuple[Ints, Floats]:
    """Those values that are numbers, and where they are."""
    if not isinstance(values, list):
        return places, np.ascontiguousarray(values)
    kept = [at for at, value in enumerate(values) if isinstance(value, (int, float))]
    return places[kept], np.array([float(values[at]) for at in kept], np.float64)


def _indices(places: Any) -> Array:
    from arro3.core import Array

    return Array.from_numpy(np.ascontiguousarray(places, np.int32))


def _text(value: object) -> str:
    return _encoder.encode(plain(value)).decode()
