"""`wanllmdb status`: which server, who you are there, and what waits to be sent."""

from __future__ import annotations

import argparse

from wanllmdb.commands.answer import FAILED, OK, Commands, answer, connect, declare, settings_of
from wanllmdb.commands.waiting import waiting
from wanllmdb.credentials import find_key
from wanllmdb.http import NoAnswerError
from wanllmdb.login import whose
from wanllmdb.version import VERSION


def add(commands: Commands) -> None:
    """Make the command known."""
    declare(commands, "status", _status, "say which server, who you are, and what waits")


def _status(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    left = waiting(settings, (), any_host=False)
    problem = user = None
    try:
        user = whose(connect(settings))
        if not user:
            problem = "the key is not known" if find_key(settings) else "there is no key"
    except NoAnswerError as error:
        problem = str(error)
    said = {
        "version": VERSION,
        "url": settings.base_url,
        "mode": settings.mode,
        "user": user,
        "problem": problem,
        "waiting": len(left),
        "waiting_bytes": sum(each.size for each in left),
    }
    lines = [
        f"server   {settings.base_url}",
        f"user     {user or f'- ({problem})'}",
        f"mode     {settings.mode}",
        f"waiting  {len(left)} journals, {said['waiting_bytes']:,} bytes",
    ]
    answer(arguments, said, "\n".join(lines))
    return FAILED if problem else OK
