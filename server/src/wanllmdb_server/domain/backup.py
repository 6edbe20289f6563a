"""Backup: what a copy of a server's data is made of, and what its manifest says.

A backup is a folder of files that never change, each named in the manifest with its SHA-256.
The manifest is written last, in place of the one before: there is a whole backup or the former
one. Bytes that a later backup has in common with it are not copied again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from wanllmdb_server.storing import Piece

FORMAT: Final = 1
MANIFEST: Final = "backup.json"


class BackupError(Exception):
    """A backup cannot be made, read or restored; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is.

    Attributes:
        made_at: when it was begun, in microseconds since the epoch: what was acknowledged by
            then is in it.
        version: of the server that made it.
        packs: of bodies of the metric database.
        metrics, catalog: the databases.
        blobs: the list of blobs; they lie under their digests.
        counts: runs, points, blobs and their bytes.
        damaged: what could not be read as it was written, in words.
    """

    made_at: int
    version: str
    packs: tuple[Piece, ...]
    metrics: Piece
    catalog: Piece
    blobs: Piece
    counts: Mapping[str, int]
    damaged: tuple[str, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every file but the blobs."""
        return (*self.packs, self.metrics, self.catalog, self.blobs)


def written(manifest: Manifest) -> bytes:
    """A manifest as the file that it is."""
    said = {"format": FORMAT, **asdict(manifest)}
    return json.dumps({**said, "check": _check(said)}, indent=1).encode()


def read(content: bytes) -> Manifest:
    """The manifest in a file.

    Raises:
        BackupError: it is none, of a later version, or not what was written.
    """
    try:
        said = json.loads(content)
        check = said.pop("check")
        number = said.pop("format")
        if number == FORMAT and check == _check({"format": number, **said}):
            fields: dict[str, Any] = {
                **said,
                "packs": tuple(Piece(**each) for each in said["packs"]),
                "metrics": Piece(**said["metrics"]),
                "catalog": Piece(**said["catalog"]),
                "blobs": Piece(**said["blobs"]),
                "damaged": tuple(said["damaged"]),
            }
            return Manifest(**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"The manifest {MANIFEST} is damaged: {error}.") from error
    if number != FORMAT:
        raise BackupError(
            f"The backup is of format {number}; this version knows {FORMAT}. "
            "Restore it with the version that made it or a later one."
        )
    raise BackupError(f"The manifest {MANIFEST} is not what was written.")


def _check(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
