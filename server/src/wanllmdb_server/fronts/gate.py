"""The gate before every front: which names the server answers to, and what browsers may do.

A page of a stranger can point its own name at 127.0.0.1; the browser then sends that name as
Host, and it is refused here with 421. An address in digits is nobody's name, so it passes.
Every answer that is HTML says that nothing but this server may be loaded, embedded or asked,
and that a frame shows the documents made for it: one that goes elsewhere, if only to the API,
is stopped by the page that it stands in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wanllmdb_server.fronts.rest import problems

CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)
FRAMES: Final = "/assets/frame/"  # where the documents of frames lie (fronts/web.py)
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?\Z")
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ON_HTML: Final = {
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Gate:
    """ASGI middleware: refuses foreign Host names, adds the security headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = {"localhost", *(host.lower() for host in hosts)}
        self._any = "*" in self._hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        host = hostname(Headers(scope=scope).getlist("host"))
        if host is None or not (self._any or host in self._hosts or is_address(host)):
            await _refuse(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _guard(MutableHeaders(scope=message), Headers(scope=scope)["host"])
            await send(message)

        await self._app(scope, receive, send_guarded)


def hostname(said: list[str]) -> str | None:
    """The name in the Host header, without its port; None if there is not exactly one name."""
    if len(said) != 1 or not said[0] or "@" in said[0]:
        return None
    host = said[0].lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".") or None


def is_address(host: str) -> bool:
    """Whether a host is an address in digits."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def policy(host: str) -> str:
    """What a page of this server may load, embed and ask, when it was asked for by this name."""
    place = host + FRAMES if _HOST.match(host) else "'self'"  # a policy cannot say [::1]
    return f"{CSP}; frame-src {place}"


def _guard(headers: MutableHeaders, host: str) -> None:
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", policy(host))
        for name, value in _ON_HTML.items():
            headers.setdefault(name, value)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = problems.problem(
        scope,
        421,
        "unknown-host",
        "This server does not answer to that Host name. "
        "If it is one of its names, start it with --allowed-host NAME.",
        headers={"Connection": "close"},
    )
    await answer(scope, receive, send)
