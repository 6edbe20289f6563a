"""Account: users, their keys and sessions, and the rules for names and secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

KEY_PREFIX: Final = "wl-"
KEY_BODY_CHARS: Final = 43  # 32 random bytes, base64url without padding
MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 1024

# First segments of the page's paths (UI 5.2): no owner may be called so.
RESERVED_NAMES: Final = frozenset(
    [
        "login",
        "invite",
        "authorize",
        "runs",
        "registry",
        "alerts",
        "settings",
        "s",
        "api",
        "graphql",
        "files",
        "assets",
        "docs",
        "healthz",
        "readyz",
        "metrics",
        "new",
        "-",
    ]
)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
_KEY = re.compile(r"wl-[A-Za-z0-9_-]{43}\Z")
# What the wandb client takes for a key before it asks anybody: three parts of base64url, or a
# secret of at least forty characters behind an optional prefix that ends at the first dash.
_KNOWN_KEY = re.compile(
    r"(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+\Z|(?:[^-\s]*-)?[A-Za-z0-9_-]{40,}\Z"
)
_DISTINCT: Final = 12  # characters of a secret that nobody guesses; forty random ones have over 12
MAX_KEY_CHARS: Final = 4096


@dataclass(frozen=True, slots=True)
class User:
    """A person or a service that signs in; also the Owner of the same name."""

    id: int
    name: str
    admin: bool
    created_at: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it may be shown: never the secret, only its first characters."""

    id: int
    name: str
    hint: str
    scope: str
    created_at: int
    last_used_at: int | None


def name_fault(name: str) -> str | None:
    """Why `name` cannot be an owner's name, or None if it can."""
    if not _NAME.match(name):
        return (
            "A name has 1 to 64 characters of a-z, 0-9, '.', '_', '-', "
            "and begins and ends with a letter or digit."
        )
    if name in RESERVED_NAMES:
        return f"The name '{name}' is reserved for a page."
    return None


def password_fault(password: str, name: str) -> str | None:
    """Why this cannot be the password of the user of this name, or None if it can."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters."
    if len(set(password)) < 4 or password.casefold().strip() == name.casefold():
        return "This password would be guessed at once."
    return None


def is_key(text: str) -> bool:
    """Whether the text has the shape of an API key; others are refused without a look-up."""
    return bool(_KEY.match(text))


def may_be_key(text: str) -> bool:
    """Whether the text has the shape of any key, ours or one that its user had before."""
    return len(text) <= MAX_KEY_CHARS and text.isascii() and bool(_KNOWN_KEY.match(text))


def known_key_fault(text: str) -> str | None:
    """Why a key that its user has already cannot be a key here, or None if it can."""
    if not may_be_key(text):
        return (
            "A key has 40 characters or more of A-Z, a-z, 0-9, '_', '-', after an optional prefix "
            f"and a dash; or three such parts with dots between; {MAX_KEY_CHARS} at most in all."
        )
    if len(set(text)) < _DISTINCT:
        return "This key would be guessed: it has too few different characters."
    return None
