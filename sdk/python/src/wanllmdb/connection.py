"""Connection: bytes to a server and bytes back, over a connection that is kept.

A request is made once. The one exception: a kept connection that the server closed meanwhile
is replaced, and the request made again at once. No redirection is followed. What went wrong
is said in words, without a key and without the account of a proxy.

urllib3 is imported by the first request, not by `import wanllmdb`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from wanllmdb import tls
from wanllmdb.answer import Heard, NoAnswerError
from wanllmdb.body import ON_ITS_WAY_BYTES, Content, body_of, size_of
from wanllmdb.budget import Budget
from wanllmdb.proxies import Proxy, without_account
from wanllmdb.tls import Trust

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 10.0
# An answer as a whole: however slowly it drips, and however much of it comes.
ANSWER_SECONDS: Final = 120.0
ANSWER_BYTES: Final = 256 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024
# What of the content is still on its way through buffers is given the time it needs at this rate.
SLOW_BYTES_PER_SECOND: Final = 16 * 1024
PROBE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, and for an answer on it."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached; another configuration is another way."""

    url: str
    proxy: Proxy | None
    trust: Trust | None


class Connection:
    """One server's connection. In a fork child it begins anew: none is shared by processes."""

    def __init__(self, timeouts: Timeouts, budget: Budget) -> None:
        self._timeouts = timeouts
        self._budget = budget
        self._pool: PoolManager | None = None
        self._pool_way: Way | None = None
        self._pid = 0
        self._is_kept = False
        self._probed = False

    def close(self) -> None:
        """Give it back; a later request opens another."""
        pool, self._pool, self._is_kept = self._pool, None, False
        if pool is not None and self._pid == os.getpid():
            pool.clear()

    def fetch(
        self,
        way: Way,
        method: str,
        path: str,
        content: Content | None,
        headers: Mapping[str, str],
        *,
        into: BinaryIO | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Heard:
        """Make a request, and hear what is answered.

        Args:
            way: how the server is reached.
            method: of the request.
            path: from the root of the server.
            content: to be sent.
            headers: of the request.
            into: takes the content of a good answer, instead of memory.
            meanwhile: called for every mebibyte of a file that was sent.
        """
        from urllib3.exceptions import HTTPError

        send = functools.partial(self._send, into=into, meanwhile=meanwhile)
        try:
            pool = self._connections(way)
            was_kept, self._is_kept = self._is_kept, False
            try:
                heard = send(pool, way.url, method, path, content, headers)
            except HTTPError as error:
                if not (was_kept and _was_cut(error) and self._budget.spare()):
                    raise
                # A kept connection that the server closed meanwhile; now a fresh one.
                heard = send(pool, way.url, method, path, content, headers)
        except (HTTPError, OSError, ValueError) as error:
            raise self._unheard(error, way) from error
        self._is_kept = True
        return heard

    def _send(
        self,
        pool: PoolManager,
        url: str,
        method: str,
        path: str,
        content: Content | None,
        headers: Mapping[str, str],
        *,
        into: BinaryIO | None,
        meanwhile: Callable[[], None] | None,
    ) -> Heard:
        import urllib3

        size = size_of(content)
        patience = min(size, ON_ITS_WAY_BYTES) / SLOW_BYTES_PER_SECOND
        with body_of(content, meanwhile) as body:
            response = pool.request(
                method,
                url + path,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(
                    connect=self._timeouts.connect, read=self._timeouts.read + patience
                ),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        try:
            found = {name.lower(): value for name, value in response.headers.items()}
            if into is not None and response.status == 200:
                into.seek(0)
                into.truncate()
                for piece in response.stream(PIECE_BYTES):
                    into.write(piece)
                response.release_conn()
                return Heard(response.status, found, b"")
            return Heard(response.status, found, self._read(response))
        except BaseException:
            response.close()
            raise

    def _read(self, response: BaseHTTPResponse) -> bytes:
        """The whole content, unless there is no end of it."""
        end = self._budget.clock() + ANSWER_SECONDS
        pieces: list[bytes] = []
        size = 0
        for piece in response.stream(PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES or self._budget.clock() > end:
                raise OSError("the answer does not end")
        response.release_conn()
        return b"".join(pieces)

    def _connections(self, way: Way) -> PoolManager:
        if self._pool is None or self._pid != os.getpid() or self._pool_way != way:
            self.close()
            self._pool = _connect(way)
            self._pid, self._pool_way = os.getpid(), way
        return self._pool

    def _unheard(self, error: Exception, way: Way) -> NoAnswerError:
        """Why nobody was heard, for people, and whether that can change by itself."""
        from urllib3.exceptions import ProxyError, ReadTimeoutError

        roots = _chain(error)
        url = without_account(way.url)
        for root in roots:
            if way.trust and (told := _of_tls(root, url, way.trust)):
                return NoAnswerError(told, permanent=True)
        if way.proxy and any("407" in str(root) for root in roots):
            return wants_account(way.proxy)
        if way.proxy and isinstance(error, ProxyError):
            return NoAnswerError(f"{way.proxy} does not lead to {url}: {_brief(error)}")
        if self._is_tls_behind(way, error):
            return NoAnswerError(tls.use_https(url), permanent=True)
        timed_out = any(isinstance(root, (TimeoutError, ReadTimeoutError)) for root in roots)
        return NoAnswerError(f"{url} does not answer: {_brief(error)}", timed_out=timed_out)

    def _is_tls_behind(self, way: Way, error: Exception) -> bool:
        """Whether a server that hung up on plain HTTP wants TLS; asked once, and of strangers."""
        known = self._probed or way.proxy or way.trust or self._budget.ever_answered(way)
        if known or not _was_cut(error):
            return False
        self._probed = True
        return tls.speaks_tls(way.url, min(PROBE_SECONDS, self._timeouts.connect))


def _connect(way: Way) -> PoolManager:
    import urllib3

    options: dict[str, Any] = {"num_pools": 2, "maxsize": 1}
    if way.trust is not None:
        try:
            options["ssl_context"] = way.trust.context()
        except OSError as error:
            raise NoAnswerError(tls.unreadable(error, way.trust), permanent=True) from error
        if way.trust.is_blind:
            _say_nothing_of(way)
    if way.proxy is None:
        return urllib3.PoolManager(**options)
    return urllib3.ProxyManager(way.proxy.url, proxy_headers=way.proxy.headers(), **options)


def _say_nothing_of(way: Way) -> None:
    """That certificates of this server are not looked at was said when the run began."""
    import re
    import warnings
    from urllib.parse import urlsplit

    from urllib3.exceptions import InsecureRequestWarning

    host = re.escape(urlsplit(way.url).hostname or "")
    warnings.filterwarnings("ignore", f".*host '{host}'", InsecureRequestWarning)


def wants_account(proxy: Proxy) -> NoAnswerError:
    told = "does not accept the account in it" if proxy.account else "asks for an account"
    return NoAnswerError(
        f"{proxy} {told}: set {proxy.variable}=http://user:password@host:port", permanent=True
    )


def _of_tls(error: BaseException, url: str, trust: Trust) -> str | None:
    import ssl

    return tls.explain(error, url, trust) if isinstance(error, ssl.SSLError) else None


def _was_cut(error: Exception) -> bool:
    """Whether a connection was there and was closed or spoilt before the answer."""
    from http.client import BadStatusLine

    kinds = (ConnectionError, BadStatusLine)
    return any(isinstance(each, kinds) for each in _chain(error)) and not any(
        isinstance(each, ConnectionRefusedError) for each in _chain(error)
    )


def _chain(error: BaseException) -> list[BaseException]:
    """An error and those that it was made of: urllib3 keeps them as arguments and reasons."""
    found: list[BaseException] = []
    left: list[object] = [error]
    while left:
        each = left.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            left += [*each.args, each.__cause__, getattr(each, "original_error", None)]
    return found


def _brief(error: BaseException) -> str:
    """The reason of a failure, without the pools and objects that urllib3 names before it."""
    root = _chain(error)[-1]
    return str(root).rpartition(": ")[2] or type(root).__name__
