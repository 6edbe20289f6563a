"""Which key opens which server, and where keys lie on this machine.

Two files in `~/.wanllmdb`, both readable by their owner alone: `credentials.json`, written by
`wanllmdb login`, and `local/<host>-<port>.json`, written by a server of the same user on the
same machine. A key goes only to the server that it was given for.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from wanllmdb.errors import AuthenticationError
from wanllmdb.settings import Settings
from wanllmdb.surroundings import expanded

KEY_PREFIX: Final = "wl-"
_KEY: Final = re.compile(r"wl-[A-Za-z0-9_-]{43}\Z")
_SAME_HOST: Final = {"localhost": "127.0.0.1", "::1": "127.0.0.1"}


class KeyWatch:
    """Notices a key that appears where keys lie: the environment, and the two files.

    A run that was refused goes on with the key that its user has put there since; what lay
    there when the run began is not tried in place of the key that was chosen.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str] | None = None) -> None:
        """Remember what is there now."""
        self._settings = settings
        self._environ = os.environ if environ is None else environ
        self._known = {*self._there(), settings.api_key}

    def fresh(self) -> str | None:
        """A key that was not there before; None if there is none. Each is said once."""
        for key in self._there():
            if key not in self._known:
                self._known.add(key)
                return key
        return None

    def _there(self) -> list[str]:
        ours = self._environ.get("WANLLMDB_API_KEY", "")
        theirs = self._environ.get("WANDB_API_KEY", "")
        found = [ours, theirs if theirs.startswith("wl-") else ""]
        found += [saved_key(self._settings) or "", local_key(self._settings) or ""]
        keys: list[str] = []
        for each in filter(None, found):
            with contextlib.suppress(AuthenticationError):
                keys.append(checked(each))
        return keys


def config_dir(settings: Settings) -> Path:
    """The directory of keys and personal settings."""
    return expanded(settings.config_dir or "~/.wanllmdb")


def find_key(settings: Settings) -> str | None:
    """The key for the server of these settings, or None if nobody left one here.

    Raises:
        AuthenticationError: the key that was given can be none.
    """
    if settings.api_key:
        return checked(settings.api_key)
    return saved_key(settings) or local_key(settings)


def checked(key: str) -> str:
    """The key, if it can be one at all; decided here, without asking anybody.

    A key of ours has 46 characters. What does not begin like one is somebody else's, of whose
    form we only know that it stands in a header.
    """
    text = key.strip()
    fault = None
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        fault = "has characters that no key has"
    elif text.startswith(KEY_PREFIX) and not _KEY.match(text):
        fault = f"is not whole: {KEY_PREFIX} and 43 characters of A-Z a-z 0-9 - _ make a key"
    if fault:
        raise AuthenticationError(
            f"The API key ({_shown(text)}...) {fault}. "
            "Run `wanllmdb login`, or set WANLLMDB_API_KEY."
        )
    return text


def _shown(key: str) -> str:
    """What of a key may be shown: how it begins, and never as much as half of it."""
    start = key[: min(6, len(key) // 3)]
    return start if start.isascii() and start.isprintable() else ""


def saved_key(settings: Settings) -> str | None:
    """What `wanllmdb login` saved for this server."""
    entry = _read(config_dir(settings) / "credentials.json").get(place(settings.api_url))
    return _key_of(entry)


def local_key(settings: Settings) -> str | None:
    """What a server of the same user left on this machine."""
    host, port = _address(settings.api_url)
    for spelling in (host, *(name for name, same in _SAME_HOST.items() if same == host)):
        path = config_dir(settings) / "local" / f"{spelling.replace(':', '_')}-{port}.json"
        if key := _key_of(_read(path)):
            return key
    return None


def save_key(settings: Settings, key: str, user: str) -> Path:
    """Keep a key for this server; the file is its owner's alone from its first byte."""
    path = config_dir(settings) / "credentials.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    entries = _read(path)
    entries[place(settings.api_url)] = {"key": key, "user": user}
    fresh = path.with_name(f".credentials-{os.getpid()}.json")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(entries, file, indent=2)
    fresh.replace(path)
    return path


def place(api_url: str) -> str:
    """What a key is filed under: scheme, host and port, however the address was spelled."""
    host, port = _address(api_url)
    return f"{urlsplit(api_url).scheme}://{host}:{port}"


def _address(api_url: str) -> tuple[str, int]:
    parts = urlsplit(api_url)
    host = (parts.hostname or "").lower()
    return _SAME_HOST.get(host, host), parts.port or (443 if parts.scheme == "https" else 80)


def _key_of(entry: object) -> str | None:
    key = entry.get("key") if isinstance(entry, dict) else None
    return key if isinstance(key, str) and key else None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
