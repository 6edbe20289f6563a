"""Pattern: a regular expression from outside, which no text can make slow.

The engine (Rust's `regex`, which pydantic brings along) takes time in proportion to the text,
whatever the expression: it has no back-references and no look-around. A pattern is found
anywhere in a text unless it is anchored.
"""

from __future__ import annotations

import functools
from typing import Final

from pydantic_core import SchemaError, SchemaValidator, core_schema

from wanllmdb_server.domain.errors import Fault, InvalidError

MAX_PATTERN: Final = 1024


class Pattern:
    """A compiled pattern."""

    __slots__ = ("_find", "text")

    def __init__(self, text: str) -> None:
        """Compile; raises ValueError with a sentence if it is no pattern of this engine."""
        if len(text) > MAX_PATTERN:
            raise ValueError(f"A pattern has at most {MAX_PATTERN} characters.")
        try:
            self._find = SchemaValidator(core_schema.str_schema(pattern=text)).isinstance_python
        except SchemaError as error:
            raise ValueError(_reason(str(error))) from None
        self.text = text

    def found_in(self, text: str) -> bool:
        """Whether the pattern occurs in the text."""
        return self._find(text)


@functools.lru_cache(maxsize=64)
def compiled(text: str) -> Pattern:
    """The pattern of this text, compiled once; raises ValueError as `Pattern` does."""
    return Pattern(text)


def parse_pattern(text: str, pointer: str) -> Pattern:
    """A pattern from outside.

    Raises:
        InvalidError: it is none; the fault points at `pointer`.
    """
    try:
        return compiled(text)
    except ValueError as error:
        fault = Fault(pointer, "bad-pattern", str(error))
        raise InvalidError("This is no regular expression.", faults=[fault]) from None


def _reason(said: str) -> str:
    """What the engine said, as one sentence."""
    _, marked, reason = said.partition("error: ")
    text = (reason if marked else said.rpartition("SchemaError:")[2]).strip().splitlines()
    return f"The regular expression cannot be used: {text[0] if text else 'it is malformed'}."
