"""What the commands share: how one is declared, whom it asks, and how it answers.

Answers go to standard output, everything else to standard error; with `--json` an answer is
one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from wanllmdb.connection import Timeouts
from wanllmdb.errors import CommError, UsageError
from wanllmdb.http import Http
from wanllmdb.login import connect as _connect
from wanllmdb.login import whose
from wanllmdb.settings import Settings, resolve

OK: Final = 0
FAILED: Final = 1
WRONG: Final = 2
INTERRUPTED: Final = 130

Command = Callable[[argparse.Namespace], int]

# What the commands are added to; argparse keeps the name of its type to itself.
Commands = Any


def declare(commands: Commands, name: str, command: Command, help_: str) -> argparse.ArgumentParser:
    """A command that talks with a server; returns its parser, for what else it takes."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help_, description=f"{help_.capitalize()}."
    )
    parser.add_argument("--host", metavar="URL", help="the server (http://127.0.0.1:8000)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(command=command)
    return parser


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings that hold here, with the server that `--host` names."""
    return resolve({"api_url": arguments.host})


def connect(settings: Settings, timeouts: Timeouts | None = None) -> Http:
    """The server of these settings, asked with the key that is kept for it."""
    return _connect(settings, timeouts=timeouts)


def ask(http: Http, path: str) -> Mapping[str, Any]:
    """What the server answers there; a CommError that says what to do where it refuses."""
    return order(http, "GET", path)


def order(
    http: Http, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Have the server do something; a CommError that says what to do where it refuses."""
    answer = http.request(method, path, body)
    if answer.status == 401:
        raise CommError(f"{http.url} does not know you. Run `wanllmdb login --host {http.url}`.")
    if not answer.ok:
        raise CommError(f"{http.url}: {answer.detail}")
    return answer.body


def project_place(settings: Settings, http: Http, named: str | None) -> str | None:
    """The path of a project named `PROJECT` or `OWNER/PROJECT`; None where none is named.

    Without a name it is the project of the settings; without an owner, it is the user's own.
    """
    owner, _, project = (named or settings.project or "").rpartition("/")
    if not project:
        return None
    owner = owner or settings.entity or whose(http) or ""
    return f"/api/v1/projects/{quote(owner, safe='')}/{quote(project, safe='')}"


def run_place(settings: Settings, http: Http, named: str) -> str:
    """The path of a run named `ID`, `PROJECT/ID` or `OWNER/PROJECT/ID`.

    Of an ID alone the project is that of the settings, else the only one that has such a run.
    """
    project, _, run = named.rpartition("/")
    if not run:
        raise UsageError(f"{named!r} names no run; write ID, PROJECT/ID or OWNER/PROJECT/ID.")
    place = project_place(settings, http, project or None)
    if place is not None:
        return f"{place}/runs/{quote(run, safe='')}"
    found = [each for each in _everywhere(http, run) if http.request("GET", each).ok]
    if len(found) != 1:
        what = "is in several projects" if found else "is in no project that you can see"
        raise UsageError(f"Run {run} {what}; write OWNER/PROJECT/{run}.")
    return found[0]


def _everywhere(http: Http, run: str) -> Iterator[str]:
    """The paths that a run of this id may have."""
    cursor = ""
    while cursor is not None:
        page = ask(http, f"/api/v1/projects?limit=500&cursor={cursor}".removesuffix("&cursor="))
        for each in page.get("items", []):
            place = f"{quote(each['owner'], safe='')}/{quote(each['name'], safe='')}"
            yield f"/api/v1/projects/{place}/runs/{quote(run, safe='')}"
        cursor = page.get("next")


def answer(arguments: argparse.Namespace, said: Mapping[str, Any], text: str) -> None:
    """Tell the user, or with `--json` a program, what came of it."""
    sys.stdout.write(f"{json.dumps(said) if arguments.json else text}\n")


def complain(error: BaseException, status: int) -> int:
    """Say what is wrong; returns the exit status."""
    say(f"wanllmdb: {error}")
    return status


def say(text: str) -> None:
    """Something that is no answer: a reason, a progress, a warning."""
    sys.stderr.write(f"{text}\n")
