"""F07: the disk refuses the n-th write, takes the n-th only in part, or cannot be synced: no
exception, no torn record, no row that is not there afterwards.

The kernel's answers are changed by strace: `EDQUOT`, `ENOSPC`, `EIO`, `EINTR`, a short count.
The write may be one of `init`, of a row, of what is said to the user.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

ROWS = 60
STRACE = shutil.which("strace")
ANSWERS = ("error=ENOSPC", "error=EDQUOT", "error=EIO", "error=EINTR", "retval=5")
OFFLINE = {
    "WANLLMDB_MODE": "offline",
    "WANLLMDB_CONSOLE": "off",
    "WANLLMDB_SAVE_FACTS": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}

pytestmark = pytest.mark.skipif(not STRACE, reason="strace is not installed here")


def traced(place: Place, name: str, call: str, answer: str) -> Place:
    """The same place, where one call of a process is answered otherwise."""
    script = place.work / f"python-{name}"
    script.write_text(
        f"#!/bin/sh\nexec {STRACE} -f --seccomp-bpf -qq -o /dev/null "
        f'-e trace={call} -e "inject={call}:{answer}" "{place.python}" "$@"\n'
    )
    script.chmod(0o755)
    return replace(place, python=str(script))


def trained(
    place: Place, name: str, call: str, answer: str, *, pace: float = 0.0, rows: int = ROWS
) -> Training:
    training = Training(
        traced(place, name, call, answer), name, rows=rows, pace=pace, environment=OFFLINE
    )
    with training:
        assert training.wait(60) == 0, f"{name}: {training.output}"
    assert "Traceback" not in training.output, training.output
    return training


def all_of(place: Place, cases: Sequence[tuple[str, str, str]]) -> list[Training]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda case: trained(place, *case), cases))


def test_a_write_that_fails_or_is_cut_short_costs_nothing(
    server: ServerProcess, place: Place, many: Many, figure: Figure
) -> None:
    count, each = many(24, 40), many(1, len(ANSWERS))
    cases = [
        (f"f07-{n}-{answer.partition('=')[2].lower()}", "write", f"{answer}:when={n}")
        for n in range(1, count + 1)
        for answer in [ANSWERS[(n + k) % len(ANSWERS)] for k in range(each)]
    ]
    trainings = all_of(place, cases)
    places = [place.spool, place.root / "home/.local/state/wanllmdb/spool"]
    sent = [place.sync(str(where)) for where in places if where.is_dir()]
    assert [answer["damaged"] for answer in sent] == [0] * len(sent)
    verdict = check(server, trainings, spool=place.spool)
    figure(f"F07: {len(cases)} runs, each with one write refused or cut: {verdict}, 0 unreadable")


def test_after_a_sync_that_failed_rows_go_to_another_segment_and_all_are_sent(
    server: ServerProcess, place: Place, figure: Figure
) -> None:
    cases = [("once", "when=1"), ("always", "when=1+")]
    trainings: list[Training] = []
    segments: dict[str, int] = {}
    for name, when in cases:
        run = f"f07-sync-{name}"
        trainings.append(trained(place, run, "fdatasync", f"error=EIO:{when}", pace=0.02, rows=120))
        segments[name] = len(list(segments_of(place.spool, run)))
    assert segments["once"] == 2
    assert segments["always"] >= 3
    place.sync()
    verdict = check(server, trainings, spool=place.spool)
    figure(f"F07: fdatasync fails once and always, {segments} segments: {verdict}")


def segments_of(spool: Path, run: str) -> list[Path]:
    return sorted(spool.glob(f"*-{run}/*.seg"))
