"""`wanllmdb login`: keep an API key for a server, if the server knows it."""

from __future__ import annotations

import argparse
import getpass
import sys

from wanllmdb.commands.answer import OK, Commands, answer, declare, settings_of
from wanllmdb.credentials import find_key
from wanllmdb.errors import UsageError
from wanllmdb.login import sign_in


def add(commands: Commands) -> None:
    """Make the command known."""
    command = declare(commands, "login", _login, "keep an API key for a server")
    command.add_argument("--key", metavar="KEY", help="the key; - reads it from standard input")


def _login(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
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
    answer(arguments, said, f"Signed in to {signed_in.url} as {signed_in.user}.")
    return OK
