"""Faults: what is wrong with what a client says of a run, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.domain import project as project_rules
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.run import MAX_TAGS, MAX_TEXT, RunChanges, id_fault, text_fault

MAX_WRITER: Final = 256


def check_new(project: str, new: NewRun) -> None:
    """Raises InvalidError if this cannot be a run."""
    faults: list[Fault] = []
    if fault := id_fault(new.id):
        faults.append(Fault("/id", "unfit-id", fault))
    if fault := project_rules.name_fault(project):
        faults.append(Fault("/project", "unfit-name", fault))
    if new.writer is not None and (fault := text_fault(new.writer, MAX_WRITER)):
        faults.append(Fault("/writer", "unfit-name", fault))
    faults += _text_faults(new)
    if faults:
        raise InvalidError("This cannot be a run.", faults=faults)


def check_changes(changes: RunChanges) -> None:
    """Raises InvalidError if a run cannot be changed so."""
    faults = list(_text_faults(changes))
    if changes.name is not None and not changes.name.strip():
        faults.append(Fault("/name", "unfit-name", "A run has a name."))
    if faults:
        raise InvalidError("A run cannot be changed so.", faults=faults)


def _text_faults(said: NewRun | RunChanges) -> Iterator[Fault]:
    for field in ("name", "group", "job_type"):
        text = getattr(said, field)
        if text is not None and (fault := text_fault(text)):
            yield Fault(f"/{field}", "unfit-name", fault)
    if said.notes is not None and len(said.notes) > MAX_TEXT:
        yield Fault("/notes", "too-long", f"At most {MAX_TEXT} characters.")
    tags = said.tags or ()
    if len(tags) > MAX_TAGS:
        yield Fault("/tags", "too-many-items", f"At most {MAX_TAGS} tags.")
    for index, tag in enumerate(tags[:MAX_TAGS]):
        if fault := text_fault(tag):
            yield Fault(f"/tags/{index}", "unfit-name", fault)
