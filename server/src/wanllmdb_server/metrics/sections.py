"""Sections: excerpts of several forms that are of one length, all frames of a form in a row.

So the server itself frames points that each have a moment of their own (`framing`): there is a
form for each key, and the whole excerpt is one table that is cut where the form changes. What a
spool writes mixes its forms, and is read by `excerpts`; the answers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np

from wanllmdb import frame
from wanllmdb.frame import FRAME_BYTES, HEAD_BYTES, VALUES_KIND, Form
from wanllmdb.wire import Excerpt
from wanllmdb_server.metrics import shapes
from wanllmdb_server.metrics.cells import bad_key
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.columns import Column, Columns
from wanllmdb_server.metrics.pyramid import Ints

_COMMON: Final = np.array([*range(9), frame.KIND_AT])  # bytes that frames of a length share
_FORM: Final = slice(HEAD_BYTES, HEAD_BYTES + 2)
_STEP: Final = HEAD_BYTES + 2


def columns_of(excerpt: Excerpt) -> Columns | None:
    """The rows as columns; None if they do not stand so, or are not all whole plain numbers."""
    size = _size(excerpt.forms)
    count, rest = divmod(len(excerpt.content), size) if size else (0, 1)
    if rest or not count:
        return None
    table = np.frombuffer(excerpt.content, np.uint8).reshape(count, size)
    head = frame.HEAD.pack(frame.MAGIC, frame.VERSION, size - FRAME_BYTES, 0, VALUES_KIND)
    if (table[:, _COMMON] != np.frombuffer(head, np.uint8)[_COMMON]).any():
        return None
    if crc32(excerpt.content) != shapes.checksum(size, count):
        return None
    form: Ints = np.ascontiguousarray(table[:, _FORM]).view("<u2").ravel().astype(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(form)) + 1).tolist(), count]
    found = form[cuts[:-1]].tolist()
    if len(set(found)) < len(found) or not excerpt.forms.keys() >= set(found):
        return None
    words = np.ascontiguousarray(table[:, _STEP:-4]).view("<i8").T.copy()
    step, time, values = words[0], words[1], words[2:].view(np.float64)
    if (time < 0).any():
        return None
    position = excerpt.begin + np.arange(1, count + 1) * size
    columns = Columns(position)
    for number, (begin, end) in zip(found, pairwise(cuts), strict=True):
        part = slice(begin, end)
        for key, value in zip(excerpt.forms[number].keys, values, strict=True):
            points = Stretch(step[part], time[part], value[part])
            columns.numbers[key] = Column(position[part], points)
    return columns


def _size(forms: Mapping[int, Form]) -> int:
    """Of a frame of any of the forms; 0 if they are not alike, or not to be read so."""
    keys = [key for form in forms.values() for key in form.keys]
    widths = {len(form.keys) for form in forms.values()}
    if len(forms) < 2 or len(widths) > 1 or len(set(keys)) < len(keys) or any(map(bad_key, keys)):
        return 0
    if any("q" in form.types for form in forms.values()):
        return 0
    return next(iter(forms.values())).payload_bytes + FRAME_BYTES
