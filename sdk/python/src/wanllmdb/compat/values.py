"""`wandb.util`: the few of its functions that other packages call."""

from __future__ import annotations

import json
import re
import secrets
import string
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from wanllmdb.values import LOGGED, Unloggable

_ALPHABET: Final = string.ascii_lowercase + string.digits
_MOST: Final = 128  # characters of an artifact's name
_PLAIN: Final = (str, int, float, bool, type(None), list, tuple, dict)


def generate_id(length: int = 8) -> str:
    """An id for a run: so many of a-z and 0-9."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def json_friendly(obj: Any) -> tuple[Any, bool]:
    """The value as JSON holds it, and whether it had to be changed for that."""
    if isinstance(obj, _PLAIN):
        return obj, False
    try:
        return LOGGED.convert(obj), True
    except Unloggable:
        return obj, False


def json_dumps_safer(obj: Any, **keywords: Any) -> str:
    """JSON of a value that may hold numbers of numpy or torch, and dates.

    Raises:
        TypeError: something in it has no such form; ray asks by this what may be logged.
    """
    return json.dumps(obj, default=_plain, **keywords)


json_dumps_safer_history = json_dumps_safer


def _plain(obj: Any) -> Any:
    if hasattr(obj, "said"):  # a medium that stands in a row by itself
        return obj.said()
    try:
        return LOGGED.convert(obj)
    except Unloggable as error:
        raise TypeError(f"{error} is not JSON serializable") from error


def make_artifact_name_safe(name: str) -> str:
    """The name with what no artifact may be called replaced, and cut in the middle to 128."""
    safe = re.sub(r"[^a-zA-Z0-9_\-.]", "_", name)
    return safe if len(safe) <= _MOST else f"{safe[:63]}..{safe[-63:]}"


class WandBJSONEncoder(json.JSONEncoder):
    """For `json.dump(cls=...)`: takes what `json_dumps_safer` takes."""

    def default(self, o: Any) -> Any:
        return _plain(o)


WandBHistoryJSONEncoder = WandBJSONEncoder


def get_module(
    name: str, required: str | bool | None = None, lazy: bool = True
) -> ModuleType | None:
    """A module that may not be there; None then, unless it is required.

    Raises:
        ImportError: it is required; the message is what `required` says.
    """
    del lazy
    try:
        return import_module(name)
    except ImportError as error:
        if required:
            text = required if isinstance(required, str) else f"{name} is not installed."
            raise ImportError(text) from error
        return None


def is_numpy_array(obj: Any) -> bool:
    """Whether it is an array of numpy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(obj, numpy.ndarray)


def is_pandas_data_frame(obj: Any) -> bool:
    """Whether it is a data frame of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(obj, pandas.DataFrame)


def to_json_str(obj: Any) -> str:
    """JSON of a value, as `json_dumps_safer`."""
    return json_dumps_safer(obj)
