"""Rules: what may be the name, the type, the metadata and the aliases of an artifact."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from wanllmdb.errors import UsageError
from wanllmdb.naming import MAX_NAME
from wanllmdb.values import Converter, text

MAX_METADATA_BYTES: Final = 900 * 1024  # what is larger belongs in a file of the artifact
MAX_LISTED: Final = 100_000
_RESERVED: Final = re.compile(r"job\Z|wandb-")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+\Z")
_NUMBER: Final = re.compile(r"v[0-9]+\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f/:]")


class BadNameError(UsageError, ValueError):
    """It cannot be the name of anything of an artifact."""


def checked_name(name: str) -> str:
    """The name of an artifact, if it can be one."""
    name = str(name)
    if len(name) > MAX_NAME:
        shown = f"{name[:MAX_NAME]!r} ..."
        raise BadNameError(f"Artifact name is longer than {MAX_NAME} characters: {shown}")

    if not _NAME.match(name) or name in {".", ".."}:
        raise BadNameError(
            "Artifact name may only contain alphanumeric characters, dashes, underscores, and "
            f"dots. Invalid name: {name!r}"
        )
    return name


def checked_type(kind: str) -> str:
    """A type, if it can be one."""
    kind = str(kind)
    if _RESERVED.match(kind):
        raise BadNameError(f"Artifact type {kind!r} is reserved for internal use.")
    return _word(kind, "type")


def checked_words(words: Iterable[str] | str, what: str) -> list[str]:
    """Aliases or tags, without repetition; one string is one of them."""
    found = [words] if isinstance(words, str) else [str(each) for each in words]
    for word in found:
        if what == "alias" and _NUMBER.match(word):
            raise BadNameError(f"{word!r} names a version by its number and cannot be an alias.")
        _word(word, what)
    return list(dict.fromkeys(found))


def checked_metadata(metadata: Any) -> dict[str, Any]:
    """Metadata as JSON holds it.

    Raises:
        TypeError: it is no mapping.
        BadNameError: it is too large.
    """
    if metadata is None:
        return {}
    if dataclasses.is_dataclass(metadata) and not isinstance(metadata, type):
        metadata = dataclasses.asdict(metadata)
    if not isinstance(metadata, Mapping):
        raise TypeError(f"Cannot parse {type(metadata)} as artifact metadata: it is no mapping.")
    found = _finite(_PLAIN.convert(metadata))
    if len(json.dumps(found)) > MAX_METADATA_BYTES:
        raise BadNameError(
            f"The metadata have more than {MAX_METADATA_BYTES:,} bytes; put them in a file of the "
            "artifact: with artifact.new_file('metadata.json') as file: …"
        )
    return found


def _word(word: str, what: str) -> str:
    if not word.strip() or len(word) > MAX_NAME or _CONTROL.search(word) or text(word) != word:
        raise BadNameError(
            f"{word[:MAX_NAME]!r} cannot be the {what} of an artifact: it has 1 to {MAX_NAME} "
            "characters, and neither '/' nor ':'."
        )
    return word


def _listed(array: Any, count: int) -> Any:
    return _PLAIN.convert(array.tolist()) if count <= MAX_LISTED else str(array)


def _finite(value: Any) -> Any:
    """The value with NaN and the infinities as words."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list) else value


_PLAIN: Final = Converter(array=_listed, member=lambda each: each.value, unknown=str)
