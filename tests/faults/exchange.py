"""Exchange: the requests in what a client sends, and an answer in the place of a server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Requests:
    """Finds the requests in what a client sends: HTTP/1.1, bodies with a length."""

    _text: bytearray = field(default_factory=bytearray)
    _line: tuple[str, str] | None = None
    _left: int = 0
    _raw: bool = False

    @property
    def is_between(self) -> bool:
        """Whether the next byte begins a request."""
        return not self._text and self._line is None

    def feed(self, piece: bytes) -> list[tuple[str, str]]:
        """Method and path of each request that ends in this piece."""
        found: list[tuple[str, str]] = []
        if self._raw:
            return found
        self._text += piece
        while self._line is not None or b"\r\n\r\n" in self._text:
            if self._line is None:
                self._read_head()
            taken = min(self._left, len(self._text))
            del self._text[:taken]
            self._left -= taken
            if self._left or self._line is None:
                break
            found.append(self._line)
            self._line = None
        return found

    def _read_head(self) -> None:
        head, _, rest = bytes(self._text).partition(b"\r\n\r\n")
        self._text = bytearray(rest)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in
                   (line.partition(":") for line in lines)}  # fmt: skip
        method, _, target = first.partition(" ")
        self._line = method, target.rpartition(" ")[0]
        self._left = int(headers.get("content-length", 0))
        self._raw = "upgrade" in headers  # what follows is not HTTP


def reply(status: int, kind: str, body: bytes, retry_after: float | str | None = None) -> bytes:
    """An answer of HTTP/1.1, with Retry-After if it is given."""
    more = "" if retry_after is None else f"Retry-After: {retry_after}\r\n"
    head = (
        f"HTTP/1.1 {status} Fault\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body
