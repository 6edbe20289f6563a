"""FilterWords: the words of a filter's text, one after another, and texts written as words.

Places count from 0 here; people are told columns, which count from 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# How an operator is written, and what it is in wandb's mappings; longer ones first.
OPERATORS: Final = {
    "not in": "$nin",
    "!~": "$not",
    "!=": "$ne",
    "<=": "$lte",
    ">=": "$gte",
    "==": "$eq",
    "=": "$eq",
    "<": "$lt",
    ">": "$gt",
    "~": "$regex",
    "has": "$eq",
    "contains": "$contains",
    "in": "$in",
    "exists": "$exists",
    "missing": "$exists",
}

_SPACE: Final = re.compile(r"\s*")
_NAME: Final = re.compile(r"[\w./-]+")
_BARE: Final = re.compile(r"[\w.:/+-]+")
_SIGN: Final = re.compile(r"!~|!=|<=|>=|==|=|<|>|~")
_SPELLED: Final = re.compile(r"not\s+in|has|contains|in|exists|missing", re.IGNORECASE)
_RESERVED: Final = frozenset({"and", "or", "not"})


class BadTextError(ValueError):
    """A text is no filter; `column` says where."""

    def __init__(self, place: int, detail: str) -> None:
        super().__init__(detail)
        self.column = place + 1


@dataclass(frozen=True, slots=True)
class Token:
    """A value as it was written, where it stands and ends.

    Attributes:
        text: what it says.
        at: where it begins.
        end: where it ends.
        quoted: it is a text, whatever it looks like.
    """

    text: str
    at: int
    end: int
    quoted: bool


def skip_space(text: str, at: int) -> int:
    """Where something stands, from here on."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def starts_word(text: str, at: int, *words: str) -> bool:
    """Whether one of the words stands here, by itself."""
    found = _BARE.match(text, at)
    return found is not None and found.group().lower() in words


def read_field(text: str, at: int) -> tuple[str, int]:
    """The name of a field, and where it ends; parts of a key may be quoted."""
    name = ""
    while True:
        if name.endswith(".") and text[at : at + 1] in ('"', "'"):
            part, at = _quoted(text, at)
            if not part:
                return name, at
        elif found := _NAME.match(text, at):
            part, at = found.group(), found.end()
        else:
            return name, at
        name += part


def read_operator(text: str, at: int) -> tuple[str | None, int]:
    """The operator that stands here, and where it ends."""
    if found := _SIGN.match(text, at):
        return found.group(), found.end()
    found = _SPELLED.match(text, at)
    if found is None or _BARE.match(text, found.end()):
        return None, at
    return " ".join(found.group().lower().split()), found.end()


def read_value(text: str, at: int, *, pattern: bool) -> Token | None:
    """The value that stands here; a pattern may stand between slashes."""
    match text[at : at + 1]:
        case '"' | "'":
            value, end = _quoted(text, at)
            return Token(value, at, end, quoted=True)
        case "/" if pattern:
            value, end = _pattern(text, at)
            return Token(value, at, end, quoted=True)
        case _:
            found = _BARE.match(text, at)
            if found is None or found.group().lower() in _RESERVED:
                return None
            return Token(found.group(), at, found.end(), quoted=False)


def quoted(text: str) -> str:
    """The text in quotes, as it is read again."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def field_text(part: str, key: str) -> str:
    """A key of config or summary as a field."""
    plain = _NAME.fullmatch(key) is not None
    return f"{part}.{key if plain else quoted(key)}"


def _quoted(text: str, start: int) -> tuple[str, int]:
    """What stands in quotes; a backslash stands before a quote or another backslash."""
    mark, at, found = text[start], start + 1, ""
    while at < len(text):
        if text[at] == mark:
            return found, at + 1
        if text[at] == "\\" and text[at + 1 : at + 2] in (mark, "\\"):
            at += 1
        found += text[at]
        at += 1
    raise BadTextError(start, f"this {mark} is not closed")


def _pattern(text: str, start: int) -> tuple[str, int]:
    """What stands between slashes; a slash in it is escaped, and an i behind it folds case."""
    at, found = start + 1, ""
    while at < len(text) and text[at] != "/":
        if text[at] == "\\" and at + 1 < len(text):
            found += "/" if text[at + 1] == "/" else text[at : at + 2]
            at += 2
        else:
            found += text[at]
            at += 1
    if at >= len(text):
        raise BadTextError(start, "this / is not closed")
    if not found:
        raise BadTextError(start, "this pattern is empty")
    flags = _BARE.match(text, at + 1)
    if flags is None:
        return found, at + 1
    if flags.group() != "i":
        raise BadTextError(at + 1, "behind a pattern stands an i or nothing")
    return f"(?i){found}", flags.end()
