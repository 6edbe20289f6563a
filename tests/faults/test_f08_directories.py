"""F08: a home that cannot be written, none at all, a working directory that was deleted or cannot
be written, a user without an entry: the run works, and where it is kept is said. `init` and a
hundred rows within 2 s of their own.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.disks import tmpfs
from tests.faults.training import PROJECT, Place, Training
from tests.journeys.processes import ServerProcess

ROWS = 100
MEMORY = Path("/dev/shm")  # noqa: S108
# Makes every disk read-only for a program, but for the ledger of the test; `shm` too if it is told.
NOTHING = """unshare --mount sh -c '
set -e
mount --bind "{work}" "{work}"
mount -o remount,bind,ro /
{more}
exec "$@"' sh"""
IN_NEW_DIRECTORY = "import os; os.makedirs({0!r}, exist_ok=True); os.chdir({0!r})"
DELETED = f"{IN_NEW_DIRECTORY}; os.rmdir({{0!r}})"
TOOK = "import time; print('took', time.monotonic() - told.began)"
OFFLINE = {
    "WANLLMDB_MODE": "offline",
    "WANLLMDB_SPOOL_DIR": "",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass
class Case:
    """Odd surroundings.

    Attributes:
        expected: where the run is kept, below the place's root or as a whole path.
        environment: what is other than usual in it.
        before: Python that runs first.
        prefix: what the interpreter is started with.
        read_only: which directories are, below the place's root.
    """

    expected: str
    environment: dict[str, str] = field(default_factory=dict[str, str])
    before: str = ""
    prefix: str = ""
    read_only: tuple[str, ...] = ()


CASES = {
    "usual": Case("home/.local/state"),
    "read-only-home": Case("work/.wanllmdb", read_only=("home",)),
    "no-home": Case("work/.wanllmdb", prefix="env -u HOME {stranger}"),
    "home-is-slash-and-read-only": Case(
        "work/.wanllmdb", {"HOME": "/proc"}, prefix="env -u XDG_STATE_HOME"
    ),
    "no-entry-of-the-user": Case("work/.wanllmdb", prefix="env -u HOME {stranger}"),
    "deleted-working-directory": Case("home/.local/state", before=DELETED),
    "deleted-working-directory-and-no-home": Case(
        "tmp", {"TMPDIR": "{root}/tmp"}, before=DELETED, prefix="env -u HOME {stranger}"
    ),
    "read-only-home-and-working-directory": Case(
        "tmp", {"TMPDIR": "{root}/tmp"}, before="import os; os.chdir({1!r} + '/cwd')",
        read_only=("home", "cwd"),
    ),
    "nothing-but-memory": Case(
        str(MEMORY), before="import os; os.chdir({1!r})", prefix="{nothing}"
    ),
    "a-spool-directory-that-cannot-be-written": Case(
        "home/.local/state", {"WANLLMDB_SPOOL_DIR": "/proc/nothing"}
    ),
}  # fmt: skip


@pytest.fixture
def stranger() -> str:
    """What starts a program as a user that nobody has heard of, and that may read all of this."""
    prefix = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed here")
    done = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no user can be made up here: {done.stderr.strip()}")
    return " ".join(prefix)


@pytest.fixture
def nothing(place: Place) -> str:
    """What starts a program for which every disk is read-only."""
    prefix = NOTHING.format(work=place.work, more="")
    done = subprocess.run(
        ["sh", "-c", f"{prefix} true"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no disk can be made read-only here: {done.stderr.strip()}")
    return prefix


def python(place: Place, prefix: str) -> str:
    """An interpreter that is started by something else."""
    script = place.work / "python-here"
    script.write_text(f'#!/bin/sh\nexec {prefix} "{place.python}" "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize("name", CASES)
def test_a_run_works_where_nothing_is_as_usual(
    server: ServerProcess, place: Place, stranger: str, nothing: str, figure: Figure, name: str
) -> None:
    case = CASES[name]
    told = {key: value.format(root=place.root) for key, value in case.environment.items()}
    prefix = case.prefix.format(stranger=stranger, nothing=nothing)
    (place.root / "tmp").mkdir()
    before = case.before.format(str(place.root / "gone"), str(place.root))
    training = Training(
        replace(place, python=python(place, prefix)), f"f08-{name}", rows=ROWS,
        environment=OFFLINE | told,
        before=f"{before}\nimport time\ntold.began = time.monotonic()", after=TOOK,
    )  # fmt: skip
    expected = place.root / case.expected
    with read_only(place.root, case.read_only), training:
        status = training.wait(60)
        assert status == 0, training.output
        took = re.search(r"took ([\d.]+)", training.output)
        kept = re.search(r"offline: kept in (\S+)", training.output)
        assert took, training.output
        assert kept, training.output
        directory = Path(kept[1])
        try:
            assert directory.is_relative_to(expected), training.output
            assert float(took[1]) < 2.0, training.output
            if name == "nothing-but-memory":
                assert "a restart of the machine loses what is kept" in training.output
            place.sync(str(directory.parent))
            check(server, [training], spool=directory.parent)
        finally:
            if directory.is_relative_to(MEMORY):
                shutil.rmtree(directory.parent.parent, ignore_errors=True)
    figure(f"F08: {name}: import, init and {ROWS} rows in {float(took[1]):.2f} s")


def test_without_any_disk_rows_go_from_memory_to_the_server(
    server: ServerProcess, place: Place, nothing: str, figure: Figure
) -> None:
    """Not even memory can be mounted as a directory; and a part of it goes while it runs."""
    shm = "mount -t tmpfs -o ro none /dev/shm"
    prefix = NOTHING.format(work=place.work, more=shm)
    here = replace(place, python=python(place, prefix))
    told = {"WANLLMDB_SPOOL_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
    before = f"import os; os.chdir({str(place.root)!r})"
    training = Training(here, "f08-memory", rows=5000, pace=0.0002, environment=told, before=before)
    with training:
        assert training.wait(60) == 0, training.output
    assert "THE RUN IS KEPT IN MEMORY ONLY" in training.output
    assert "synced 5,000 rows" in training.output
    verdict = check(server, [training])
    receipt = server.get(f"/projects/{server.owner}/{PROJECT}/runs/f08-memory/receipt")
    assert receipt["state"] == "complete", receipt
    figure(f"F08: no disk at all: {verdict}")


def test_without_any_disk_and_any_server_the_loss_is_said(place: Place, nothing: str) -> None:
    shm = "mount -t tmpfs -o ro none /dev/shm"
    prefix = NOTHING.format(work=place.work, more=shm)
    nobody = replace(place, python=python(place, prefix), url="http://127.0.0.1:9")
    told = {"WANLLMDB_SPOOL_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
    before = f"import os; os.chdir({str(place.root)!r})"
    training = Training(nobody, "f08-gone", rows=50, environment=told, before=before)
    with training:
        assert training.wait(60) == 0, training.output
    last = training.output.strip().splitlines()[-1]
    assert re.search(r"synced 0 of \d+ records; \d+ are lost: no disk could be written", last), last


@contextlib.contextmanager
def read_only(root: Path, names: tuple[str, ...]) -> Iterator[None]:
    """Directories in which nothing can be written."""
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(tmpfs(root / name, "ro,size=1m"))
        yield
