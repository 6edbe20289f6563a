"""What `log()` accepts, as a row of the wire, and which step the row gets.

A row is written the moment it is logged, also while its step is still open
(`commit=False`, `step=`): what is logged later for the same step is another record with the
same step, and the reader merges them. So nothing waits in memory to be lost, and nothing is
ever refused for its step: a lower step than the last is kept where the user put it.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from wanllmdb import frame
from wanllmdb.counter import Counter
from wanllmdb.errors import RowError
from wanllmdb.frame import Form
from wanllmdb.values import LOGGED, NoRoom, Oversized, Unloggable, is_array, text
from wanllmdb.wire import MAX_KEY_BYTES, MAX_KEYS_PER_RUN, MAX_RECORD_BYTES, encode

# What every row has anyway: a value for one of these is not the user's.
RESERVED: Final = frozenset({"_step", "_runtime", "_timestamp"})
MAX_TEXT_BYTES: Final = 64 * 1024  # what is kept of a value that is too large for a record
_ROOM: Final = MAX_RECORD_BYTES - 1024  # for the record around the values
_INT64: Final = 1 << 63
MAX_STEP: Final = _INT64 - 1
_NEAR_THE_END: Final = MAX_STEP - (1 << 48)  # nobody logs so many rows
BAD_STEP: Final = (
    "a step that is no integer of 64 bits was taken as the nearest one before it, or as the next; "
    "log such an x as a value, and name it as step_metric in define_metric()"
)

_FULL: Final = f"a run has at most {MAX_KEYS_PER_RUN:,} keys; values of further ones are left out"

_FLOATS: Final = frozenset({float, bool})
_PLAIN: Final = frozenset({float, bool, int})


class Loser(Protocol):
    """Who is told that something could not be kept."""

    def __call__(self, reason: str, detail: str, *, count: int = 1) -> None:
        """Count it, and say so once for each reason and detail."""
        ...


class Elsewhere(NamedTuple):
    """A value that stands in the row under another key than it was logged under."""

    key: str
    value: Any


class FileKeeper(Protocol):
    """Who keeps values that are files: images, tables, figures, data frames."""

    def __call__(self, key: str, value: Any) -> Any:
        """What stands in the row for the value, maybe `Elsewhere`; None if it is no file."""
        ...


def no_files(key: str, value: Any) -> None:
    """A `FileKeeper` that knows no files."""
    del key, value


class RowMaker:
    """Makes rows from what `log()` was given; remembers the keys it has seen."""

    def __init__(self, lose: Loser, keep: FileKeeper = no_files) -> None:
        self._lose = lose
        self._keep = keep
        self._known: set[str] = set()

    def make(self, data: Mapping[str, Any], *, asked: Form | None = None) -> dict[str, Any]:
        """The values of a row; `data` itself when all of it is plain numbers under known keys.

        Args:
            data: what `log()` was given.
            asked: a mould of this form has asked the values for numbers, and one had none.

        Raises:
            RowError: it is no mapping, or one of its keys is no string.
        """
        if type(data) is dict and self._known.issuperset(data):
            kinds = set(map(type, data.values()))
            if kinds <= _FLOATS or (kinds <= _PLAIN and _fits(data)):
                return data
        return self._make_slowly(data, asked)

    def _make_slowly(self, data: object, asked: Form | None) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise RowError(
                f"wandb.log must be passed a dictionary; this is of type {type(data).__name__}."
            )
        if not all(isinstance(key, str) for key in data):
            raise RowError("Key values passed to `wandb.log` must be strings.")
        culprit = None if asked is None else _culprit(data, asked)
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key in RESERVED:
                continue
            name = self._checked_key(key)
            if name is None:
                continue
            if key == culprit:
                what = f"a value of type {type(value).__name__} would not become a number"
                self._lose("raised", f"{name!r}: {what}")
                continue
            self._take(values, name, value)
        return values

    def _take(self, values: dict[str, Any], name: str, value: Any) -> None:
        try:
            kept = self.read(name, value)
            name, kept = self._moved(kept) if type(kept) is Elsewhere else (name, kept)
        except NoRoom as error:
            self._lose("spool-limit-media", f"{name!r} is left out: {error}")
        except Oversized as error:
            self._lose("too-large", f"{name!r} is {error}; it was left out")
            values[name] = f"[left out: {error}]"
        except Unloggable as error:
            self._lose("unloggable", f"{name!r} has {error}, which cannot be kept")
        except Exception as error:  # noqa: BLE001 - the user's object raised; the rest is kept
            what = f"reading a value of type {type(value).__name__} raised {type(error).__name__}"
            self._lose("raised", f"{name!r}: {what}")
        else:
            if kept != {} or not isinstance(kept, dict):
                values[name] = kept

    def read(self, name: str, value: Any) -> Any:
        """What stands for a value, maybe `Elsewhere`.

        Raises:
            Unloggable: it has no form that could be kept.
        """
        kept = self._keep(name, value)
        return LOGGED.convert(value) if kept is None else kept

    def _moved(self, kept: Elsewhere) -> Elsewhere:
        name = self._checked_key(kept.key)
        return Elsewhere(name, kept.value) if name else Elsewhere("", {})

    def _checked_key(self, key: str) -> str | None:
        """The name that a key is kept under; None if the run has no room for another."""
        if type(key) is str and key in self._known:
            return key
        name = text(key)
        size = len(name.encode())
        if size > MAX_KEY_BYTES:
            self._lose("key-too-long", f"{name[:40]!r}... has {size} bytes; it was cut")
            name = cut_key(name)
        if name not in self._known:
            if len(self._known) >= MAX_KEYS_PER_RUN:
                self._lose("too-many-keys", _FULL)
                return None
            self._known.add(name)
        return name


def _culprit(data: Mapping[str, Any], form: Form) -> str | None:
    """The key of the value that raised when a mould asked it for a number; None if not sure.

    A mould asks every value, and does not say which one had none. If all the others fit, it was
    the one that is left, and it is not asked again: it may have worked long, or on a GPU.
    """
    found = None
    for (key, value), code in zip(data.items(), form.types, strict=True):
        kind = type(value)
        if kind is bool or frame.TYPES.get(kind) == code or (kind is int and code == "d"):
            continue
        if found is not None or not _was_asked(value, code):
            return None
        found = key
    return found if _fits(data) else None


def _was_asked(value: Any, code: str) -> bool:
    """Whether a mould ran code of the user's to get a number of this type, and of no array."""
    kind = type(value)
    numeric = hasattr(kind, "__index__") or (code == "d" and hasattr(kind, "__float__"))
    if not numeric or isinstance(value, (float, int)):
        return False
    try:
        return not is_array(value)
    except Exception:  # noqa: BLE001 - the user's object; whatever it is, it was asked
        return True


