"""F45: the training has no memory left: what `log()` cannot get costs rows that are counted, never
an exception, and afterwards it goes on. And by itself the SDK takes 64 MiB at most.

The memory of the process is limited (`RLIMIT_AS`), and all that is left of it is taken; the rows
are made before. Tried as often as `make soak` says; once otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.conftest import SOAK
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess

SOURCE = """
import json, resource, sys
import wanllmdb as wandb

run = wandb.init(project="faults", id=sys.argv[1])
log = run.log
small = [{"number": n, "value": n / 7} for n in range(2000)]
large = [{"number": n, "text": "x" * 300_000} for n in range(2000, 2100)]
raised, without = [None] * 10_000, 0
for row in small[:1000]:
    log(row)
plan = (large, small[1000:])

def taken():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()

hard = resource.getrlimit(resource.RLIMIT_AS)[1]
hog, taking = [None] * 100_000, 0
resource.setrlimit(resource.RLIMIT_AS, (taken() + (8 << 20), hard))
size = 1 << 20
while size >= 4096:
    try:
        hog[taking] = bytearray(size)
        taking += 1
    except MemoryError:
        size //= 2
for rows in plan:
    for row in rows:
        try:
            log(row)
        except BaseException as error:
            raised[without] = type(error)
            without += 1
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
hog.clear()
log({"number": 2100, "value": 0.5})
run.finish()
print(json.dumps({"raised": [str(each) for each in raised[:without]], "logged": run.logged}))
"""

GROWTH = """
import sys
def peak():
    with open("/proc/self/status") as file:
        [line] = [line for line in file if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024
import wanllmdb as wandb
before = peak()
run = wandb.init(project="faults", id=sys.argv[1])
for n in range(int(sys.argv[2])):
    run.log({"a": n, "b": 0.5, "c": 1.5})
print(peak() - before)
"""


@pytest.mark.parametrize("attempt", range(10 if SOAK else 1))
def test_without_memory_nothing_is_raised_and_what_is_lost_is_counted(
    server: ServerProcess, place: Place, figure: Figure, attempt: int
) -> None:
    name = f"f45-{attempt}"
    quiet = {"WANLLMDB_CONSOLE": "off", "WANLLMDB_MODE": "offline"}
    place.variables |= quiet
    with place.script(SOURCE, name) as process:
        output, errors = process.communicate(timeout=120)
    place.variables = {key: value for key, value in place.variables.items() if key not in quiet}
    assert process.returncode == 0, errors.decode()
    said = json.loads(output)
    assert said["raised"] == [], errors.decode()
    place.sync()
    receipt = server.get(f"/projects/{server.owner}/faults/runs/{name}/receipt?recount=true")
    lost = sum(receipt["lost"].values())
    numbers = [value for _, value in server.points("faults", name, "number")]
    assert len(set(numbers)) == len(numbers)
    assert 2100.0 in numbers
    assert set(range(1000)) <= set(map(int, numbers))
    assert len(numbers) + lost >= 2101, receipt
    figure(f"F45: no memory: 2,101 logged, {len(numbers):,} stored, {lost:,} counted as lost")


def test_the_sdk_takes_little_memory_while_no_server_takes_rows(
    tmp_path: Path, figure: Figure
) -> None:
    place = Place(tmp_path / "place", url="http://127.0.0.1:9")
    rows = 3_000_000 if SOAK else 200_000
    with place.script(GROWTH, "f45-growth", str(rows)) as process:
        output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors.decode()
    grown = int(output.splitlines()[-1])
    assert grown <= 64, f"{grown} MiB"
    figure(f"F45: {rows:,} rows without a server: {grown} MiB above the import")
