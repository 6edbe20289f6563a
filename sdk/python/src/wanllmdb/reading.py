"""Reading: what a setting may be, and how it is read from the text of a variable or a file.

A check takes a value as somebody gave it and returns it as the field's type wants it; what
cannot be meant is a `TypeError`, a `ValueError`, or a `UsageError` that says more.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from wanllmdb.errors import UsageError
from wanllmdb.moment import parse_moment

API_PATH: Final = "/api/v1"
MODES: Final = {
    "online": "online",
    "run": "online",
    "shared": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
}
CONSOLES: Final = {
    "auto": "auto",
    "wrap": "wrap",
    "wrap_raw": "wrap",
    "wrap_emu": "wrap",
    "redirect": "wrap",
    "off": "off",
}
YES: Final = frozenset({"1", "true", "yes", "on", "y", "t"})
_NO: Final = frozenset({"", "0", "false", "no", "off", "n", "f"})
MAX_INIT_SECONDS: Final = 2.0  # a script never waits longer for a server
MAX_HTTP_SECONDS: Final = 120.0  # an answer as a whole takes no longer

Check = Callable[[str, Any], Any]


def checked(name: str, value: Any) -> Any:
    """The value as its field's type wants it; `UsageError` names the setting that cannot be."""
    check = CHECKS.get(name)
    if check is None or value is None:
        return value
    try:
        return check(name, value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The setting {name} cannot be {value!r:.200}.") from error


def parse_url(text: str) -> str:
    """An address of a server as its API's: `host:8000` and `http://host:8000/` are fine.

    Raises:
        UsageError: it is no address of a server.
    """
    url = text.strip()
    url = (url if "://" in url else f"http://{url}").rstrip("/")
    try:
        parts = urlsplit(url)
        ok = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        account = "@" in parts.netloc
    except ValueError:
        ok = account = False
    if account:
        raise UsageError(
            "The address of a server has no account in it; the key is given by "
            "`wanllmdb login` or WANLLMDB_API_KEY."
        )
    if not ok:
        raise UsageError(f"{text!r} is no address of a server; expected http://host:port.")
    return url if url.endswith(API_PATH) else url + API_PATH


def flag(name: str, value: Any) -> bool:
    """Yes or no, also in words."""
    del name
    if isinstance(value, str):
        text = value.strip().lower()
        if text in _NO:
            return False
        if text in YES:
            return True
        raise ValueError(text)
    return bool(value)


def bytes_of(value: Any) -> int:
    """A number of bytes: 0, 1048576, "512 MiB", "2GB". Raises `ValueError`."""
    text = str(value).strip().lower().removesuffix("b")
    binary = text.endswith("i")
    text = text.removesuffix("i")
    power = " kmgt".find(text[-1:] or " ")
    if binary and power < 1:
        raise ValueError(value)
    number = float(text[:-1] if power > 0 else text) * (1024 if binary else 1000) ** max(0, power)
    if not 0 <= number < 1 << 63:
        raise ValueError(value)
    return int(number)


def words(name: str, value: Any) -> tuple[str, ...]:
    """A list of words, also as text with commas between them."""
    del name
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return tuple(value)


def _positive(name: str, value: Any) -> float:
    del name
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError(number)
    return number


def _one_of(choices: Mapping[str, str]) -> Check:
    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise UsageError(f"The {name} {value!r:.200} is none of {', '.join(choices)}.")
        return choices[value]

    return check


def _resume(name: str, value: Any) -> str | None:
    if isinstance(value, bool) or str(value).lower() in {"true", "false"}:
        return "auto" if flag(name, value) else None
    return _one_of({word: word for word in ("allow", "must", "never", "auto")})(name, value)


def _moment(name: str, value: Any) -> str:
    parse_moment(name, str(value))
    return str(value).strip()


def _preemption(name: str, value: Any) -> tuple[str, ...]:
    del name
    from wanllmdb.preemption import names

    return names(value)


def _arguments(name: str, value: Any) -> tuple[str, ...]:
    """A command line: JSON's list of strings, a text as a shell reads it, or a sequence."""
    del name
    if not isinstance(value, str):
        return tuple(map(str, value))
    try:
        found = json.loads(value)
    except ValueError:
        return tuple(shlex.split(value))
    return tuple(map(str, found)) if isinstance(found, list) else (value,)


def _url(name: str, value: Any) -> str:
    del name
    return parse_url(str(value))


def _text(name: str, value: Any) -> str | None:
    del name
    return str(value).strip() or None


def _path(name: str, value: Any) -> str:
    del name
    return os.fspath(value)


def _each(check: Check, *names: str) -> dict[str, Check]:
    return dict.fromkeys(names, check)


CHECKS: Final[Mapping[str, Check]] = {
    **_each(_url, "api_url", "metric_url"),
    **_each(_text, "api_key", "http_proxy", "https_proxy", "sweep_id", "host", "user"),
    **_each(_path, "dir", "spool_dir", "config_dir", "cache_dir", "data_dir", "artifact_dir"),
    **_each(_path, "ca_file", "sweep_param_path", "program", "executable", "notebook_name"),
    **_each(words, "tags", "ignore_globs", "config_paths"),
    **_each(_moment, "fork_from", "resume_from"),
    **_each(_positive, "monitor_interval", "flush_interval", "finish_timeout", "login_timeout"),
    "arguments": _arguments,
    "spool_limit": lambda _, value: bytes_of(value),
    "resume": _resume,
    "label": lambda _, value: str(value),
    "preemption": _preemption,
    "mode": _one_of(MODES),
    "console": _one_of(CONSOLES),
    "flush_rows": lambda name, value: int(_positive(name, value)),
    "init_timeout": lambda name, value: min(_positive(name, value), MAX_INIT_SECONDS),
    "http_timeout": lambda name, value: min(_positive(name, value), MAX_HTTP_SECONDS),
    **_each(
        flag,
        "silent",
        "quiet",
        "git_tracking",
        "save_facts",
        "save_code",
        "code_tracking",
        "sync_tensorboard",
        "monitor_gym",
        "monitor_system",
        "allow_val_change",
        "insecure_disable_ssl",
        "shared",
        "primary",
        "update_finish_state",
    ),
}
