"""`wanllmdb verify RUN`: prove that what a run logged is what the server holds.

The server reads and counts every point again, and compares it with what it counted as the
points came and with what the run's writers said at their end. The exit status is 0 if the run
is complete, 1 if something of it is lost or damaged, and 3 while that cannot be said: it still
runs, or one of its writers was killed and nobody has read its journal to the end yet.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from wanllmdb.commands.answer import (
    OK,
    Commands,
    answer,
    ask,
    connect,
    declare,
    run_place,
    settings_of,
)
from wanllmdb.commands.waiting import waiting
from wanllmdb.connection import Timeouts
from wanllmdb.relay import Leftover

INCOMPLETE: Final = 1
OPEN: Final = 3

_STATUS: Final = {"complete": OK, "incomplete": INCOMPLETE, "open": OPEN}
_PATIENCE: Final = Timeouts(read=600.0)  # a large run is read in minutes


def add(commands: Commands) -> None:
    """Make the command known."""
    command = declare(commands, "verify", _verify, "prove that nothing of a run is lost")
    command.add_argument("run", metavar="RUN", help="ID, PROJECT/ID or OWNER/PROJECT/ID")


def _verify(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    http = connect(settings, _PATIENCE)
    place = run_place(settings, http, arguments.run)
    receipt = ask(http, f"{place}/receipt?recount=true")
    left: list[Leftover] = []
    if receipt["state"] != "complete":
        run = unquote(place.rpartition("/")[2])
        found = waiting(settings, (), any_host=True)
        left = [each for each in found if each.run.get("id") == run]
    said = {**receipt, "waiting": [_told(each) for each in left]}
    answer(arguments, said, "\n".join(_lines(receipt, left)))
    return _STATUS[receipt["state"]]


def _told(leftover: Leftover) -> dict[str, Any]:
    return {
        "directory": str(leftover.directory),
        "writer": leftover.writer,
        "host": leftover.host,
        "bytes": leftover.size,
    }


def _lines(receipt: Mapping[str, Any], left: Sequence[Leftover]) -> Iterator[str]:
    yield f"{receipt['state']}: {_headline(receipt)}"
    yield from (f"  {each}" for each in _besides(receipt))
    for each in _together(receipt["reasons"]):
        yield f"  {each['text']}"
        for more in (each["detail"], each["remedy"]):
            if more:
                yield f"    {more}"
    for each in left:
        yield (
            f"  {_figure(each.size)} bytes of writer {each.writer} wait on host {each.host}:"
            f" run wanllmdb sync {each.directory}"
        )


def _headline(receipt: Mapping[str, Any]) -> str:
    stored, rows = receipt["stored"], receipt["rows"]
    if receipt["state"] == "complete":
        logged = receipt.get("logged")
        read = f"{_many(receipt['found'], 'point')} read again"
        return f"{_many(stored if logged is None else logged, 'row')}, {read}"
    if rows is None:
        return f"{_many(stored, 'row')} stored"
    return f"{_figure(stored)} of {_many(rows, 'row')} stored"


def _besides(receipt: Mapping[str, Any]) -> Iterator[str]:
    """What the headline leaves out: the machine's own rows, and what else there is to know."""
    logged = receipt.get("logged")
    others = 0 if logged is None else receipt["stored"] - logged
    if receipt["state"] == "complete" and others > 0:
        named = "1 line or reading" if others == 1 else f"{_figure(others)} lines and readings"
        yield f"and {named} of the machine"
    yield from receipt.get("notes", ())


def _together(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The reasons; a remedy that several in a row have in common is said once, at the last."""
    told = [dict(each) for each in reasons]
    for each, following in pairwise(told):
        if each["remedy"] == following["remedy"]:
            each["remedy"] = ""
    return told


def _many(count: int, thing: str) -> str:
    return f"{_figure(count)} {thing}{'' if count == 1 else 's'}"


def _figure(count: int) -> str:
    return f"{count:,}".replace(",", " ")
