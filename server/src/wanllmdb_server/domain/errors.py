"""What can go wrong, in the words of the domain. Fronts translate; nobody else knows codes.

ServerError
├── NotFoundError        not there, or not yours: the same to the asker
├── GoneError            was there once, and never comes back
├── NotAllowedError      yours to see, not to do
├── UnauthenticatedError who are you?
├── ConflictError        the state of things says no
├── InvalidError         the input is wrong; carries a pointer for each fault
├── MalformedError       the input cannot even be read
├── TooLargeError        beyond a limit
├── TooOftenError        asked too often; try again after a while
└── UnavailableError     not now; try again after a while
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: where (a JSON pointer), a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class ServerError(Exception):
    """Base of all. `code` is a stable word for machines; the message is for the user."""

    code = "error"

    def __init__(
        self, message: str, *, code: str | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.faults = tuple(faults)


class NotFoundError(ServerError):
    """It is not there, or it is not yours: the asker cannot tell which."""

    code = "not-found"


class GoneError(ServerError):
    """It was there once: used up or run out, and it never comes back."""

    code = "gone"


class NotAllowedError(ServerError):
    """The asker may see it, and may not do this to it."""

    code = "not-allowed"


class UnauthenticatedError(ServerError):
    """No key, a wrong key, or a session that has ended."""

    code = "unauthenticated"


class ConflictError(ServerError):
    """The request does not fit the state of things. `expected` says what would."""

    code = "conflict"

    def __init__(
        self, message: str, *, code: str | None = None, expected: int | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.expected = expected


class InvalidError(ServerError):
    """The input is wrong; `faults` point at each place."""

    code = "invalid"


class MalformedError(ServerError):
    """The input cannot even be read as what it should be; `faults` point at the place."""

    code = "malformed"


class TooLargeError(ServerError):
    """The input is beyond a limit."""

    code = "too-large"


class TooOftenError(ServerError):
    """Asked too often. `retry_after` is in seconds."""

    code = "too-often"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class UnavailableError(ServerError):
    """Not now: full, busy or starting. `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float = 5.0) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class DiskFullError(UnavailableError):
    """Not now: there is no room for it. What is there can be read."""

    code = "disk-full"

    def __init__(self) -> None:
        super().__init__("There is no room for so many bytes.", retry_after=60.0)
