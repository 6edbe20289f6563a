"""The command line of the server: `wanllmdb-server`, and behind `wanllmdb server`.

Answers go to standard output, everything else to standard error. 0: done; 1: it could not be
done now; 2: it was asked for in a way that cannot be done. An error says what to do next.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wanllmdb.version import VERSION
from wanllmdb_server import first_start, settings
from wanllmdb_server.commands import backup, doctor
from wanllmdb_server.commands.answer import FAILED, OK, WRONG
from wanllmdb_server.commands.answer import answer as _answer
from wanllmdb_server.commands.answer import complain as _complain
from wanllmdb_server.commands.answer import finish as _finish
from wanllmdb_server.commands.answer import out as _out
from wanllmdb_server.data_dir import DataDir, DataDirError
from wanllmdb_server.domain.access import Scope
from wanllmdb_server.domain.errors import ServerError
from wanllmdb_server.settings import Settings, SettingsError


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        told = settings.load(vars(arguments), os.environ)
        command: Callable[[Settings, argparse.Namespace], int] = arguments.command
        return command(told, arguments)
    except (SettingsError, first_start.UnguardedError) as error:
        return _complain(error, WRONG)
    except (DataDirError, ServerError, OSError) as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wanllmdb-server", description="The wanLLMDB server.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"wanllmdb-server {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_server(commands)
    _add_user(commands)
    _add_key(commands)
    backup.add(commands)
    doctor.add(commands)
    migrate = commands.add_parser("migrate", help="bring the data directory to this version")
    _finish(migrate, _migrate)
    openapi = commands.add_parser("openapi", help="print the description of the API as JSON")
    openapi.set_defaults(command=_openapi)
    return parser


def _add_server(commands: Any) -> None:
    server = commands.add_parser(
        "server",
        help="serve the API and the page",
        description="Serve the API and the page until SIGTERM or Ctrl-C.",
    )
    server.add_argument(
        "--role",
        help="what this process is: all (by itself the whole server), api, metrics or worker",
    )
    server.add_argument("--host", help="address to listen on (127.0.0.1)")
    server.add_argument("--port", help="of the API and the page (8000); 0 takes a free one")
    server.add_argument(
        "--metrics-port", help="where the metric routes answer too (8001); 0: nowhere"
    )
    server.add_argument(
        "--allowed-host",
        action="append",
        dest="allowed_hosts",
        metavar="NAME",
        help="a name by which browsers may address the server; may be repeated",
    )
    server.add_argument("--public-url", help="how others reach the server behind a proxy")
    server.add_argument("--metric-url", help="where clients shall send metrics")
    server.add_argument(
        "--metrics-internal-url",
        metavar="URL",
        help="where --role api and worker find --role metrics, if not on this machine's port",
    )
    server.add_argument(
        "--retention",
        metavar="KIND=DAYS,…",
        help="how long points, console, system and files of ended runs are kept (for ever)",
    )
    server.add_argument(
        "--blobs",
        metavar="URL",
        help="keep files in this bucket, s3://BUCKET/PREFIX, and not in the data directory",
    )
    server.add_argument(
        "--trash-days", metavar="DAYS", help="how long deleted runs can be taken back (30)"
    )
    _finish(server, _server)


def _add_user(commands: Any) -> None:
    user = commands.add_parser("user", help="create users").add_subparsers(
        required=True, metavar="COMMAND"
    )
    create = user.add_parser("create", help="create a user with an API key")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--admin", action="store_true", help="may administrate the server")
    create.add_argument(
        "--password-file", metavar="FILE", help="file whose first line is the password; - is stdin"
    )
    _finish(create, _user_create)


def _add_key(commands: Any) -> None:
    key = commands.add_parser("key", help="create and register API keys").add_subparsers(
        required=True, metavar="COMMAND"
    )
    create = key.add_parser("create", help="create an API key of a user")
    create.add_argument("name", metavar="USER")
    create.add_argument("--scope", choices=[str(scope) for scope in Scope], default="admin")
    create.add_argument("--label", default="command line", help="what the key is called")
    _finish(create, _key_create)
    add = key.add_parser(
        "add", help="let a user go on with a key that they have: of wandb, say, in any of its forms"
    )
    add.add_argument("name", metavar="USER")
    add.add_argument(
        "--key-file",
        metavar="FILE",
        required=True,
        help="file whose first line is the key; - is stdin: a key never stands in a command",
    )
    add.add_argument("--scope", choices=[str(scope) for scope in Scope], default="admin")
    add.add_argument("--label", default="brought along", help="what the key is called")
    _finish(add, _key_add)


def _server(told: Settings, arguments: argparse.Namespace) -> int:
    from wanllmdb_server import process  # the other commands need no server

    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    for chatty in ("uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        process.run(told, lambda started: _say_started(started, as_json=arguments.json))
    except process.ListenError as error:
        return _complain(error, FAILED)
    return OK


def _say_started(started: first_start.Started, *, as_json: bool) -> None:
    role = started.settings.role
    pages = role in {"all", "api"}
    lines = {
        "version": VERSION,
        "role": role,
        "url": started.settings.url if pages else None,
        "sign_in_url": started.sign_in_url,
        "metric_url": started.metric_url,
        "data_dir": str(started.settings.data_dir),
    }
    if as_json:
        _out(json.dumps(lines))
        return
    _out(f"wanLLMDB {VERSION}" + ("" if role == "all" else f" ({role})"))
    if pages:
        _out(f"  page      {started.settings.url}")
    if started.sign_in_url:
        _out(f"  sign in   {started.sign_in_url}  (works once, for 15 minutes)")
    if started.metric_url:
        _out(f"  metrics   {started.metric_url}")
    _out(f"  data      {started.settings.data_dir}")


def _user_create(told: Settings, arguments: argparse.Namespace) -> int:
    password = _first_line(arguments.password_file)
    with first_start.accounts(told) as accounts:
        user = accounts.create_user(arguments.name, admin=arguments.admin, password=password)
        _, secret = accounts.create_key(user, "command line", Scope.ADMIN)
    _answer(
        {"name": user.name, "api_key": secret},
        f"Created the user {user.name}. Their API key, shown this once:\n{secret}",
        arguments,
    )
    return OK


def _key_create(told: Settings, arguments: argparse.Namespace) -> int:
    with first_start.accounts(told) as accounts:
        user = accounts.user_named(arguments.name)
        _, secret = accounts.create_key(user, arguments.label, Scope(arguments.scope))
    _answer(
        {"name": user.name, "api_key": secret, "scope": arguments.scope},
        f"A new API key of {user.name}, shown this once:\n{secret}",
        arguments,
    )
    return OK


def _key_add(told: Settings, arguments: argparse.Namespace) -> int:
    secret = (_first_line(arguments.key_file) or "").strip()
    with first_start.accounts(told) as accounts:
        user = accounts.user_named(arguments.name)
        key = accounts.register_key(user, secret, arguments.label, Scope(arguments.scope))
    _answer(
        {"name": user.name, "hint": key.hint, "scope": key.scope},
        f"The key {key.hint}… is one of {user.name} now.",
        arguments,
    )
    return OK


def _migrate(told: Settings, arguments: argparse.Namespace) -> int:
    with DataDir(told.data_dir), first_start.accounts(told):
        pass
    _answer(
        {"data_dir": str(told.data_dir), "version": VERSION},
        f"{told.data_dir} is of version {VERSION}.",
        arguments,
    )
    return OK


def _openapi(told: Settings, _arguments: argparse.Namespace) -> int:
    from wanllmdb_server.app import describe

    _out(json.dumps(describe(told), indent=2))
    return OK


def _first_line(file: str | None) -> str | None:
    if file is None:
        return None
    text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8")
    return text.splitlines()[0] if text else ""


if __name__ == "__main__":
    sys.exit(main())
