"""TLS: whose certificates are believed, and what a handshake that failed means.

The first that is set decides: the setting `ca_file` (WANLLMDB_CA_FILE), REQUESTS_CA_BUNDLE,
CURL_CA_BUNDLE; each names a file or a folder that replaces the certificates of the system.
SSL_CERT_FILE and SSL_CERT_DIR change what the system's are, as they do for every program
that uses OpenSSL. Before all of them, the setting `insecure_disable_ssl`: nothing is looked at.

A certificate that is not accepted does not mend itself: every message here names the server,
what was trusted and on whose word, and what can be done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl

_FILES: Final = ("WANLLMDB_CA_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_OFF: Final = "WANLLMDB_INSECURE_DISABLE_SSL"  # as `Settings.network` says it

# X509_V_ERR_*, as OpenSSL numbers them.
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_UNKNOWN: Final = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})

# What OpenSSL calls bytes that are no TLS.
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER", "PACKET_LENGTH")

# How servers that speak TLS say that they were addressed without it.
_PLAIN_TO_TLS: Final = (
    "plain http request was sent to https port",
    "speaking plain http to an ssl-enabled",
    "http request to an https server",
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificates are believed.

    Attributes:
        source: who said so: a variable's name, or `the system`.
        path: a file or a folder; None for the system's.
        state: changes when what `path` names does.
        is_blind: any certificate will do.
    """

    source: str
    path: str | None = None
    state: tuple[int, ...] = ()
    is_blind: bool = False

    def __str__(self) -> str:
        if self.path is None:
            return "those of the system"
        there = "" if self.state or os.pathsep in self.path else ", which is not there"
        return f"those in {self.path} ({self.source}{there})"

    def context(self) -> ssl.SSLContext:
        """For connections that believe these.

        Raises:
            OSError: the file is not there, or holds no certificates.
        """
        import ssl

        if self.path is None:
            context = ssl.create_default_context()
            if self.is_blind:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            return context
        if self.source in _SYSTEM:
            return _changed_system(self.source, self.path)
        if Path(self.path).is_dir():
            return ssl.create_default_context(capath=self.path)
        return ssl.create_default_context(cafile=self.path)


def _changed_system(variable: str, path: str) -> ssl.SSLContext:
    """As OpenSSL does it: what is not there is passed over."""
    import ssl

    context = ssl.create_default_context()
    with contextlib.suppress(FileNotFoundError):
        if variable == "SSL_CERT_FILE":
            context.load_verify_locations(cafile=path)
        else:
            context.load_verify_locations(capath=path)
    return context


def find_trust(ca_file: str | None, environ: Mapping[str, str]) -> Trust:
    """What the settings and the environment say."""
    if environ.get(_OFF) == "true":
        return Trust("insecure_disable_ssl", is_blind=True)
    said = [("the setting ca_file", ca_file or "")]
    said += [(name, environ.get(name, "").strip()) for name in (*_FILES, *_SYSTEM)]
    for name, value in said:
        if value:
            path = os.path.expanduser(value)  # noqa: PTH111  OpenSSL wants a string
            return Trust(name, path, _state(path))
    return Trust("the system")


def unreadable(error: OSError, trust: Trust) -> str:
    """What to say when the certificates to trust cannot be read."""
    import ssl

    why = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
    return (
        f"the certificates in {trust.path} cannot be read ({why}); {trust.source} names them: "
        "correct it or take it away"
    )


def explain(error: BaseException, url: str, trust: Trust) -> str | None:
    """What a failed handshake means and what to do; None if the next one may succeed."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(error, url, trust)
    reason = (getattr(error, "reason", None) or str(error)).upper().replace(" ", "_")
    if any(word in reason for word in _NO_TLS):
        plain = urlsplit(url)._replace(scheme="http").geturl()
        return f"{url} does not speak TLS; if it is a plain server, call it {plain}"
    if "ALERT" in reason:
        return (
            f"{url} refuses the TLS handshake ({reason.lower()}); trusted are {trust}. "
            "Ask whoever runs it which TLS version or client certificate it wants"
        )
    return None


def is_plain_to_tls(text: str) -> bool:
    """Whether a page says that its server was addressed without TLS."""
    text = text.lower()
    return any(words in text for words in _PLAIN_TO_TLS)


def use_https(url: str) -> str:
    """What to say when a server that speaks TLS was addressed without it."""
    secure = urlsplit(url)._replace(scheme="https").geturl()
    return f"{url} speaks TLS; call it {secure}"


def speaks_tls(url: str, seconds: float) -> bool:
    """Whether there is TLS where plain HTTP was tried; makes a connection and says nothing."""
    import socket
    import ssl

    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent, so nobody needs to be believed
    try:
        address = (parts.hostname or "", parts.port or 80)
        with (
            socket.create_connection(address, timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except (OSError, ValueError):
        return False


def _distrust(error: ssl.SSLCertVerificationError, url: str, trust: Trust) -> str:
    host = urlsplit(url).hostname
    code: Any = error.verify_code
    if code == _EXPIRED:
        problem = "has expired"
        remedy = "renew it on the server, or look at the clock of this machine"
    elif code == _NOT_YET_VALID:
        problem = "is not valid yet"
        remedy = "look at the clock of this machine"
    elif code in _OTHER_NAME:
        problem = f"is not for the name {host}"
        remedy = "call the server by a name that its certificate has"
    else:
        problem = f"is signed by nobody who is trusted here ({error.verify_message})"
        remedy = (
            "name the file with the certificate of its authority: WANLLMDB_CA_FILE=/path/to/ca.pem"
        )
    if code not in _UNKNOWN and problem.startswith("is signed"):
        problem = f"is not accepted ({error.verify_message})"
    return (
        f"{url}: the certificate of the server {problem}; trusted are {trust}. To mend it: {remedy}"
    )


def _state(path: str) -> tuple[int, ...]:
    try:
        found = Path(path).stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)
