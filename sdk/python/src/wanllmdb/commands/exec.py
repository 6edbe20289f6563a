"""`wanllmdb exec`: run a script, and whatever it starts, with `import wandb` meaning us."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from wanllmdb.commands.answer import OK, Commands
from wanllmdb.exec import replace_process


def add(commands: Commands) -> None:
    """Make the command known."""
    text = "run a script in which `import wandb` means wanllmdb, also in what it starts"
    command = commands.add_parser("exec", help=text, description=text, allow_abbrev=False)
    command.add_argument(
        "words",
        nargs="*",
        metavar="SCRIPT | -m MODULE | PROGRAM",
        help="a script of Python or a program, and its arguments",
    )
    command.set_defaults(command=_exec)


def guarded(words: Sequence[str]) -> list[str]:
    """The words with those of the script set apart, so that none is taken as ours."""
    rest = list(words[1:])
    if rest[:1] in (["--"], ["-h"], ["--help"]):
        return list(words)
    return ["exec", "--", *rest]


def _exec(arguments: argparse.Namespace) -> int:
    replace_process(arguments.words)
    return OK
