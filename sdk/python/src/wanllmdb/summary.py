"""Summary: what is left of a run when one line must do. By itself, the last value of every key.

What the user sets stands until the key is logged again. A run that goes on begins with what a
server has of it; there, nested mappings are keys joined with ".".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Set
from typing import Any

from wanllmdb import frame
from wanllmdb.errors import MissingKeyError
from wanllmdb.guard import guarded
from wanllmdb.metric import Metrics
from wanllmdb.moulds import Mould

Write = Callable[[dict[str, Any], list[str]], None]
Convert = Callable[[str, Any], Any]

_ABSENT: Any = object()


class Summary(MutableMapping[str, Any]):
    """A mapping with attributes: `summary["best"] = 1` and `summary.best = 1` are the same.

    Args:
        write: keeps what was set and what no longer stands: (set, unset).
        convert: a value as the wire carries it, `summary.ABSENT` if it has no such form.
    """

    ABSENT = _ABSENT

    def __init__(self, write: Write, convert: Convert) -> None:
        vars(self).update(_settled={}, _seen={}, _moulds={}, _chosen=set())
        vars(self).update(_write=write, _convert=convert)

    _settled: dict[str, Any]
    # The moulds of which there are rows, the newest row's last; and which rows are settled.
    _moulds: dict[Mould, None]
    _seen: dict[Mould, bytes]
    _chosen: set[str]
    _write: Write
    _convert: Convert

    @property
    def _values(self) -> dict[str, Any]:
        """What stands, with the rows that were logged since somebody last looked."""
        settled, seen = self._settled, self._seen
        for mould in list(self._moulds):
            last = mould.last
            if last is not None and last is not seen.get(mould):
                seen[mould] = last
                settled.update(mould.form.row(last[frame.HEAD_BYTES :])[2])
        return settled

    @guarded()
    def __getitem__(self, key: str) -> Any:
        try:
            value = self._values[key]
        except KeyError:
            if inside := below(self._values, key):
                return inside
            raise MissingKeyError(f"The summary has no {key!r}.") from None
        if type(value) is dict:
            return Nested(value, lambda: self._set({key: self._values[key]}))
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    @guarded()
    def __delitem__(self, key: str) -> None:
        if key not in self._values:
            raise MissingKeyError(f"The summary has no {key!r}.")
        self._write({}, [key])
        self._chosen.discard(key)
        del self._values[key]

    @guarded(lambda: iter(()))
    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __repr__(self) -> str:
        return repr(self._values)

    @guarded()
    def update(self, other: Any = (), /, **more: Any) -> None:
        """Set many at once."""
        given = {**(other if isinstance(other, Mapping) else dict(other)), **more}
        converted = {str(key): self._convert(str(key), value) for key, value in given.items()}
        self._set({k: value for k, value in converted.items() if value is not _ABSENT})

    def _set(self, values: dict[str, Any]) -> None:
        if values:
            self._write(values, [])
            self._values.update(values)
            self._chosen.update(values)


def inherit(summary: Summary, known: Mapping[str, Any], chosen: Iterable[str] = ()) -> set[str]:
    """Take over what the server knows of a resumed run, where nothing was logged since.

    What was set there (`chosen`) stands until it is logged again; returned is what of it
    was already.
    """
    values, mine = summary._values, vars(summary)["_chosen"]
    gone = {key for key in chosen if key in values and key not in mine}
    mine.update(key for key in chosen if key not in gone)
    for key, value in known.items():
        values.setdefault(key, value)
    return gone


def below(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The nested mapping of a name that has keys below it, joined with "."; empty without any."""
    prefix = f"{key}."
    found: dict[str, Any] = {}
    for name, value in values.items():
        if not name.startswith(prefix):
            continue
        *way, last = name.removeprefix(prefix).split(".")
        inner = found
        for each in way:
            deeper = inner.setdefault(each, {})
            if not isinstance(deeper, dict):
                break
            inner = deeper
        else:
            inner[last] = value
    return found


def absorb(summary: Summary, values: dict[str, Any], metrics: Metrics, *, plain: bool) -> None:
    """Let a row that was just logged stand in the summary."""
    stale = vars(summary)["_chosen"]
    logged: set[str] = stale.intersection(values) if stale else set()
    if logged:
        _give_way(summary, logged)
    known = summary._values
    if plain and not metrics:
        known.update(values)
        return
    kept, hidden = metrics.summarise(values) if metrics else ({}, set())
    if logged:  # what a definition makes of the row stands there instead, from now on
        metrics.folds.tell_again(logged)
    known.update(_standing(values, known, kept, hidden))


def _standing(
    values: Mapping[str, Any],
    known: Mapping[str, Any],
    kept: Mapping[str, Any],
    hidden: Set[str],
    prefix: str = "",
) -> dict[str, Any]:
    """What stands after a row: of nested values, also what earlier rows had in them."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = prefix + key
        if name in hidden or value is None:
            continue
        if name in kept:
            found[key] = kept[name]
        elif type(value) is dict and "_type" not in value:
            before = known.get(key)
            before = before if type(before) is dict and "_type" not in before else {}
            inside = _standing(value, before, kept, hidden, f"{name}.")
            found[key] = {**before, **inside}
        else:
            found[key] = value
    return found


def _give_way(summary: Summary, keys: set[str]) -> None:
    """What the user set under these keys no longer stands: they were logged again."""
    parts = vars(summary)
    parts["_write"]({}, sorted(keys))
    parts["_chosen"].difference_update(keys)


class Nested(dict[str, Any]):
    """A mapping inside the summary; a change to it is a change of the summary."""

    def __init__(self, inner: dict[str, Any], changed: Callable[[], None]) -> None:
        super().__init__(inner)
        vars(self).update(_inner=inner, _changed=changed)

    _inner: dict[str, Any]
    _changed: Callable[[], None]

    def __getitem__(self, key: str) -> Any:
        value = self._inner[key]
        return Nested(value, self._changed) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise MissingKeyError(f"The summary has no {name!r} there.") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    @guarded()
    def update(self, other: Any = (), /, **more: Any) -> None:
        given = dict(other, **more)
        super().update(given)
        self._inner.update(given)
        self._changed()
