"""`wanllmdb version`: the version, for people and for programs."""

from __future__ import annotations

import argparse

from wanllmdb.commands.answer import OK, Commands, answer, declare
from wanllmdb.version import VERSION


def add(commands: Commands) -> None:
    """Make the command known."""
    declare(commands, "version", _version, "print the version")


def _version(arguments: argparse.Namespace) -> int:
    answer(arguments, {"version": VERSION}, f"wanllmdb {VERSION}")
    return OK
