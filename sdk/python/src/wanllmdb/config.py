"""Config: what a run was started with. A mapping with attributes, kept by the server, too.

Setting a key to another value is an error unless it is asked for, because a config that
changes during a run describes no run. Nested values are plain dicts: what is changed inside
them is found and sent when the run ends.
"""

from __future__ import annotations

import copy
import enum
import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from wanllmdb.config_forms import as_mapping, opened
from wanllmdb.errors import ConfigError, MissingKeyError, UsageError
from wanllmdb.guard import guarded
from wanllmdb.redaction import clean
from wanllmdb.values import Converter, Unloggable, Way, text
from wanllmdb.wire import MAX_DEPTH

Write = Callable[[dict[str, Any]], None]
Warn = Callable[[str], None]


class Config(MutableMapping[str, Any]):
    """The config of one run: `config["lr"]` and `config.lr` are the same.

    Keys that begin with an underscore are kept, and not listed.

    Args:
        write: keeps what was set, as the wire carries it and without secrets.
        warn: tells the user that an update was ignored.
        allow_val_change: whether a key may get another value without saying so.
    """

    def __init__(self, write: Write, warn: Warn, *, allow_val_change: bool = False) -> None:
        vars(self).update(
            _items={},
            _locked={},
            _write=write,
            _warn=warn,
            _lenient=allow_val_change,
            _sent={},
        )

    _items: dict[str, Any]
    _locked: dict[str, str]
    _write: Write
    _warn: Warn
    _lenient: bool
    _sent: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        try:
            return self._items[key]
        except KeyError:
            raise MissingKeyError(f"The config has no {key!r}.") from None

    @guarded()
    def __setitem__(self, key: str, value: Any) -> None:
        self._change({key: value}, self._lenient)

    @guarded()
    def __delitem__(self, key: str) -> None:
        if key not in self._items:
            raise MissingKeyError(f"The config has no {key!r}.")
        self._write({key: None})
        del self._items[key]

    @guarded(lambda: iter(()))
    def __iter__(self) -> Iterator[str]:
        return iter([key for key in self._items if not key.startswith("_")])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __repr__(self) -> str:
        return repr(dict(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """A copy belongs to no run: it is a plain dict."""
        return copy.deepcopy(dict(self), memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def as_dict(self) -> dict[str, Any]:
        """All items, those with an underscore, too, as a plain dict."""
        return dict(self._items)

    @guarded()
    def update(self, other: Any = (), /, allow_val_change: bool | None = None, **more: Any) -> None:
        """Set many at once, from a mapping, pairs, a namespace or a dataclass."""
        lenient = self._lenient if allow_val_change is None else allow_val_change
        self._change({**(as_mapping(other) or {}), **more}, lenient)

    @guarded()
    def setdefaults(self, other: Any = (), /) -> None:
        """Set what is not set yet."""
        given = as_mapping(other) or {}
        fresh = {key: value for key, value in given.items() if stripped(key) not in self._items}
        self._change(fresh, lenient=False)

    @guarded()
    def update_locked(self, other: Any, user: str = "sweep") -> None:
        """Set values that nobody but `user` may change any more."""
        given = {stripped(key): value for key, value in (as_mapping(other) or {}).items()}
        for key in given:
            self._locked.pop(key, None)
        self._change(given, lenient=True)
        self._locked.update(dict.fromkeys(given, user))

    def _change(self, given: Mapping[str, Any], lenient: bool) -> None:
        wanted = {stripped(key): converted(value) for key, value in given.items()}
        for key in [key for key in wanted if key in self._locked]:
            owner = self._locked[key]
            self._warn(f"Config item '{key}' was locked by '{owner}' (ignored update).")
            del wanted[key]
        if not lenient:
            for key, value in wanted.items():
                self._check_same(key, value)
        if wanted:
            record = clean(wanted)
            self._write(record)
            self._items.update(wanted)
            self._sent.update(record)

    def _check_same(self, key: str, value: Any) -> None:
        if key in self._items and self._items[key] != value:
            raise ConfigError(
                f'Attempted to change value of key "{key}" from {self._items[key]!r:.80} to '
                f"{value!r:.80}. If you really want to do this, pass allow_val_change=True to "
                "config.update()."
            )


class First:
    """The first content of a config. `told` is what is said of it: without secrets.

    Args:
        given: what it begins with.
        swept: what a sweep says, over all that was given; nobody else may change it.
    """

    def __init__(self, given: Mapping[str, Any], swept: Mapping[str, Any] | None = None) -> None:
        whole = {stripped(key): value for key, value in given.items()}
        self.locked = [stripped(key) for key in swept or ()]
        whole.update(zip(self.locked, (swept or {}).values(), strict=True))
        self.items = {key: converted(value) for key, value in whole.items()}
        self.told: dict[str, Any] = clean(self.items)


def adopt(config: Config, first: First) -> None:
    """Begin with this; whoever creates the run tells of it."""
    parts = vars(config)
    parts["_items"].update(first.items)
    parts["_sent"].update(first.told)
    parts["_locked"].update(dict.fromkeys(first.locked, "sweep"))


def inherit(config: Config, known: Mapping[str, Any]) -> None:
    """Take over what the server knows of a resumed run, where nothing else was said."""
    parts = vars(config)
    for key, value in known.items():
        if key not in parts["_items"]:
            parts["_items"][key] = value
            parts["_sent"][key] = value


def changed_inside(config: Config) -> dict[str, Any]:
    """What was changed inside nested values since it was sent, as the wire carries it."""
    parts = vars(config)
    now = clean(converted(parts["_items"]))
    changed = {key: value for key, value in now.items() if parts["_sent"].get(key) != value}
    parts["_sent"].update(changed)
    return changed


def stripped(key: Any) -> str:
    """A key as it is kept: `--lr` is `lr`."""
    name = text(str(key))
    return name.strip("-") or name


def converted(value: Any) -> Any:
    """A value as the config holds it; nested mappings are copied into plain dicts."""
    return _CONFIGURED.convert(value)


def _opened(value: Any) -> Any:
    """A config of another library inside of this one, as a mapping; else the value."""
    try:
        return opened(value)
    except Exception as error:  # the user's object
        raise Unloggable(f"a value of type {type(value).__name__}") from error


def _unknown(value: Any) -> str:
    """Dtypes, devices, models: what a config holds besides is known by its text."""
    try:
        return str(value)
    except Exception as error:  # the user's __str__
        raise Unloggable(f"a value of type {type(value).__name__}") from error


class _Configured(Converter):
    """As in a row, but NaN is None, and a failing value is named instead of refused."""

    def convert(self, value: Any, way: Way | None = None) -> Any:
        try:
            result = super().convert(_opened(value), way)
        except Unloggable as error:
            return f"[{error}]"
        return None if isinstance(result, float) and math.isnan(result) else result


def _member(each: enum.Enum) -> str:
    return each.name


_CONFIGURED: Final = _Configured(
    array=lambda array, _: _unknown(array),
    member=_member,
    unknown=_unknown,
    depth=MAX_DEPTH - 4,  # it is told inside of other things
)


class Static(Mapping[str, Any]):
    """A config as it was, with attributes; it can be read and not changed."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        vars(self)["_items"] = dict(items)

    _items: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        try:
            return self._items[key]
        except KeyError:
            raise MissingKeyError(f"The config has no {key!r}.") from None

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        raise UsageError("run.config_static cannot be changed; run.config can.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)
