"""Settings of the server, frozen: arguments before WANLLMDB_SERVER_* before defaults.

Everything that the server may be told is here, with the reason for each default; nothing else
reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

PREFIX: Final = "WANLLMDB_SERVER_"
MAX_DAYS: Final = 36_500
MIN_INTERNAL_KEY: Final = 32

ServerRole = Literal["all", "api", "metrics", "worker"]


class SettingsError(ValueError):
    """A setting cannot be what it was said to be; the message names it and says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the server was told.

    Attributes:
        role: what this process is of the server: all of it, the API and the page, the metric
            service, or the chores.
        host: address to listen on; loopback means that only this machine can come.
        port: of the API and the page.
        metrics_port: where the metric routes answer a second time; 0 is nowhere. With another
            process for the metrics, where that one listens.
        data_dir: everything that the server keeps.
        config_dir: the folder of the OS user in which the local key is left for the SDK.
        allowed_hosts: names by which browsers may address the server, besides loopback ones;
            "*" is any. A foreign name is refused, so that no page can rebind its name to us.
        public_url: how others reach the server, when a proxy stands before it.
        metric_url: where clients shall send metrics, None for the address they came to.
        metrics_internal_url: where the other processes of the server find the metric service;
            None is `metrics_port` of this machine.
        internal_key: what they show to each other; None is the one in the data directory.
        retention: days that what runs logged is kept where a project says nothing, as in
            "points=365,console=30"; nothing is for ever.
        blobs: the bucket in which files are kept, s3://BUCKET/PREFIX; "" is the data directory.
        trash_days: days for which deleted runs lie in the bin; 0 is not at all.
    """

    role: ServerRole = "all"
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_port: int = 8001
    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    config_dir: Path = field(default_factory=lambda: default_config_dir(os.environ))
    allowed_hosts: tuple[str, ...] = ()
    public_url: str | None = None
    metric_url: str | None = None
    metrics_internal_url: str | None = None
    internal_key: str | None = field(default=None, repr=False)
    retention: str = ""
    trash_days: float = 30.0
    blobs: str = ""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """Where the server is, for people and for the local key file."""
        return self.public_url or f"http://{bracketed(self.host)}:{self.port}"

    @property
    def internal_url(self) -> str:
        """Where the metric service is for the other processes of the server."""
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return self.metrics_internal_url or f"http://{bracketed(near)}:{self.metrics_port}"

    @property
    def told_metric_url(self) -> str | None:
        """Where clients are told to send metrics; None: to where they came to.

        An API that leaves them to another process of this machine names it to those who are
        on this machine too: no other address is known to be theirs as well.
        """
        if self.metric_url or self.role != "api" or not self.loopback:
            return self.metric_url
        return f"http://{bracketed(self.host)}:{self.metrics_port}"


def load(given: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The settings: what was given and is not None, then the environment, then the defaults.

    Raises:
        SettingsError: a value is none that the setting can have.
    """
    told = Settings(
        role=_role(given, environ),
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
        metrics_internal_url=_url(given, environ, "metrics_internal_url"),
        internal_key=_key(given, environ, "internal_key"),
        retention=_text(given, environ, "retention", ""),
        trash_days=_days(given, environ, "trash_days", 30.0),
        blobs=_bucket(given, environ, "blobs"),
    )
    if told.role != "all" and not told.metrics_port:
        raise SettingsError(
            f"metrics_port is a port, not 0: role {told.role} is of a server whose metric "
            "service is a process of its own."
        )
    return told


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


def _role(given: Mapping[str, Any], environ: Mapping[str, str]) -> ServerRole:
    said = _text(given, environ, "role", "all")
    for role in get_args(ServerRole):
        if role == said:
            return role
    raise SettingsError(f"role is one of {', '.join(get_args(ServerRole))}, not {said!r}.")


def _days(given: Mapping[str, Any], environ: Mapping[str, str], name: str, default: float) -> float:
    said = _text(given, environ, name, str(default))
    try:
        days = float(said)
    except ValueError:
        days = -1.0
    if not 0 <= days <= MAX_DAYS:
        raise SettingsError(f"{name} is a number of days from 0 to {MAX_DAYS}, not {said!r}.")
    return days


def _key(given: Mapping[str, Any], environ: Mapping[str, str], name: str) -> str | None:
    said = _said(given, environ, name)
    if said and len(str(said)) < MIN_INTERNAL_KEY:
        raise SettingsError(f"{name} has at least {MIN_INTERNAL_KEY} characters.")
    return str(said) if said else None


def _bucket(given: Mapping[str, Any], environ: Mapping[str, str], name: str) -> str:
    said = _text(given, environ, name, "")
    if said and not re.match(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?\Z", said):
        raise SettingsError(f"{name} is s3://BUCKET or s3://BUCKET/PREFIX, not {said!r}.")
    return said


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
