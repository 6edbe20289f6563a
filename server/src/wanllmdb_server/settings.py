"""Settings of the server, frozen: arguments before WANLLMDB_SERVER_* before defaults.

Everything that the server may be told is here, with the reason for each default; nothing else
reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "WANLLMDB_SERVER_"


class SettingsError(ValueError):
    """A setting cannot be what it was said to be; the message names it and says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the server was told.

    Attributes:
        host: address to listen on; loopback means that only this machine can come.
        port: of the API and the page.
        metrics_port: where the metric routes answer a second time; 0 is nowhere.
        data_dir: everything that the server keeps.
        config_dir: the folder of the OS user in which the local key is left for the SDK.
        allowed_hosts: names by which browsers may address the server, besides loopback ones;
            "*" is any. A foreign name is refused, so that no page can rebind its name to us.
        public_url: how others reach the server, when a proxy stands before it.
        metric_url: where clients shall send metrics, None for the address they came to.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    metrics_port: int = 8001
    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    config_dir: Path = field(default_factory=lambda: default_config_dir(os.environ))
    allowed_hosts: tuple[str, ...] = ()
    public_url: str | None = None
    metric_url: str | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """Where the server is, for people and for the local key file."""
        return self.public_url or f"http://{bracketed(self.host)}:{self.port}"


def load(given: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The settings: what was given and is not None, then the environment, then the defaults.

    Raises:
        SettingsError: a value is none that the setting can have.
    """
    return Settings(
        host=_text(given, environ, "host", "127.0.0.1"),
        port=_port(given, environ, "port", 8000),
        metrics_port=_port(given, environ, "metrics_port", 8001),
        data_dir=Path(_text(given, environ, "data_dir", str(default_data_dir(environ))))
        .expanduser()
        .absolute(),
        config_dir=default_config_dir(environ),
        allowed_hosts=_names(given, environ, "allowed_hosts"),
        public_url=_url(given, environ, "public_url"),
        metric_url=_url(given, environ, "metric_url"),
    )


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where data goes unless said otherwise: the XDG data folder of the OS user."""
    home = Path(environ.get("HOME") or "~").expanduser()
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "wanllmdb"


def default_config_dir(environ: Mapping[str, str]) -> Path:
    """Where the SDK of the same OS user looks for the local key."""
    home = Path(environ.get("HOME") or "~").expanduser()
    return Path(environ.get("WANLLMDB_CONFIG_DIR") or home / ".wanllmdb").absolute()


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own; a name other than localhost is not."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _said(given: Mapping[str, Any], environ: Mapping[str, str], name: str) -> Any:
    value = given.get(name)
    return value if value is not None else environ.get(PREFIX + name.upper())


def _text(given: Mapping[str, Any], environ: Mapping[str, str], name: str, default: str) -> str:
    return str(_said(given, environ, name) or default)


def _port(given: Mapping[str, Any], environ: Mapping[str, str], name: str, default: int) -> int:
    said = _said(given, environ, name)
    try:
        port = default if said is None else int(said)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise SettingsError(f"{name} is a number from 0 to 65535, not {said!r}.")
    return port


def _names(given: Mapping[str, Any], environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    said = _said(given, environ, name) or ()
    each = said.split(",") if isinstance(said, str) else said
    return tuple(part.strip().lower() for part in each if part.strip())


def _url(given: Mapping[str, Any], environ: Mapping[str, str], name: str) -> str | None:
    said = _said(given, environ, name)
    if not said:
        return None
    if not str(said).startswith(("http://", "https://")):
        raise SettingsError(f"{name} begins with http:// or https://, not {said!r}.")
    return str(said).rstrip("/")
