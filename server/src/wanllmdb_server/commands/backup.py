"""`backup DIR` and `restore DIR`: a copy of everything that a server keeps, and back again.

A backup may be made while the server is at work. 0: done; 1: it could not be done, or something
in it was damaged already: what, is said.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wanllmdb_server import wiring
from wanllmdb_server.commands.answer import (
    FAILED,
    OK,
    Bar,
    answer,
    complain,
    finish,
    now_us,
    reach_files,
    size,
)
from wanllmdb_server.domain.backup import BackupError, Manifest
from wanllmdb_server.services import backups
from wanllmdb_server.settings import Settings


def add(commands: Any) -> None:
    """Make the commands known."""
    made = commands.add_parser(
        "backup",
        help="copy everything that the server keeps into a folder",
        description="Copy everything that the server keeps into a folder, also while it is at "
        "work. A second backup into the same folder copies only what is new.",
    )
    made.add_argument("folder", metavar="DIR", help="empty, or one in which a backup is")
    made.add_argument(
        "--check", action="store_true", help="make none: read the one there, byte for byte"
    )
    reach_files(made)
    finish(made, _backup)
    back = commands.add_parser(
        "restore",
        help="put a backup back as a data directory",
        description="Put a backup back as a data directory, which has to be empty or not there.",
    )
    back.add_argument("folder", metavar="DIR", help="of the backup")
    back.add_argument(
        "--replace",
        action="store_true",
        help="in place of the data directory that is there, which is kept beside it",
    )
    reach_files(back)
    finish(back, _restore)


def _backup(told: Settings, arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder).expanduser().absolute()
    bar = Bar(shown=not arguments.json)
    try:
        if arguments.check:
            manifest = backups.check(folder, bar)
            bar.end()
            answer(_said(manifest), f"The backup is whole. {_words(manifest)}", arguments)
            return _status(manifest)
        if hasattr(os, "nice"):
            os.nice(5)  # those who log come first
        made = backups.make(
            told.data_dir, folder, now=now_us, progress=bar, shelf=wiring.shelf(told)
        )
    except BackupError as error:
        bar.end()
        return complain(error, FAILED)
    bar.end()
    text = f"Backed up {told.data_dir}: {_words(made.manifest)} {size(made.written)} were new."
    answer({**_said(made.manifest), "written": made.written}, text, arguments)
    return _status(made.manifest)


def _restore(told: Settings, arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder).expanduser().absolute()
    bar = Bar(shown=not arguments.json)
    try:
        manifest, kept = backups.restore(
            folder,
            told.data_dir,
            replace=arguments.replace,
            now=now_us,
            progress=bar,
            shelf=wiring.shelf(told),
        )
    except BackupError as error:
        bar.end()
        return complain(error, FAILED)
    bar.end()
    text = f"Restored {told.data_dir}: {_words(manifest)}"
    if kept is not None:
        text += f"\nWhat was there before is in {kept}."
    said = {**_said(manifest), "data_dir": str(told.data_dir)}
    answer({**said, "kept": None if kept is None else str(kept)}, text, arguments)
    return OK


def _said(manifest: Manifest) -> dict[str, Any]:
    said = {"made_at": manifest.made_at, "version": manifest.version}
    return {
        **said,
        **manifest.counts,
        "damaged": list(manifest.damaged),
        "files": [asdict(piece) for piece in manifest.pieces],
    }


def _words(manifest: Manifest) -> str:
    counts = manifest.counts
    when = datetime.fromtimestamp(manifest.made_at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    text = (
        f"{counts['runs']} runs, {counts['sealed_points']} points and {counts['batches']} batches "
        f"of more, {counts['blobs']} files; as of {when}."
    )
    for each in manifest.damaged[:10]:
        text += f"\n  was damaged already: {each}"
    if len(manifest.damaged) > 10:
        text += f"\n  and {len(manifest.damaged) - 10} more"
    return text


def _status(manifest: Manifest) -> int:
    return FAILED if manifest.damaged else OK
