"""Proxies: through whom a server is reached, found where everybody puts it.

HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in small letters before large ones; a name
in small letters that is empty turns the large one off. NO_PROXY lists hosts, endings of
hosts, addresses, networks (`10.0.0.0/8`) and `host:port`; `*` is everybody. A loopback
address never goes through a proxy. The account in a proxy's address is in no message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it is, without the account, which is apart and never shown.

    Attributes:
        url: scheme, host and port.
        account: `user:password`, as the proxy wants it; empty if nobody gave one.
        variable: which variable of the environment named it.
    """

    url: str
    account: str = field(repr=False)
    variable: str

    def headers(self) -> dict[str, str]:
        """What the proxy is told, and nobody behind it."""
        if not self.account:
            return {}
        from base64 import b64encode

        return {"Proxy-Authorization": f"Basic {b64encode(self.account.encode()).decode()}"}

    def __str__(self) -> str:
        return f"the proxy {self.url} ({self.variable})"


def find_proxy(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Through which proxy a URL is to be reached; None for straight."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK or _is_exempt(host, parts.port, _variable(environ, "no_proxy")[1]):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        variable, value = _variable(environ, name)
        if value:
            return _proxy(variable, value)
    return None


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The address of the proxy, without an account; None for straight."""
    proxy = find_proxy(url, environ)
    return None if proxy is None else proxy.url


def without_account(url: str) -> str:
    """A URL as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _proxy(variable: str, value: str) -> Proxy:
    url = value if "://" in value else f"http://{value}"
    parts = urlsplit(url)
    account = ""
    if parts.username:
        account = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(without_account(url).rstrip("/"), account, variable)


def _variable(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """A variable's name as it was found, and its value."""
    found = name if name in environ else name.upper()
    return found, environ.get(found, "").strip()


def _is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    host = host.lower()
    return any(
        _matches(host, port, each.strip().lower()) for each in no_proxy.split(",") if each.strip()
    )


def _matches(host: str, port: int | None, rule: str) -> bool:
    """Whether one entry of NO_PROXY means the host."""
    if rule == "*":
        return True
    if "/" in rule:
        return _is_in_network(host, rule)
    name = rule.removeprefix("*").lstrip(".").removesuffix(f":{port}")
    return host == name.strip("[]") or (name != "" and host.endswith(f".{name}"))


def _is_in_network(host: str, rule: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False
