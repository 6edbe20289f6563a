"""Credentials: how secrets are made, and what the catalog keeps of them.

Keys and tokens are random, so their SHA-256 is enough: nobody guesses 128 bits. Passwords are
not, so they are argon2id (RELIABILITY 5.1), each with the parameters it was made with.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import unicodedata
from collections.abc import Callable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from wanllmdb_server.domain.account import KEY_PREFIX, MAX_PASSWORD

RandomBytes = Callable[[int], bytes]

HINT_CHARS: Final = 8
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2


def new_key(random_bytes: RandomBytes) -> str:
    """A new API key: 256 bits."""
    return KEY_PREFIX + _text(random_bytes(32))


def new_session_token(random_bytes: RandomBytes) -> str:
    """A new session's token: 256 bits."""
    return _text(random_bytes(32))


def new_one_time_token(random_bytes: RandomBytes) -> str:
    """A new token for signing in once: 128 bits."""
    return _text(random_bytes(16))


def digest_of(secret: str) -> str:
    """What the catalog keeps of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Passwords:
    """Hashes and checks passwords, as many at once as there are processors."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turn = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._nobodys = self.hash(_text(os.urandom(32)))

    def hash(self, password: str) -> str:
        """The password as it may be kept."""
        with self._turn:
            return self._hasher.hash(_folded(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether this is the password that was kept; takes as long when none was."""
        right = len(password) <= MAX_PASSWORD
        with self._turn:
            try:
                self._hasher.verify(kept or self._nobodys, _folded(password[:MAX_PASSWORD]))
            except (VerificationError, InvalidHashError):
                return False
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether the password should be hashed anew, with the parameters of today."""
        return self._hasher.check_needs_rehash(kept)


def _folded(password: str) -> bytes:
    """One form for what looks the same, whatever keyboard it came from."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _text(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()
