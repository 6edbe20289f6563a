"""`doctor`: look at everything that a server keeps, and say what is wrong and what to do.

It may run beside a server at work. 0: nothing is wrong; 1: something is; 2: it was asked for in
a way that cannot be done.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from wanllmdb_server import wiring
from wanllmdb_server.commands.answer import FAILED, OK, Bar, answer, finish, reach_files
from wanllmdb_server.domain.finding import Finding
from wanllmdb_server.machine import ThisMachine
from wanllmdb_server.services import checkups
from wanllmdb_server.services.checkups import Place
from wanllmdb_server.settings import Settings


def add(commands: Any) -> None:
    """Make the command known."""
    doctor = commands.add_parser(
        "doctor",
        help="look for damage and for what is set up wrongly",
        description="Look for damage and for what is set up wrongly, also while the server is at "
        "work, and say what to do.",
    )
    doctor.add_argument("--deep", action="store_true", help="read every byte that is kept")
    doctor.add_argument(
        "--repair", action="store_true", help="mend what can be mended without losing anything"
    )
    reach_files(doctor)
    finish(doctor, _doctor)


def _doctor(told: Settings, arguments: argparse.Namespace) -> int:
    place, machine = Place(told.data_dir, told.config_dir), ThisMachine()
    bar = Bar(shown=not arguments.json)
    read = 0

    def progress(size: int) -> None:
        nonlocal read
        read += size
        bar("reading", read, read)

    shelf = wiring.shelf(told)
    findings = list(
        checkups.look(place, machine, deep=arguments.deep, progress=progress, shelf=shelf)
    )
    bar.end()
    mended: list[Finding] = []
    if arguments.repair and findings:
        mended = checkups.mend(place, machine, findings)
    left = [each for each in findings if each not in mended]
    said = {
        "data_dir": str(told.data_dir),
        "deep": arguments.deep,
        "findings": [_said(each) for each in left],
        "mended": [_said(each) for each in mended],
    }
    answer(said, "\n".join(_lines(left, mended, arguments)), arguments)
    return FAILED if left else OK


def _said(finding: Finding) -> dict[str, Any]:
    kind = finding.kind
    return {
        "code": finding.code,
        "level": kind.level,
        "what": finding.what,
        "means": kind.means,
        "advice": kind.advice,
        "repairable": kind.repaired,
    }


def _lines(
    left: Sequence[Finding], mended: Sequence[Finding], arguments: argparse.Namespace
) -> list[str]:
    lines = [f"mended   {each.code}: {each.what}" for each in mended]
    for each in left:
        lines.append(f"{each.kind.level:<8} {each.code}: {each.what}")
        lines += [f"         {each.kind.means}", f"         > {each.kind.advice}"]
    if not left:
        read = "every byte was read" if arguments.deep else "--deep reads every byte"
        lines.append(f"Nothing is wrong ({read}).")
    return lines
