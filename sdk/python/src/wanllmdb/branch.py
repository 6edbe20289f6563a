"""Branch: the address that a server names for batches, as long as that answers.

A server may be several processes, of which one takes batches alone; it says so when a run is
opened. What the name is of is the same server to us: so it must be the same host, or be named
and reached over TLS, and a key never goes from https to http. Where nobody is at that address,
as behind a tunnel that leads to the first one alone, batches go where all else goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from wanllmdb.http import Answer, Http, NoAnswerError, base_url

ASIDE_SECONDS: Final = 30.0  # until an address at which nobody was is tried again

_LOOPBACK: Final = frozenset(["localhost", "127.0.0.1", "::1"])


class Branch:
    """Sends batches to the address named for them, and to the server itself where it must."""

    def __init__(
        self,
        trunk: Http,
        make: Callable[[str], Http],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`trunk` is the server as it was given; `make` connects to another address."""
        self._trunk = trunk
        self._make = make
        self._clock = clock
        self._named: Http | None = None
        self._not_before = 0.0

    @property
    def answers(self) -> int:
        """Of the address that was named."""
        return 0 if self._named is None else self._named.answers

    def name(self, said: object) -> None:
        """Take the address that the server said; None, and one that is none of its, is none."""
        url = base_url(said) if isinstance(said, str) else ""
        if not is_of(self._trunk.url, url) or url == self._trunk.url:
            self.close()
            self._named = None
        elif self._named is None or self._named.url != url:
            self.close()
            self._named, self._not_before = self._make(url), 0.0

    def post(self, path: str, content: bytes, *, content_type: str) -> Answer:
        """Send a batch; raises NoAnswerError."""
        if self._named is not None and self._clock() >= self._not_before:
            try:
                return self._named.request("POST", path, content, content_type=content_type)
            except NoAnswerError as error:
                if error.timed_out or (error.retry_after is not None and not error.permanent):
                    raise  # somebody is there, and wants us to wait
                self._not_before = self._clock() + ASIDE_SECONDS
        return self._trunk.request("POST", path, content, content_type=content_type)

    def use(self, key: str) -> None:
        """Show another key from now on."""
        if self._named is not None:
            self._named.use(key)

    def close(self) -> None:
        """Give the connections back."""
        if self._named is not None:
            self._named.close()


def is_of(server: str, named: str) -> bool:
    """Whether an address that a server named may be shown its key."""
    try:
        mine, theirs = urlsplit(server), urlsplit(named)
        hosts = {_host(mine.hostname), _host(theirs.hostname)}
    except ValueError:
        return False
    if theirs.scheme not in {"http", "https"} or not theirs.hostname:
        return False
    if mine.scheme == "https":
        return theirs.scheme == "https"
    return len(hosts) == 1


def _host(name: str | None) -> str | None:
    return "localhost" if name in _LOOPBACK else name
