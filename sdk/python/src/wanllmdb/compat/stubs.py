"""Stubs: what wandb has, hardly anybody asks for, and means nothing here. Each warns once."""

from __future__ import annotations

from typing import Any, Final

from wanllmdb.compat.terminal import termwarn


class RunDisabled:
    """A class of older versions. No run is one any more; the name is asked for by isinstance."""


class SummaryDisabled(dict[str, Any]):
    """Of older versions, too."""


class InternalApi:
    """Of wandb's own modules. Its few questions that others ask are answered by settings."""

    def __init__(self, *_: Any, **__: Any) -> None:
        from wanllmdb.settings import resolve

        self._settings = resolve({})

    @property
    def api_key(self) -> str | None:
        """The key for the server, if there is one."""
        from wanllmdb.credentials import find_key

        return find_key(self._settings)

    def settings(self, key: str | None = None, *_: Any) -> Any:
        """A setting by wandb's name, or those that are asked for."""
        told = {
            "base_url": self._settings.base_url,
            "entity": self._settings.entity,
            "project": self._settings.project,
        }
        return told if key is None else told.get(key)


def pin_config_keys(*_: Any, **__: Any) -> None:
    """The page lists every key of a config; none needs to be pinned by a script."""
    _once("pin_config_keys() does nothing here: columns are chosen on the page")


def set_trace() -> None:
    """A breakpoint, as wandb's."""
    breakpoint()


_said: Final[set[str]] = set()


def _once(line: str) -> None:
    if line not in _said:
        _said.add(line)
        termwarn(line)


def __getattr__(name: str) -> Any:
    """Whatever else is asked of a module that stands here: a call that warns once."""
    if name.startswith("__"):
        raise AttributeError(name)

    def nothing(*_: Any, **__: Any) -> None:
        _once(f"{name}() of wandb does nothing here")

    return nothing
