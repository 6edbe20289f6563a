"""Findings: what a look at a server's data finds wrong, what that means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning"]

_RESTORE: Final = "Restore a backup (`wanllmdb restore`), if these points matter."
_REPAIR: Final = "Stop the server and run `wanllmdb doctor --repair`."


@dataclass(frozen=True, slots=True)
class Kind:
    """What findings of a kind mean, and what to do about them.

    Attributes:
        level: an error loses something or stops the server; a warning may.
        means: for people.
        advice: the next step.
        repaired: `--repair` takes care of it.
    """

    level: Level
    means: str
    advice: str
    repaired: bool = False


# Every code that a finding can have; docs/reference/commands.md lists them, and a test compares.
KINDS: Final[Mapping[str, Kind]] = {
    "data-dir-missing": Kind(
        "error",
        "There is no data directory: a server that is started makes a new, empty one.",
        "Say the right one with --data-dir, or restore a backup.",
    ),
    "data-dir-open": Kind(
        "warning",
        "Other users of this machine can look into the data directory.",
        "chmod 700 it, or run `wanllmdb doctor --repair`.",
        repaired=True,
    ),
    "data-dir-read-only": Kind(
        "error", "The server cannot write to its data directory.", "Give it to the server's user."
    ),
    "data-dir-on-network": Kind(
        "warning",
        "Locks and syncs of network file systems do not hold what SQLite needs: databases there "
        "have been damaged.",
        "Move the data directory to a local disk.",
    ),
    "disk-nearly-full": Kind(
        "warning",
        "Soon nothing more is acknowledged: what is logged waits on the machines of the runs.",
        "Make room, or set a retention for projects.",
    ),
    "clock-behind": Kind(
        "warning",
        "The clock of this machine is behind times that were written here: states of runs, "
        "sign-ins and orders will be wrong.",
        "Set the clock (NTP).",
    ),
    "key-open": Kind(
        "error",
        "Other users of this machine can read a key and do all that its owner may.",
        "Remove the key file and start the server anew; `--repair` closes it for the future.",
        repaired=True,
    ),
    "catalog-missing": Kind(
        "error",
        "The catalog is not there: runs, projects, users are gone, points cannot be reached.",
        "Restore a backup.",
    ),
    "catalog-damaged": Kind(
        "error",
        "The disk changed the catalog; answers may fail or lack runs.",
        "Stop the server and restore a backup.",
    ),
    "catalog-newer": Kind(
        "error",
        "A later version of wanLLMDB wrote the catalog; this one does not start on it.",
        "Install that version or a later one.",
    ),
    "catalog-dangling": Kind(
        "error",
        "Rows of the catalog refer to others that are gone.",
        "Restore a backup, or delete what is concerned on the page.",
    ),
    "log-without-database": Kind(
        "error",
        "There is a write-ahead log, and the database that it belongs to is gone.",
        "Bring the database back from a backup, without this log.",
    ),
    "log-damaged": Kind(
        "error",
        "The disk changed the write-ahead log: commits behind that place are not read.",
        "Start the server: it keeps a copy of the log and goes on with what is whole; scripts "
        "that still have their journals send the rest again.",
    ),
    "metrics-missing": Kind(
        "error", "The metric database is not there: all points are gone.", "Restore a backup."
    ),
    "metrics-damaged": Kind(
        "error",
        "The metric database cannot be read as one.",
        "Stop the server and restore a backup.",
    ),
    "metrics-truncated": Kind(
        "error",
        "The metric database is shorter than it says: its end is gone.",
        "Stop the server and restore a backup.",
    ),
    "metrics-newer": Kind(
        "error",
        "A later version of wanLLMDB wrote the metric database; this one does not open it.",
        "Install that version or a later one.",
    ),
    "table-damaged": Kind(
        "error",
        "The tree of a table is damaged: some of its rows cannot be found.",
        _REPAIR + " What can be read is kept.",
        repaired=True,
    ),
    "note-damaged": Kind(
        "error",
        "What is known of a stretch of a series is not what was written: its points are left out "
        "of answers.",
        _RESTORE,
    ),
    "notes-gone": Kind("error", "Rows about points are gone, and with them the points.", _RESTORE),
    "name-damaged": Kind(
        "error",
        "The name of a series is not what was written: its points are under `lost/`.",
        _RESTORE,
    ),
    "contents-damaged": Kind(
        "warning",
        "How many rows there should be is not what was written; the rows themselves are whole.",
        _REPAIR,
        repaired=True,
    ),
    "segment-unknown": Kind(
        "error",
        "There are points of which it is not known that they were sealed: they may be there twice.",
        "Prove it with `wanllmdb verify RUN`. " + _RESTORE,
    ),
    "body-gone": Kind("error", "The bytes of points are gone.", _RESTORE),
    "points-damaged": Kind(
        "error",
        "The disk changed the bytes of points: they are left out of answers, which say so.",
        _RESTORE,
    ),
    "overview-damaged": Kind(
        "warning",
        "The disk changed an overview; curves are drawn from the points instead. Nothing is lost.",
        _REPAIR,
        repaired=True,
    ),
    "body-unused": Kind(
        "warning",
        "Bytes take room that nothing refers to.",
        _REPAIR,
        repaired=True,
    ),
    "batch-damaged": Kind(
        "error",
        "A batch that is acknowledged and not yet sealed is not what was written.",
        "Start the server: it sets the batch apart. " + _RESTORE,
    ),
    "writer-damaged": Kind(
        "error",
        "How far a writer of a run is stored is not what was written: it is refused.",
        _RESTORE,
    ),
    "attempts-damaged": Kind(
        "error",
        "In which attempts a run was logged is not what was written: the run is left out of "
        "answers.",
        _RESTORE,
    ),
    "run-unknown": Kind(
        "warning",
        "The metric database has points of a run that the catalog does not know.",
        "Nobody can see them. If the catalog is an older copy, restore a backup as a whole.",
    ),
    "set-apart": Kind(
        "warning",
        "Something was damaged, and was set apart when it was found; answers say so.",
        _RESTORE,
    ),
    "file-missing": Kind(
        "error", "A file of a run or an artifact is not there.", "Restore a backup."
    ),
    "file-damaged": Kind(
        "error", "A file of a run or an artifact is not what was stored.", "Restore a backup."
    ),
    "file-unused": Kind(
        "warning",
        "Files take room that nothing refers to, for more than a day.",
        "They may be removed by hand.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: of a kind, and where it is or what it is in particular."""

    code: str
    what: str

    @property
    def kind(self) -> Kind:
        """What it means."""
        return KINDS[self.code]
