"""The command line: `wanllmdb login | sync | runs | export | verify | stop | exec | server …`.

Each command has a module of its own in `wanllmdb.commands`. Answers go to standard output,
everything else to standard error; with `--json` an answer is one line of JSON. 0: done; 1: it
could not be done now; 2: it was asked for in a way that cannot be done. An error says what to
do next.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from wanllmdb.commands import exec as exec_
from wanllmdb.commands import export, login, runs, status, stop, sync, verify, version
from wanllmdb.commands.answer import FAILED, INTERRUPTED, WRONG, complain, say
from wanllmdb.errors import Error, UsageError
from wanllmdb.http import NoAnswerError
from wanllmdb.version import VERSION

# In the order in which `--help` tells them.
_COMMANDS: Final = (
    login,
    sync,
    runs,
    export,
    verify,
    stop,
    status,
    exec_,
    version,
)

# Commands of the server, which is a distribution of its own.
_SERVER: Final = ("server", "user", "key", "backup", "restore", "doctor", "migrate", "openapi")


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in _SERVER:
        return _server(words)
    if words[:1] == ["exec"]:  # what follows is somebody else's: no word of it is looked at
        words = exec_.guarded(words)
    arguments = _parser().parse_args(words)
    try:
        return arguments.command(arguments)
    except UsageError as error:
        return complain(error, WRONG)
    except (Error, NoAnswerError, OSError) as error:
        return complain(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wanllmdb",
        description="Experiment tracking on your own disk.",
        epilog="wanllmdb server and wanllmdb user need the server: pip install 'wanllmdb[server]'",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wanllmdb {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    for name in _SERVER:
        commands.add_parser(name, help="of the server; see wanllmdb-server --help", add_help=False)
    return parser


def _server(words: list[str]) -> int:
    """A command of the server, if it is installed beside the SDK."""
    if find_spec("wanllmdb_server") is None:
        say(
            f"wanllmdb {words[0]} needs the server, which is not installed here:\n"
            '  pip install "wanllmdb[server]"'
        )
        return FAILED
    return int(import_module("wanllmdb_server.cli").main(words))
