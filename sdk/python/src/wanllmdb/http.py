"""Requests to a server: who we are, how long we wait, and what counts as an answer.

An answer is what a wanLLMDB server said, whatever it said. Everything else, a refused
connection, a time-out, a proxy's error page, a captive portal's friendly HTML, is
`NoAnswerError`: the outcome is unknown, and the same request may be made again.

Proxies and certificates are found where everybody puts them: HTTP_PROXY, HTTPS_PROXY,
NO_PROXY, REQUESTS_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR. A loopback address never goes
through a proxy. urllib3 is imported by the first request, not by `import wanllmdb`.
"""

from __future__ import annotations

import functools
import json
import math
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from wanllmdb.version import VERSION

if TYPE_CHECKING:
    import ssl

    from urllib3 import BaseHTTPResponse, PoolManager

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 10.0
# A wrong certificate or a stranger at the address does not mend itself in a second.
STRANGER_SECONDS: Final = 30.0
LONGEST_RETRY_AFTER: Final = 3600.0
LATER: Final = frozenset({408, 425, 429})
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class NoAnswerError(Exception):
    """Nobody answered, or not a server of ours, or not now.

    Attributes:
        retry_after: seconds to leave the server alone, if it or the failure says so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password, to be exchanged for a token."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username!r})"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, and for an answer on it."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: the status and the JSON body, of success or of a problem."""

    status: int
    body: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def code(self) -> str:
        """The problem's stable word, empty if there is none."""
        return str(self.body.get("code", ""))

    @property
    def detail(self) -> str:
        """The problem's sentence for people."""
        return str(self.body.get("detail") or self.body.get("title") or f"status {self.status}")


