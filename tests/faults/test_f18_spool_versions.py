"""F18: a spool of an earlier version is sent whole; one of a later version is refused with a word,
and not a byte of it is changed.

The spools below `golden` were written by the versions that they are named for
(`golden/make.py`), and are never written again.
"""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from tests.conftest import Figure
from tests.faults.checker import left
from tests.faults.golden.make import PROJECT, row
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

from wanllmdb import segment

GOLDEN = sorted((Path(__file__).parent / "golden").glob("v*"))
VERSION_AT = 4  # the byte of a segment that says its version


@pytest.mark.parametrize("golden", GOLDEN, ids=[path.name for path in GOLDEN])
def test_a_spool_of_every_version_there_was_is_sent_whole(
    server: ServerProcess, place: Place, figure: Figure, golden: Path
) -> None:
    expected = json.loads((golden / "expected.json").read_text())
    shutil.copytree(golden, place.spool)
    answer = place.sync("--any-host", str(place.spool))
    assert answer["rejected"] == {}
    assert left(place.spool) == []
    whole, killed = expected["whole"], expected["killed"]
    numbers = range(whole["rows"] - 1)
    assert series(server, "whole", "number") == [(n, n) for n in numbers]
    assert series(server, "whole", "loss") == [(n, row(n)["loss"]) for n in numbers]
    assert series(server, "whole", "nested.deep.x") == [(n, n) for n in numbers if n % 100 == 0]
    assert series(server, "whole", "child") == [(n, n) for n in range(whole["child"])]
    assert series(server, "killed", "number") == [(n, n) for n in range(killed["rows"])]
    run = server.get(f"/projects/{server.owner}/{PROJECT}/runs/whole")
    assert run["config"] == whole["config"]
    assert whole["summary"].items() <= run["summary"].items()
    assert (run["name"], run["notes"], run["tags"]) == ("golden", "as it was logged", ["a", "b"])
    assert run["exit_code"] == whole["exit_code"]
    figure(f"F18: {golden.name}: {answer['sent']:,} records, all there")


def test_there_is_a_golden_spool_of_the_present_version() -> None:
    assert GOLDEN[-1].name == f"v{segment.VERSION}"


def later_version(content: bytes) -> bytes:
    """A segment as a later version would write it, with a header that says so."""
    found = segment.parse_header(content)
    assert found is not None
    end = found[1] - 4
    header = content[:VERSION_AT] + bytes((segment.VERSION + 1,)) + content[VERSION_AT + 1 : end]
    return header + crc32(header).to_bytes(4, "little") + content[found[1] :]


@pytest.fixture
def foreign(place: Place) -> dict[Path, bytes]:
    """A spool in which every segment is of a later version, and what is in each."""
    shutil.copytree(GOLDEN[-1], place.spool)
    found: dict[Path, bytes] = {}
    for path in place.spool.rglob("*.seg"):
        found[path] = later_version(path.read_bytes())
        path.write_bytes(found[path])
    assert len(found) > 3
    return found


def test_a_spool_of_a_later_version_is_refused_by_sync_and_stays_as_it_is(
    server: ServerProcess, place: Place, foreign: dict[Path, bytes]
) -> None:
    done = place.call("sync", "--any-host", str(place.spool))
    assert done.returncode == 1
    assert done.stderr.count("it is written in a later version of this format") == 3
    assert {path: path.read_bytes() for path in foreign} == foreign
    assert set(place.spool.rglob("*.seg")) == set(foreign), "nothing is added to it"


def test_a_run_passes_over_what_a_later_version_left(
    server: ServerProcess, place: Place, foreign: dict[Path, bytes]
) -> None:
    """It is on this host, and would be sent by the next run if it could be read."""
    here = socket.gethostname()
    for path, content in foreign.items():
        foreign[path] = rehosted(content, here)
        path.write_bytes(foreign[path])
    with Training(place, "f18-next", rows=200, pace=0.005) as training:
        assert training.wait(60) == 0
    assert "synced 200 rows" in training.output
    assert {path: path.read_bytes() for path in foreign} == foreign


def rehosted(content: bytes, host: str) -> bytes:
    """The segment, written on another host."""
    found = segment.parse_header(content)
    assert found is not None
    fresh = segment.header({**found[0], "host": host})
    return later_version(fresh + content[found[1] :])


def series(server: ServerProcess, run: str, key: str) -> list[tuple[int, Any]]:
    return sorted(server.points(PROJECT, run, key))