class Steps:
    """The counter of steps. It follows the user's steps up, and never goes back.

    Attributes:
        next: the step of a row for which the user names none; it is taken then.
    """

    __slots__ = ("_beside", "_counter", "_left", "_open", "next")

    def __init__(self, current: int = 0) -> None:
        self._left: int | None = None  # the step that `commit=False` has left open
        self._beside = -_INT64  # the last one that was given away beside an open one
        self._begin(current)

    @property
    def current(self) -> int:
        """The step that the next row gets if the user names none."""
        return min(self._counter.value + 1, MAX_STEP) if self._open is None else self._open

    def take(self, step: int | None, commit: bool | None) -> int:
        """The step of this row; an explicit step stays open unless `commit` is true."""
        if step is None and commit is False:
            self._left = self.current
            return self._left
        if step is None:
            return self.next()
        if step >= (self.current if self._open is None else self._open):
            if commit:
                self._begin(step + 1)
            else:
                self._open, self.next = step, self._leave
        return step

    def beside(self) -> int:
        """A step for a row that is not the user's: one that is open stays so. For one thread."""
        if self._open is None:
            step = self.next()
            if step != self._left:
                return step
            self._beside = self.next()
            self._open, self.next = step, self._leave
        else:
            self._beside = min(max(self._beside, self._open) + 1, MAX_STEP)
        return self._beside

    def _begin(self, current: int) -> None:
        self._open: int | None = None
        self._counter = Counter(current - 1)
        self.next = self._counter.next if current < _NEAR_THE_END else self._next_at_the_end

    def _next_at_the_end(self) -> int:
        """Behind the last step of 64 bits there is none: rows stay there."""
        return min(self._counter.next(), MAX_STEP)

    def _leave(self) -> int:
        """Take the open step, and count on from there."""
        step = self.current
        self._begin(max(step, self._beside) + 1)
        return step


def as_step(step: Any) -> int:
    """The step as an int: ints, 0-d arrays, floats that are whole.

    Raises:
        RowError: it is none, or beyond 64 bits.
    """
    number: int | None = None
    try:
        number = operator.index(step)
    except (TypeError, ValueError):
        value = _plain(step)
        if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
            number = int(value)
    if number is None or not -_INT64 <= number <= MAX_STEP:
        raise RowError(f"A step is an integer of 64 bits, not {step!r:.80}.")
    return number


def nearest_step(step: Any) -> int | None:
    """The step that a row is kept at when `as_step` refused its own, so that the order stays.

    Between two integers the lower one, beyond 64 bits the last one; None for what is no number.
    """
    value = _plain(step)
    if isinstance(value, float) and math.isfinite(value):
        value = math.floor(value)
    return max(-_INT64, min(value, MAX_STEP)) if isinstance(value, int) else None


def _plain(step: Any) -> Any:
    return step.item() if callable(getattr(step, "item", None)) else step


def payloads(step: int, time: int, values: dict[str, Any], lose: Loser) -> list[bytes]:
    """A row as payloads of the wire: one, or several of the same step if it is large."""
    whole = encode((step, time, values))
    if len(whole) <= MAX_RECORD_BYTES:
        return [whole]
    found: list[bytes] = []
    part: dict[str, Any] = {}
    room = _ROOM
    for key, value in values.items():
        size = len(encode(key)) + len(encode(value))
        if size > _ROOM:
            lose("too-large", f"{key!r} has {size} bytes; its beginning was kept")
            value = cut_value(value, size)
            size = len(encode(key)) + len(encode(value))
        if size > room:
            found.append(encode((step, time, part)))
            part, room = {}, _ROOM
        part[key] = value
        room -= size
    found.append(encode((step, time, part)))
    return found


def cut_key(key: str) -> str:
    """A key that fits, and that no other long key is cut to."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    room = MAX_KEY_BYTES - len(digest) - 1
    return f"{key.encode()[:room].decode('utf-8', 'ignore')}~{digest}"


def cut_value(value: Any, size: int) -> str:
    """What is kept of a value that is larger than a record."""
    if isinstance(value, str):
        start = value[:MAX_TEXT_BYTES].encode()[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
        return f"{start}… [cut: {size} bytes]"
    return f"[left out: a {type(value).__name__} of {size} bytes]"


def _fits(data: Mapping[str, Any]) -> bool:
    """Whether every int of a plain row has at most 64 bits."""
    return all(-_INT64 <= value < _INT64 for value in data.values() if type(value) is int)
