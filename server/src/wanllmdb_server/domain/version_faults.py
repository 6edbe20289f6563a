"""Faults: what is wrong with what is said of a version, each with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from wanllmdb_server.domain import artifact as rules
from wanllmdb_server.domain.artifact import NewVersion
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.file import is_digest
from wanllmdb_server.domain.run import MAX_TAGS, MAX_TEXT


def check_new(name: str, new: NewVersion) -> None:
    """Raises InvalidError if this cannot be a version."""
    faults = _faults(name, new)
    if not is_digest(new.manifest):
        faults.append(Fault("/manifest", "bad-digest", "This is no SHA-256."))
    _raise(faults)


def check_draft(name: str, new: NewVersion) -> None:
    """Raises InvalidError if this cannot be one whose files are told later."""
    _raise(_faults(name, new))


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise InvalidError("This cannot be a version.", faults=faults)


def _faults(name: str, new: NewVersion) -> list[Fault]:
    return [
        *_fault("/artifact", "unfit-name", rules.name_fault(name)),
        *_fault("/type", "unfit-name", rules.type_fault(new.type)),
        *word_faults(new.aliases, "aliases", rules.alias_fault, rules.MAX_ALIASES),
        *word_faults(new.tags, "tags", rules.tag_fault, MAX_TAGS),
        *check_texts(new.description, new.metadata),
        *_name_faults(new),
    ]


def word_faults(
    words: Sequence[str], field: str, fault_of: Callable[[str], str | None], limit: int
) -> Iterator[Fault]:
    """What is wrong with aliases or tags."""
    if len(words) > limit:
        yield Fault(f"/{field}", "too-many-items", f"At most {limit}.")
    for index, word in enumerate(words[:limit]):
        yield from _fault(f"/{field}/{index}", "unfit-name", fault_of(word))


def check_texts(description: str | None, metadata: object) -> Iterator[Fault]:
    """What is wrong with what is told of a version."""
    if description is not None and len(description) > MAX_TEXT:
        yield Fault("/description", "too-long", f"At most {MAX_TEXT} characters.")
    if rules.depth(metadata) > rules.MAX_DEPTH:
        yield Fault("/metadata", "too-deep", f"Nested at most {rules.MAX_DEPTH} deep.")
    elif len(json.dumps(metadata, default=str)) > rules.MAX_METADATA_BYTES:
        yield Fault("/metadata", "too-large", f"At most {rules.MAX_METADATA_BYTES} bytes.")


def _name_faults(new: NewVersion) -> Iterator[Fault]:
    for field in ("client_id", "distributed_id", "digest"):
        text = getattr(new, field)
        if text is not None and not _is_word(text):
            yield Fault(f"/{field}", "unfit-name", "1 to 128 printable ASCII characters.")


def _is_word(text: str) -> bool:
    return 0 < len(text) <= rules.MAX_NAME and text.isascii() and text.isprintable()


def _fault(pointer: str, code: str, found: str | None) -> list[Fault]:
    return [Fault(pointer, code, found)] if found else []
