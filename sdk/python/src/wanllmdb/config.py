"""Config: what a run was started with. A mapping with attributes, kept by the server, too.

Setting a key to another value is an error unless it is asked for, because a config that
changes during a run describes no run. Nested values are plain dicts: what is changed inside
them is found and sent when the run ends.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from wanllmdb.errors import ArgumentError, ConfigError, MissingKeyError
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
    """The first content of a config. `told` is what is said of it: without secrets."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.items = {stripped(key): converted(value) for key, value in given.items()}
        self.told: dict[str, Any] = clean(self.items)


def adopt(config: Config, first: First) -> None:
    """Begin with this; whoever creates the run tells of it."""
    parts = vars(config)
    parts["_items"].update(first.items)
    parts["_sent"].update(first.told)


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


def as_mapping(given: Any) -> dict[str, Any] | None:
    """What `init(config=...)` may be given, as a dict; None if it is nothing.

    Takes mappings, pairs, namespaces, dataclasses, OmegaConf configs, absl flags, and the
    path of a YAML file as a string.

    Raises:
        ConfigError: the file cannot be read.
        ArgumentError: it is none of these.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return read_yaml(given)
    given = _opened(given)
    if isinstance(given, Mapping):
        return {str(key): each for key, each in given.items()}
    if isinstance(given, (tuple, list)) and given and all(_is_pair(each) for each in given):
        return {str(key): each for key, each in given}
    if given == ():
        return {}
    raise ArgumentError(
        f"config must be a dict or a path of a YAML file, not {type(given).__name__}."
    )


def _opened(given: Any) -> Any:
    """The mapping inside of a config object of another library; else what was given."""
    if type(given).__module__.startswith("omegaconf"):
        from omegaconf import OmegaConf  # pyright: ignore[reportMissingImports]

        return OmegaConf.to_container(given, resolve=True)
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        return {each.name: getattr(given, each.name) for each in dataclasses.fields(given)}
    if callable(flags := getattr(given, "flag_values_dict", None)):  # absl
        return flags()
    return vars(given) if type(given).__name__ == "Namespace" else given


def read_yaml(path: str) -> dict[str, Any]:
    """A config file, plain or as wandb writes it: `{key: {value:, desc:}}`."""
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file) or {}
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"The config file {path!r} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"The config file {path!r} holds no mapping.")
    return {
        str(key): each["value"] if isinstance(each, dict) and "value" in each else each
        for key, each in content.items()
        if key != "wandb_version"
    }


def stripped(key: Any) -> str:
    """A key as it is kept: `--lr` is `lr`."""
    name = text(str(key))
    return name.strip("-") or name


def converted(value: Any) -> Any:
    """A value as the config holds it; nested mappings are copied into plain dicts."""
    return _CONFIGURED.convert(value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


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
            result = super().convert(value, way)
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
