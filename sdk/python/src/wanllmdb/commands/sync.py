"""`wanllmdb sync`: send what offline or killed runs left behind.

To send twice is no error, and it may be interrupted anywhere: what the server has stays
acknowledged, and what it lacks stays where it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from wanllmdb import relay, uploads
from wanllmdb.commands.answer import FAILED, OK, Commands, answer, declare, say, settings_of
from wanllmdb.commands.following import follow
from wanllmdb.commands.waiting import destination, sink_of, told, waiting
from wanllmdb.freight import Moved
from wanllmdb.relay import Leftover, Progress
from wanllmdb.settings import Settings


def add(commands: Commands) -> None:
    """Make the command known."""
    command = declare(commands, "sync", _sync, "send what offline or killed runs left behind")
    command.add_argument("directories", nargs="*", metavar="DIR", help="where to look")
    command.add_argument("--any-host", action="store_true", help="also what other machines left")
    command.add_argument(
        "--watch",
        action="store_true",
        help="go on following the directories, and what other machines write there, until Ctrl-C",
    )


def _sync(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    if arguments.watch:
        return follow(arguments, settings)
    found = waiting(settings, arguments.directories, any_host=arguments.any_host)
    if not found:
        answer(arguments, _synced(relay.SyncReport()), "Nothing waits to be sent.")
        return OK
    report = relay.SyncReport()
    for there, here in _by_server(settings, found):
        sink = sink_of(there)
        moved = Moved(silent=arguments.json)
        tell = None if arguments.json else _tell_progress
        _add_up(report, relay.sync(here, sink, tell, moved=moved))
        moved.clear()
        sink.close()
    for leftover in found:
        uploads.tidy(leftover.directory)
    for leftover, problem in report.failures:
        say(f"{leftover.directory}: {problem}")
    lines = [f"Sent {report.sent:,} records of {report.finished} journals.", *sorted(report.runs)]
    if report.rejected:
        lines.append(f"The server refused {sum(report.rejected.values()):,} of them.")
    answer(arguments, _synced(report), "\n".join(lines))
    return FAILED if report.failures else OK


def _by_server(
    settings: Settings, found: Sequence[Leftover]
) -> Iterator[tuple[Settings, list[Leftover]]]:
    """Where each goes: to the server that was named, else to the one it was meant for."""
    servers = sorted({destination(settings, each) for each in found})
    for server in servers:
        here = [each for each in found if destination(settings, each) == server]
        yield told(settings, server), here


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
