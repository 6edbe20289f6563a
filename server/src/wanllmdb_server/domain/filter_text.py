"""FilterText: filters as people write them, `config.lr >= 3e-4 and tags has "best"`.

A text means a mapping of `language`, and nothing that such a mapping could not say. What is wrong
is told with its column. The page reads the same language: both are tested with the cases of
tests/contracts/filter_language.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.filter_words import (
    OPERATORS,
    BadTextError,
    Token,
    read_field,
    read_operator,
    read_value,
    skip_space,
    starts_word,
)
from wanllmdb_server.domain.language import parse_query
from wanllmdb_server.domain.query import FIGURES, All, Condition
from wanllmdb_server.domain.span import read_span

MAX_TEXT: Final = 16_384
MAX_NESTED: Final = 64

Tree = dict[str, Any]

_TEXTS: Final = frozenset({"state", "name", "id", "user", "group", "job_type", "notes", "host"})
_TIMES: Final = frozenset({"created_at", "started_at", "heartbeat_at", "finished_at"})
_FIELDS: Final = _TEXTS | _TIMES | {"tags", "duration"}
_PARTS: Final = ("config.", "summary.", *(f"{figure}." for figure in FIGURES))
_CALLED: Final = {"name": "display_name"}  # in wandb's mappings, `name` is the id
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CONSTANTS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def parse_filter(text: str, pointer: str = "/filter") -> Condition:
    """The condition that a text means; an empty one is true of every run.

    Raises:
        InvalidError: it is none; code `bad-filter`, with the column in its detail.
    """
    parser = _Parser(text)
    try:
        tree = parser.whole()
        return parse_query(tree) if tree else All(())
    except BadTextError as error:
        raise _fault(error.column, str(error), pointer) from None
    except InvalidError as error:  # deep or long as a whole
        raise _fault(parser.deepest, _detail(error), pointer) from None


def parse_tree(text: str) -> Tree:
    """The mapping that a text means.

    Raises:
        BadTextError: it means none.
    """
    return _Parser(text).whole()


class _Parser:
    """Goes through one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._nested = 0
        self._deepest = (0, 0)

    @property
    def deepest(self) -> int:
        """The column where it is nested most."""
        return self._deepest[1] + 1

    def whole(self) -> Tree:
        if len(self._text) > MAX_TEXT:
            raise BadTextError(MAX_TEXT, f"a filter has at most {MAX_TEXT} characters")
        if not self._text.strip():
            return {}
        tree = self._any()
        if self._place() < len(self._text):
            self._missing("and or or" if self._text[self._at] != ")" else "a (")
        return tree

    # -- how conditions are joined

    def _any(self) -> Tree:
        found = [self._every()]
        while self._word("or"):
            found.append(self._every())
        return found[0] if len(found) == 1 else {"$or": found}

    def _every(self) -> Tree:
        found = [self._one()]
        while self._word("and"):
            found.append(self._one())
        return found[0] if len(found) == 1 else {"$and": found}

    def _one(self) -> Tree:
        place = self._place()
        self._nested += 1
        self._deepest = max(self._deepest, (self._nested, place))
        if self._nested > MAX_NESTED:
            raise BadTextError(place, f"a filter is nested at most {MAX_NESTED} deep")
        try:
            if self._word("not"):
                return {"$not": self._one()}
            if not self._sign("("):
                return self._leaf()
            inner = self._any()
            if not self._sign(")"):
                self._missing(")")
            return inner
        finally:
            self._nested -= 1

    # -- a condition

    def _leaf(self) -> Tree:
        start = self._place()
        if starts_word(self._text, start, "and", "or"):
            self._missing("a field")
        name, self._at = read_field(self._text, start)
        if not name:
            self._missing("a field")
        field = _known(name)
        if field is None:
            raise BadTextError(start, f"there is no field '{name[:128]}'")
        place = self._place()
        operator, self._at = read_operator(self._text, place)
        if operator is None:
            raise BadTextError(place, f"an operator is missing after {name[:128]}")
        if operator == "has" and field != "tags":
            raise BadTextError(place, "has is about tags; another field is compared with =")
        behind = self._place()
        tree = {_CALLED.get(field, field): self._said(field, operator)}
        try:
            parse_query(tree)
        except InvalidError as error:
            raise BadTextError(behind, _detail(error)) from None
        return tree

    def _said(self, field: str, operator: str) -> Tree:
        match operator:
            case "exists" | "missing":
                return {"$exists": operator == "exists"}
            case "in" | "not in":
                return {OPERATORS[operator]: self._list(field)}
            case "~" | "!~":
                pattern = {"$regex": self._value(operator).text}
                return pattern if operator == "~" else {"$not": pattern}
            case "contains":
                return {"$contains": self._value(operator).text}
            case _:
                token = self._value(operator)
                value = _meant(field, token)
                if value is None and operator not in ("=", "!="):
                    raise BadTextError(token.at, f"null cannot stand after {operator}")
                return {OPERATORS[operator]: value}

    def _list(self, field: str) -> list[object]:
        if not self._sign("("):
            self._missing("a list in parentheses")
        values = [_meant(field, self._value("("))]
        while self._sign(","):
            values.append(_meant(field, self._value(",")))
        if not self._sign(")"):
            self._missing(", or )")
        return values

    def _value(self, after: str) -> Token:
        place = self._place()
        token = read_value(self._text, place, pattern=after in ("~", "!~"))
        if token is None:
            raise BadTextError(place, f"a value is missing after {after}")
        self._at = token.end
        return token

    # -- the text

    def _place(self) -> int:
        self._at = skip_space(self._text, self._at)
        return self._at

    def _word(self, word: str) -> bool:
        if not starts_word(self._text, self._place(), word):
            return False
        self._at += len(word)
        return True

    def _sign(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._place()):
            return False
        self._at += len(sign)
        return True

    def _missing(self, what: str) -> NoReturn:
        raise BadTextError(self._place(), f"{what} is missing")


def _known(name: str) -> str | None:
    """The field of a name; the case of what we named does not matter, of keys it does."""
    head, dot, key = name.partition(".")
    head = head.lower()
    if dot:
        return f"{head}.{key}" if f"{head}." in _PARTS and key else None
    return head if head in _FIELDS else None


def _meant(field: str, token: Token) -> object:
    """The value that a token means for this field."""
    if not token.quoted and token.text.lower() == "null":
        return None
    if field == "duration":
        return _duration(token)
    if token.quoted or field in _TEXTS or field == "tags":
        return token.text
    if _NUMBER.fullmatch(token.text):
        return _number(token.text)
    if field in _TIMES:
        return token.text
    return _CONSTANTS.get(token.text.lower(), token.text)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _duration(token: Token) -> int | float:
    if _NUMBER.fullmatch(token.text):
        return _number(token.text)
    seconds = read_span(token.text)
    if seconds is None:
        raise BadTextError(token.at, "a duration is like 90, 5m or 1h30m")
    return seconds


def _detail(error: InvalidError) -> str:
    return error.faults[0].detail if error.faults else str(error)


def _fault(column: int, detail: str, pointer: str) -> InvalidError:
    said = f"column {column}: {detail}"
    return InvalidError("The filter is wrong.", faults=[Fault(pointer, "bad-filter", said)])
