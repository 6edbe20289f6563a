"""Secrets, kept out of what leaves the process: in keys, in values, in lines of text.

Applied before anything reaches the spool. What only looks like a secret by its name
(`max_tokens`, `tokenizer`) stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wanllmdb.secret_forms import CONTEXTS, FORMS, PEM, SHORTEST

REDACTED: Final = "[redacted]"

_KEY: Final = re.compile(
    r"(?<!by)(?<!com)pass(?!es|_|ed|ive|age|through|enger)|pass_?(word|phrase|wd)|secret"
    r"|(api|access|private|secret)[_-]?key|credential|private|auth(?!or)|cookie|dsn"
    r"|connection[_-]?str|conn_str|^token$"
    r"|(access|api|bearer|refresh|session|hub|hf|bot|github|gitlab|slack|wandb|user)[_-]?token",
    re.IGNORECASE,
)
_SECRETS: Final = re.compile(rf"\b(?:{'|'.join(FORMS.values())})|{PEM}", re.DOTALL)
_CONTEXTS: Final = [
    (each.markers, re.compile(each.gate), re.compile(each.pattern), rf"\1{each.instead}")
    for each in CONTEXTS.values()
]
# In a line without a long word these are what may still stand before a secret.
_SHORT: Final = ("://", "passw", "passphrase", "pwd", "secret", "-----begin")
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_FLAG: Final = re.compile(r"(--?[A-Za-z0-9_.-]+)(?:=(.*))?\Z", re.DOTALL)


def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is nobody's business."""
    return _KEY.search(key) is not None


def clean_text(text: str) -> str:
    """The text, with every known form of secret cut out."""
    lower = text.lower()
    if max(map(len, lower.split()), default=0) < SHORTEST:
        for marker in _SHORT:
            if marker in lower:
                break
        else:
            return text
    text = _SECRETS.sub(REDACTED, text)
    # A loop, and no `any`: most lines hold no marker, and each is looked for nine times.
    for markers, gate, pattern, instead in _CONTEXTS:
        for marker in markers:
            if marker in lower:
                if gate.search(lower):
                    text = pattern.sub(instead, text)
                break
    return text


class LineCleaner:
    """Cleans lines that come one by one, and knows a private key that goes over several."""

    def __init__(self) -> None:
        self._inside = False

    def __call__(self, line: str) -> str:
        if self._inside:
            end = _KEY_ENDS.search(line)
            if end is None:
                return REDACTED
            self._inside = False
            line = REDACTED + line[end.end() :]
        elif "-----BEGIN" in line and _KEY_BEGINS.search(line) and not _KEY_ENDS.search(line):
            self._inside = True
        return clean_text(line)


def clean(value: Any, key: str = "") -> Any:
    """A copy of a (nested) value without secrets; `key` is the name it goes by."""
    if key and isinstance(value, (str, bytes)) and value and is_secret(key):
        return REDACTED
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {name: clean(each, str(name)) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(each, key) for each in value]
    return value


def clean_argv(argv: Sequence[str]) -> list[str]:
    """A command line without secrets: `--api-key X`, `--api-key=X` and known forms anywhere."""
    cleaned: list[str] = []
    hide_next = False
    for word in argv:
        flag = _FLAG.match(word)
        if hide_next and not word.startswith("--"):
            cleaned.append(REDACTED)
            hide_next = False
            continue
        hide_next = False
        if flag and is_secret(flag[1].lstrip("-")):
            hide_next = flag[2] is None
            cleaned.append(word if hide_next else f"{flag[1]}={REDACTED}")
        else:
            cleaned.append(clean_text(word))
    return cleaned
