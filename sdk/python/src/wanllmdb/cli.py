"""The command line: `wanllmdb login | sync | runs | status | version | server | user …`.

Answers go to standard output, everything else to standard error; with `--json` an answer is
one line of JSON. 0: done; 1: it could not be done now; 2: it was asked for in a way that
cannot be done. An error says what to do next.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from wanllmdb import relay, uploads
from wanllmdb.credentials import find_key, place
from wanllmdb.directories import places
from wanllmdb.errors import CommError, Error, UsageError
from wanllmdb.http import Http, NoAnswerError
from wanllmdb.login import sign_in, whose
from wanllmdb.relay import Leftover, Progress
from wanllmdb.settings import Settings, resolve
from wanllmdb.sink import HttpSink
from wanllmdb.version import VERSION

OK: Final = 0
FAILED: Final = 1
WRONG: Final = 2
INTERRUPTED: Final = 130

# Commands of the server, which is a distribution of its own.
_SERVER: Final = ("server", "user", "key", "migrate", "openapi")

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in _SERVER:
        return _server(words)
    arguments = _parser().parse_args(words)
    try:
        return arguments.command(arguments)
    except UsageError as error:
        return _complain(error, WRONG)
    except (Error, NoAnswerError, OSError) as error:
        return _complain(error, FAILED)
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
    command = _add(commands, "login", _login, "keep an API key for a server")
    command.add_argument("--key", metavar="KEY", help="the key; - reads it from standard input")
    command = _add(commands, "sync", _sync, "send what offline or killed runs left behind")
    command.add_argument("directories", nargs="*", metavar="DIR", help="where to look")
    command.add_argument("--any-host", action="store_true", help="also what other machines left")
    command = _add(commands, "runs", _runs, "list runs of a project")
    command.add_argument("--project", metavar="[OWNER/]PROJECT", help="which project")
    command.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (20)")
    _add(commands, "status", _status, "say which server, who you are, and what waits")
    _add(commands, "version", _version, "print the version")
    for name in _SERVER:
        commands.add_parser(name, help="of the server; see wanllmdb-server --help", add_help=False)
    return parser


def _add(commands: Any, name: str, command: Command, help_: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    parser.add_argument("--host", metavar="URL", help="the server (http://127.0.0.1:8000)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(command=command)
    return parser


def _login(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    key = arguments.key
    if key == "-":
        key = sys.stdin.readline().strip()
    if key is None:
        key = find_key(settings) if settings.is_local else None
    if key is None and sys.stdin.isatty():
        key = getpass.getpass(f"API key for {settings.base_url}: ")
    if not key:
        raise UsageError("There is no key to keep; pass one with --key, or --key - to read it.")
    signed_in = sign_in(settings, key)
    said = {"url": signed_in.url, "user": signed_in.user, "file": str(signed_in.saved)}
    _answer(arguments, said, f"Signed in to {signed_in.url} as {signed_in.user}.")
    return OK


def _sync(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    found = _leftovers(settings, arguments.directories, any_host=arguments.any_host)
    if not found:
        _answer(arguments, _synced(relay.SyncReport()), "Nothing waits to be sent.")
        return OK
    report = relay.SyncReport()
    for told, here in _by_server(settings, found):
        sink = HttpSink(told.api_url, find_key(told), metric_url=told.metric_url)
        _add_up(report, relay.sync(here, sink, None if arguments.json else _tell_progress))
        sink.close()
    for leftover in found:
        uploads.tidy(leftover.directory)
    for leftover, problem in report.failures:
        _say(f"{leftover.directory}: {problem}")
    lines = [f"Sent {report.sent:,} records of {report.finished} journals.", *sorted(report.runs)]
    if report.rejected:
        lines.append(f"The server refused {sum(report.rejected.values()):,} of them.")
    _answer(arguments, _synced(report), "\n".join(lines))
    return FAILED if report.failures else OK


def _leftovers(settings: Settings, directories: Sequence[str], *, any_host: bool) -> list[Leftover]:
    """What waits in these directories, or wherever runs of these settings may have been kept."""
    roots = [Path(each) for each in directories]
    for root in roots:
        if not root.is_dir():
            raise UsageError(f"{root} is no directory.")
    found: dict[tuple[Path, str], Leftover] = {}
    for root in roots or places(settings, os.environ, Path.cwd()):
        for leftover in relay.leftovers(root, any_host=any_host):
            found[leftover.directory.resolve(), leftover.writer] = leftover
    return list(found.values())


def _by_server(
    settings: Settings, found: Sequence[Leftover]
) -> Iterator[tuple[Settings, list[Leftover]]]:
    """Where each goes: to the server that was named, else to the one it was meant for."""
    if "api_url" in settings.given:
        yield settings, list(found)
        return
    here = place(settings.api_url)
    for server in sorted({each.server or here for each in found}):
        told = settings
        if server != here:  # a key in the environment is not for a server elsewhere
            told = Settings(api_url=server, config_dir=settings.config_dir)
        yield told, [each for each in found if (each.server or here) == server]


def _add_up(whole: relay.SyncReport, part: relay.SyncReport) -> None:
    whole.sent += part.sent
    whole.finished += part.finished
    whole.damaged += part.damaged
    whole.failures += part.failures
    whole.runs |= part.runs
    for code, count in part.rejected.items():
        whole.rejected[code] = whole.rejected.get(code, 0) + count


def _synced(report: relay.SyncReport) -> dict[str, Any]:
    return {
        "sent": report.sent,
        "finished": report.finished,
        "rejected": report.rejected,
        "damaged": report.damaged,
        "failures": [
            {"directory": str(leftover.directory), "writer": leftover.writer, "problem": problem}
            for leftover, problem in report.failures
        ],
        "runs": sorted(report.runs),
    }


def _tell_progress(progress: Progress) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{progress.leftover.directory.name}: {progress.sent:,} records")
        sys.stderr.flush()


def _runs(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    http = _http(settings)
    owner, _, project = (arguments.project or settings.project or "").rpartition("/")
    if not project:
        found = _ask(http, "/api/v1/projects?limit=100").get("items", [])
        lines = [f"{each['owner']}/{each['name']}  {each['runs']} runs" for each in found]
        _answer(arguments, {"projects": found}, "\n".join(lines) or "There is no project yet.")
        return OK
    owner = owner or settings.entity or whose(http) or ""
    place = f"/api/v1/projects/{quote(owner, safe='')}/{quote(project, safe='')}"
    found = _ask(http, f"{place}/runs?limit={arguments.limit}&sort=-created_at").get("items", [])
    lines = [
        f"{run['id']:<10} {run['state']:<9} {run['name']}  {settings.base_url}{run['url']}"
        for run in found
    ]
    _answer(arguments, {"runs": found}, "\n".join(lines) or "There is no run in this project.")
    return OK


def _status(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    key = find_key(settings)
    waiting = _leftovers(settings, (), any_host=False)
    problem = user = None
    try:
        user = whose(Http(settings.api_url, key))
        problem = None if user else "the key is not known" if key else "there is no key"
    except NoAnswerError as error:
        problem = str(error)
    said = {
        "version": VERSION,
        "url": settings.base_url,
        "mode": settings.mode,
        "user": user,
        "problem": problem,
        "waiting": len(waiting),
        "waiting_bytes": sum(each.size for each in waiting),
    }
    lines = [
        f"server   {settings.base_url}",
        f"user     {user or f'- ({problem})'}",
        f"mode     {settings.mode}",
        f"waiting  {len(waiting)} journals, {said['waiting_bytes']:,} bytes",
    ]
    _answer(arguments, said, "\n".join(lines))
    return FAILED if problem else OK


def _version(arguments: argparse.Namespace) -> int:
    _answer(arguments, {"version": VERSION}, f"wanllmdb {VERSION}")
    return OK


def _server(words: list[str]) -> int:
    """A command of the server, if it is installed beside the SDK."""
    if find_spec("wanllmdb_server") is None:
        _say(
            f"wanllmdb {words[0]} needs the server, which is not installed here:\n"
            '  pip install "wanllmdb[server]"'
        )
        return FAILED
    return int(import_module("wanllmdb_server.cli").main(words))


def _settings(arguments: argparse.Namespace) -> Settings:
    return resolve({"api_url": arguments.host})


def _http(settings: Settings) -> Http:
    return Http(settings.api_url, find_key(settings))


def _ask(http: Http, path: str) -> Mapping[str, Any]:
    answer = http.request("GET", path)
    if answer.status == 401:
        raise CommError(f"{http.url} does not know you. Run `wanllmdb login --host {http.url}`.")
    if not answer.ok:
        raise CommError(f"{http.url}: {answer.detail}")
    return answer.body


def _answer(arguments: argparse.Namespace, said: Mapping[str, Any], text: str) -> None:
    sys.stdout.write(f"{json.dumps(said) if arguments.json else text}\n")


def _complain(error: BaseException, status: int) -> int:
    _say(f"wanllmdb: {error}")
    return status


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
