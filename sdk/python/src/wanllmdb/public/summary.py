"""Summary: the last word on each key of a run, to be read and to be changed.

What is set is sent with `update()`, or with the run's. Nested mappings are keys joined with ".";
the mapping above them is read under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from wanllmdb.errors import MissingKeyError, UnsupportedError
from wanllmdb.public import values
from wanllmdb.summary import below

Send = Callable[[dict[str, Any]], None]


class RunSummary(MutableMapping[str, Any]):
    """A mapping with attributes.

    Args:
        said: the summary, as the server says it.
        send: keeps what was set.
        beside: what wandb has in its summaries besides (`_step` …), found when it is asked for.
    """

    def __init__(
        self,
        said: Mapping[str, Any],
        send: Send,
        beside: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        values_ = {key: values.logged(value) for key, value in said.items()}
        vars(self).update(_values=values_, _changed={}, _send=send, _beside=dict(beside or {}))

    _values: dict[str, Any]
    _changed: dict[str, Any]
    _send: Send
    _beside: dict[str, Callable[[], Any]]

    def __getitem__(self, key: str) -> Any:
        if key in self._values:
            return self._values[key]
        if inside := below(self._values, key):
            return inside
        if key in self._beside:
            return self._beside[key]()
        raise MissingKeyError(f"The summary has no {key!r}.")

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = self._changed[key] = value

    def __delitem__(self, key: str) -> None:
        raise UnsupportedError(
            "What a run logged stays in its summary; it can be set, not removed."
        )

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def update(self, *others: Any, **more: Any) -> None:
        """Set several, and keep on the server what was set until now."""
        for other in others:
            for key, value in dict(other or {}).items():
                self[key] = value
        for key, value in more.items():
            self[key] = value
        changed = dict(self._changed)
        if changed:
            self._send(changed)
            self._changed.clear()

    def flush(self) -> None:
        """Keep on the server what was set until now."""
        self.update()

    @property
    def _json_dict(self) -> dict[str, Any]:
        return dict(self._values)
