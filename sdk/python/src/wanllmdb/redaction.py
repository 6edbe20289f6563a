"""Secrets, kept out of what leaves the process: in keys, in values, in lines of text.

Applied before anything reaches the spool. What only looks like a secret by its name
(`max_tokens`, `tokenizer`) stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

REDACTED: Final = "[redacted]"

_KEY: Final = re.compile(
    r"(?<!by)(?<!com)pass(?!es|_|ed|ive|age|through|enger)|pass_?(word|phrase|wd)|secret"
    r"|(api|access|private|secret)[_-]?key|credential|private|auth(?!or)|cookie|dsn"
    r"|connection[_-]?str|conn_str|^token$"
    r"|(access|api|bearer|refresh|session|hub|hf|bot|github|gitlab|slack|wandb|user)[_-]?token",
    re.IGNORECASE,
)
_SECRETS: Final = re.compile(
    r"\b(?:wl-[A-Za-z0-9_-]{43}"  # ours
    r"|wlk_[A-Za-z0-9]{36}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|hf_[A-Za-z0-9]{30,}"
    r"|sk-[A-Za-z0-9_-]{20,}"  # OpenAI and its relatives
    r"|xox[abposr]-[A-Za-z0-9-]{10,}"  # Slack
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)"  # JWT
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
    re.DOTALL,
)
_USERINFO: Final = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", re.IGNORECASE)
_FLAG: Final = re.compile(r"(--?[A-Za-z0-9_.-]+)(?:=(.*))?\Z", re.DOTALL)


def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is nobody's business."""
    return _KEY.search(key) is not None


def clean_text(text: str) -> str:
    """The text, with every known form of secret cut out."""
    if "://" in text:
        text = _USERINFO.sub(r"\1", text)
    return _SECRETS.sub(REDACTED, text)


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