class Http:
    """Talks to one server, over kept connections, one request at a time.

    In a fork child it begins anew: a connection is never shared between processes.
    """

    def __init__(
        self,
        url: str,
        credential: str | Login | None,
        *,
        timeouts: Timeouts | None = None,
        ca_file: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare; the first request connects.

        Args:
            url: of the server, with or without `/api/v1`.
            credential: an API key, or a `Login`, or None for what anybody may ask.
            timeouts: see `Timeouts`.
            ca_file: certificates to trust instead of the system's.
            environ: instead of `os.environ`.
        """
        self.url = base_url(url)
        self._credential = credential
        self._timeouts = timeouts or Timeouts()
        self._environ = os.environ if environ is None else environ
        self._ca_file = ca_file or self._environ.get("REQUESTS_CA_BUNDLE") or None
        self._token = credential if isinstance(credential, str) else None
        self._pool: PoolManager | None = None
        self._pid = 0

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a request and wait for the answer.

        Args:
            method: GET, POST …
            path: from the root of the server: `/api/v1/me`.
            body: to be sent as JSON, or bytes as they are.
            content_type: of bytes.
            headers: more of them.

        Raises:
            NoAnswerError: the outcome is unknown, or the server asks to come back later.
        """
        if isinstance(body, Mapping):
            body, content_type = _json(body), "application/json"
        if self._token is None and isinstance(self._credential, Login):
            answer = self._log_in(self._credential)
            if not answer.ok:
                return answer
        answer = self._exchange(method, path, body, content_type, headers)
        if answer.status == 401 and isinstance(self._credential, Login):
            # The token has run out; the password may still be good.
            answer = self._log_in(self._credential)
            if answer.ok:
                answer = self._exchange(method, path, body, content_type, headers)
        return answer

    def close(self) -> None:
        """Give the connections back; a later request opens new ones."""
        pool, self._pool = self._pool, None
        if pool is not None and self._pid == os.getpid():
            pool.clear()

    def _log_in(self, login: Login) -> Answer:
        self._token = None
        content = _json({"username": login.username, "password": login.password})
        answer = self._exchange("POST", "/api/v1/auth/login", content, "application/json")
        if answer.ok:
            self._token = str(answer.body.get("token", ""))
        return answer

    def _exchange(
        self,
        method: str,
        path: str,
        content: bytes | None,
        kind: str,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {
            "Accept": "application/json",
            "User-Agent": f"wanllmdb/{VERSION} Python/{platform.python_version()}",
            **(more or {}),
        }
        if content is not None:
            headers["Content-Type"] = kind
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return _understand(self._fetch(method, path, content, headers))

    def _fetch(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> BaseHTTPResponse:
        import urllib3
        from urllib3.exceptions import HTTPError, ProtocolError, SSLError

        timeout = urllib3.Timeout(connect=self._timeouts.connect, read=self._timeouts.read)
        try:
            send = functools.partial(
                self._connections().request,
                method,
                self.url + path,
                body=content,
                headers=headers,
                timeout=timeout,
                retries=False,
                redirect=False,
            )
            try:
                return send()
            except ProtocolError:
                # A kept connection that the server closed meanwhile; now a fresh one.
                return send()
        except SSLError as error:
            raise NoAnswerError(
                f"{self.url}: the certificate is not accepted ({error}); trusted are those of "
                f"{self._ca_file or self._environ.get('SSL_CERT_FILE') or 'the system'}.",
                retry_after=STRANGER_SECONDS,
            ) from error
        except (HTTPError, OSError, ValueError) as error:
            raise NoAnswerError(f"{self.url} does not answer: {_brief(error)}") from error

    def _connections(self) -> PoolManager:
        if self._pool is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._pool = self._connect()
        return self._pool

    def _connect(self) -> PoolManager:
        import urllib3

        options: dict[str, Any] = {"num_pools": 2, "maxsize": 1}
        if self.url.startswith("https:"):
            options["ssl_context"] = self._certificates()
        proxy = proxy_for(self.url, self._environ)
        if proxy is None:
            return urllib3.PoolManager(**options)
        account = urlsplit(proxy)
        if account.username:
            options["proxy_headers"] = urllib3.make_headers(
                proxy_basic_auth=f"{account.username}:{account.password or ''}"
            )
        return urllib3.ProxyManager(proxy, **options)

    def _certificates(self) -> ssl.SSLContext:
        import ssl

        # Without a file OpenSSL looks at SSL_CERT_FILE and SSL_CERT_DIR by itself.
        if self._ca_file and os.path.isdir(self._ca_file):  # noqa: PTH112
            return ssl.create_default_context(capath=self._ca_file)
        return ssl.create_default_context(cafile=self._ca_file)


def base_url(url: str) -> str:
    """The server's address without `/api/v1` and without a slash at its end."""
    return url.strip().rstrip("/").removesuffix("/api/v1").rstrip("/")


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Through which proxy a URL is to be reached; None for straight."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK or _is_exempt(host, parts.port, _variable(environ, "no_proxy")):
        return None
    names = (f"{parts.scheme}_proxy", "all_proxy")
    proxy = next((value for name in names if (value := _variable(environ, name))), None)
    if proxy is None:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name) or environ.get(name.upper()) or None


def _is_exempt(host: str, port: int | None, no_proxy: str | None) -> bool:
    for each in (no_proxy or "").split(","):
        name = each.strip().lower().lstrip(".")
        if name == "*":
            return True
        if name and host.lower() in {name, name.removesuffix(f":{port}")}:
            return True
        if name and host.lower().endswith(f".{name}"):
            return True
    return False


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(_finite(body), allow_nan=False).encode()


def _finite(value: Any) -> Any:
    """The value with NaN and the infinities as the strings that the API takes for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


def _understand(response: BaseHTTPResponse) -> Answer:
    """The answer of a server of ours; `NoAnswerError` for anybody else's, and for "later"."""
    status = response.status
    if status in LATER or status >= 500:
        raise NoAnswerError(
            f"The server is busy (status {status}).",
            retry_after=_retry_after(response.headers.get("Retry-After")),
        )
    body = _body(response)
    if body is None:
        if status == 413:
            # A proxy's limit, told by the proxy's own page: smaller pieces may pass.
            return Answer(413, {"code": "too-large", "detail": "A proxy refuses the size."})
        if status == 204:
            return Answer(204, {})
        raise NoAnswerError(
            f"What answers there (status {status}, "
            f"{response.headers.get('Content-Type', 'no content type')}) is not a wanLLMDB server.",
            retry_after=STRANGER_SECONDS,
        )
    return Answer(status, body)


def _body(response: BaseHTTPResponse) -> dict[str, Any] | None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in {"application/json", "application/problem+json"}:
        return None
    try:
        body = json.loads(response.data)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which may hold seconds or a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _brief(error: BaseException) -> str:
    """The reason of a failure, without the pools and objects that urllib3 names before it."""
    return str(error).rpartition(": ")[2] or type(error).__name__
