"""Moulds: rows that are alike are written as their numbers alone.

A training logs the same keys again and again. When a set of keys comes a second time with
nothing but numbers it gets a mould: the form (`frame.Form`) that the journal names once, and a
packer that makes the whole frame of a row in one call. What is unlike, nested, text or media
needs no mould and is written with its keys.

A mould takes what is a number of its types: under a key that has been a float an int is kept
as a float, as a store of series keeps it anyway, and so is all that Python can make a float
of. What does not fit is a `Misfit`, and its like gets a mould of its own in time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wanllmdb import frame
from wanllmdb.frame import Form

# Bounds of what every segment repeats: forms, and bytes of their declarations.
MAX_MOULDS: Final = 256
MAX_DECLARED: Final = 64 * 1024
MAX_SEEN: Final = 1024

Pack = Callable[..., bytes]


class Misfit(ValueError):  # noqa: N818 - it is a fact about a row
    """A row is not of the mould that its keys were thought to have."""


@dataclass(eq=False, slots=True)
class Mould:
    """What makes frames of rows of one form.

    Attributes:
        number: of the form, in its journal.
        form: keys and types.
        pack: (prefix, count, sign, step, time_us, *values) → the frame without its checksum.
            Raises whatever a value raises that is no number of its type.
        prefix: what all frames of this form begin with.
        sign: the kind of the frame and the number of the form.
        size: of the frame with its checksum.
        last: the frame that was made last; None if its row is known elsewhere.
    """

    number: int
    form: Form
    pack: Pack
    prefix: bytes
    sign: bytes
    size: int
    last: bytes | None = None

    def payload(self, step: int, time_us: int, values: Iterable[Any]) -> bytes:
        """The payload of a row alone. Raises `Misfit`."""
        try:
            content = self.pack(self.prefix, 0, self.sign, step, time_us, *values)
        except Exception as error:
            raise Misfit(str(error)) from error
        self.last = content
        return content[frame.HEAD_BYTES :]


class Moulds:
    """The moulds of one journal.

    Attributes:
        known: by the keys of a row, in its order; the newest one for these keys.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[str, ...], Mould] = {}
        self._all: list[Mould] = []
        self._seen: set[Form] = set()
        self._declared = 0

    def fitting(self, row: Mapping[str, Any]) -> Mould | None:
        """A known mould that takes this row as it is."""
        mould = self.known.get(tuple(row))
        if mould is None:
            return None
        kinds = zip(map(type, row.values()), mould.form.types, strict=True)
        fits = all(code == frame.TYPES.get(kind) for kind, code in kinds)
        return mould if fits else None

    def wanted(self, row: Mapping[str, Any]) -> Form | None:
        """The form that a row should get a mould for: its like came before, and there is room."""
        types = "".join(frame.TYPES.get(type(value), "") for value in row.values())
        if not 0 < len(types) == len(row) <= frame.MAX_FORM_KEYS:
            return None
        form = Form(tuple(map(str.__str__, row)), types)  # also of a subclass of str
        if form not in self._seen:
            if len(self._seen) >= MAX_SEEN:
                self._seen.clear()
            self._seen.add(form)
            return None
        size = len(frame.declaration(0, form))
        full = len(self._all) >= MAX_MOULDS or self._declared + size > MAX_DECLARED
        return None if full else form

    def cast(self, form: Form) -> Mould:
        """The mould of a form, with the next number; it is not yet known."""
        packer = struct.Struct(f"<9sI3sqq{form.types}")
        number = len(self._all)
        length = packer.size - frame.HEAD_BYTES
        return Mould(
            number,
            form,
            packer.pack,
            prefix=frame.MAGIC + bytes((frame.VERSION,)) + length.to_bytes(4, "little"),
            sign=bytes((frame.VALUES_KIND,)) + number.to_bytes(2, "little"),
            size=packer.size + frame.CHECK.size,
        )

    def keep(self, mould: Mould) -> None:
        """Know a mould from now on: its form is declared."""
        self._declared += len(frame.declaration(mould.number, mould.form))
        self._all.append(mould)
        self.known[mould.form.keys] = mould

    def form(self, number: int) -> Form | None:
        """The form of this number."""
        return self._all[number].form if number < len(self._all) else None

    @property
    def declared_bytes(self) -> int:
        """What all declarations take."""
        return self._declared

    def declarations(self) -> list[bytes]:
        """The payloads that declare every form there is a mould for."""
        return [frame.declaration(each.number, each.form) for each in list(self._all)]
