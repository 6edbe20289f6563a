"""F27: the interpreter shuts down: the last records are in the spool, and 0 lines on stderr are
from our frames.

On every Python from 3.10 on that this machine has (told in the figures): rows logged from
`atexit`, from `__del__` and from threads while it ends, `sys.exit` in a thread, an exception
that nobody catches, `os.abort`, `os._exit`, and a run that begins when no thread may begin
any more (Python 3.12 and later).
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import pythons
from tests.faults.checker import Logged, check
from tests.faults.conftest import SOAK
from tests.faults.training import ROOT, Place
from tests.journeys.processes import ServerProcess

PYTHONS = pythons.installed()
NEWEST = list(PYTHONS)[-1]

BEGIN = """
import atexit, os, sys, threading, time, weakref
from tests.faults.ledger import Slot
from tests.faults.training import log_rows
import wanllmdb as wandb
ledger = sys.argv[1]
def log(slot, rows=50):
    log_rows(wandb.log, Slot(ledger, slot), rows)
def begin():
    wandb.init(project="faults", id=sys.argv[2], mode=sys.argv[3])
    log(0)
"""


@dataclass(frozen=True)
class Ending:
    """How a script ends.

    Attributes:
        source: after `BEGIN`.
        status: of the process.
        rows: that must be stored: of calls that returned before the run was over.
        late: whether it logs when the run is over, which is said in one warning; None: maybe.
        own: a line that is on stderr because of the script itself.
        exit_code: of the run, as far as it can say it.
    """

    source: str
    status: int = 0
    rows: int = 100
    late: bool | None = False
    own: str = ""
    exit_code: int | None = 0


ENDINGS = {
    "atexit": Ending("begin(); atexit.register(log, 1)"),
    "atexit before init": Ending(
        "atexit.register(lambda: wandb.log({'late': 1})); begin()", rows=50, late=True
    ),
    "finalizer": Ending("begin()\nclass A: pass\na = A(); weakref.finalize(a, log, 1)"),
    "del": Ending(
        """
begin()
class Last:
    def __init__(self, log): self.log = log
    def __del__(self): self.log({"late": 1})
last = Last(wandb.log)
sys.modules["kept"] = last  # to the very end
""",
        rows=50,
        late=True,
    ),
    "thread": Ending("begin(); threading.Thread(target=lambda: (time.sleep(.1), log(1))).start()"),
    "daemon thread": Ending(
        """
begin()
def forever():
    slot = Slot(ledger, 1)
    log_rows(wandb.log, slot, 50)
    done.set()
    while True:
        wandb.log({"beyond": 1.0})
done = threading.Event()
threading.Thread(target=forever, daemon=True).start()
done.wait()
""",
        late=None,
    ),
    "sys.exit": Ending("begin(); log(1); sys.exit(3)", status=3, exit_code=3),
    "sys.exit in a thread": Ending(
        """
begin()
thread = threading.Thread(target=lambda: (log(1), sys.exit(3)))
thread.start(); thread.join()
"""
    ),
    "exception": Ending(
        "begin(); log(1); raise RuntimeError('of the user')",
        status=1, own="RuntimeError: of the user", exit_code=1,
    ),
    "exception in a thread": Ending(
        """
begin()
def fail():
    log(1)
    raise RuntimeError("of the user")
thread = threading.Thread(target=fail)
thread.start(); thread.join()
""",
        own="RuntimeError: of the user",
    ),
    "os.abort": Ending("begin(); log(1); os.abort()", status=-6, exit_code=None),
    "os._exit": Ending("begin(); log(1); os._exit(4)", status=4, exit_code=None),
    # Without threads nothing is captured and measured, and that may be said.
    "init in atexit": Ending("atexit.register(lambda: (begin(), log(1)))", late=None,
                             exit_code=None),
}  # fmt: skip


@pytest.fixture(scope="module")
def cache(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("pythons")


@pytest.mark.parametrize(
    ("version", "mode"),
    [(version, "offline") for version in PYTHONS]
    + [(version, "online") for version in PYTHONS if SOAK or version == NEWEST],
)
def test_the_interpreter_ends_and_the_last_rows_are_kept_without_a_word_of_ours(
    place: Place, server: ServerProcess, cache: Path, figure: Figure, version: str, mode: str
) -> None:
    try:
        python = pythons.environment(version, PYTHONS[version], cache)
    except OSError as error:
        pytest.skip(
            f"Python {version} is here, and what the SDK needs cannot be installed: {error}"
        )
    path = f"{ROOT}:{pythons.SOURCES}"
    place = replace(place, python=str(python), variables={"PYTHONPATH": path})

    def tried(number: int, ending: Ending) -> tuple[Logged, list[str]]:
        run = f"{mode}-{version.replace('.', '-')}-{number}"
        ledger = place.work / run
        script = place.script(BEGIN + ending.source, str(ledger), run, mode)
        _, said = script.communicate(timeout=60)
        return Logged(run, ledger), wrong(ending, script, said.decode().splitlines())

    with ThreadPoolExecutor(2) as pool:
        logged, said = zip(*pool.map(tried, range(len(ENDINGS)), ENDINGS.values()), strict=True)
    problems = dict(zip(ENDINGS, said, strict=True))

    replace(place, python=Place(place.root).python, variables={}).sync()

    assert {name: said for name, said in problems.items() if said} == {}
    verdict = check(server, logged, spool=place.spool)
    assert verdict.returned == sum(ending.rows for ending in ENDINGS.values())
    for client, (name, ending) in zip(logged, ENDINGS.items(), strict=True):
        told = server.get(f"/projects/{server.owner}/faults/runs/{client.run}")
        assert told["exit_code"] == ending.exit_code or ending.exit_code is None, name
    figure(f"F27: Python {version} {mode}: {len(ENDINGS)} endings, {verdict}, 0 lines of ours")


def wrong(ending: Ending, script: subprocess.Popen[bytes], said: list[str]) -> list[str]:
    """What of a script's end should not be."""
    ours = [line for line in said if "wanllmdb/" in line and "File " in line]
    traces = [line for line in said if line.startswith(("Traceback", "Exception ignored", "Fatal"))]
    late = [line for line in said if "warning: " in line]
    return [
        *([] if script.returncode == ending.status else [f"status {script.returncode}", *said]),
        *([] if ending.own or ending.status == -6 else traces),
        *([] if not ending.own or any(ending.own in line for line in said) else [ending.own]),
        *(ours if not ending.own else []),
        *([] if ending.late is None or len(late) == ending.late else late or ["no warning"]),
    ]
