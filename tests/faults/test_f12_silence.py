"""F12: the server accepts and never answers: init ≤ 2 s, finish ≤ 5 s, `log()` as fast as ever.

Nothing passes, or requests do not, or answers do not; from the start, or from the middle on.
The training ends as it would without us, nothing is lost, and what comes late is kept once.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from tests.faults.checker import Logged, check, left
from tests.faults.conftest import Many
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess, eventually

MODES = ("blackhole", "half_up", "half_down")
SINCE = ("start", "middle")

# Times each call of `log()`, and beside it a call that does nothing: the machine's own share.
# That of `init` shows in an offline run, which waits for nobody.
TRAINING = """
import json, sys, time
from tests.faults.ledger import Slot, value_of
import wanllmdb as wandb

run, ledger, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
clock = time.perf_counter
begin = clock()
wandb.init(project="faults", id="control", mode="offline")
offline = clock() - begin
wandb.finish()
begin = clock()
wandb.init(project="faults", id=run)
init = clock() - begin
slot = Slot(ledger)
nothing = lambda row: None
logs, controls = [], []
for number in range(rows):
    value = value_of(0, number)
    row = {"number/0": number, "value/0": value}
    a = clock()
    nothing(row)
    b = clock()
    wandb.log(row)
    c = clock()
    controls.append(b - a)
    logs.append(c - b)
    slot.returned(value)
    time.sleep(0.002)
slot.end()
begin = clock()
wandb.finish()
tail = lambda found: sorted(found)[int(len(found) * 0.999)]
print(json.dumps({"init": init, "offline": offline, "finish": clock() - begin, "log": tail(logs),
                  "median": sorted(logs)[len(logs) // 2], "control": tail(controls)}))
"""


def test_a_server_that_never_answers_harms_no_training(
    server: ServerProcess, tmp_path: Path, many: Many
) -> None:
    rows = many(1500, 60_000)
    cases = list(product(MODES, SINCE))
    with ExitStack() as stack:
        proxies = [
            stack.enter_context(FaultProxy("127.0.0.1", server.port, seed))
            for seed in range(len(cases))
        ]
        places, ledgers, processes = [], [], []
        for (mode, since), proxy in zip(cases, proxies, strict=True):
            proxy.set(mode if since == "start" else "pass")
            place = Place(tmp_path / f"{mode}-{since}", url=proxy.url, key=server.key)
            place.variables["WANLLMDB_FLUSH_INTERVAL"] = "0.2"
            ledgers.append(place.work / "ledger")
            places.append(place)
            processes.append(place.script(TRAINING, f"{mode}-{since}", str(ledgers[-1]), str(rows)))
        for (mode, since), proxy in zip(cases, proxies, strict=True):
            if since == "middle":
                eventually(lambda proxy=proxy: sent(proxy), why="a batch is sent")
                proxy.set(mode)
        figures = [measured(process) for process in processes]
        for case, place, found in zip(cases, places, figures, strict=True):
            assert found["init"] <= 2.0 + found["offline"], (case, found)
            assert found["finish"] <= 5.0 + found["offline"], (case, found)
            # A tail is the machine's, too: what does nothing has one, and is no faster for us.
            assert found["log"] <= 0.05 + 5 * found["control"], (case, found)
            assert found["median"] <= 0.0005, (case, found)
            assert left(place.spool)
        # It gets there on another way and is complete; then what was held is passed on, late.
        clients = [
            Logged(f"{mode}-{since}", ledger)
            for (mode, since), ledger in zip(cases, ledgers, strict=True)
        ]
        for client, place in zip(clients, places, strict=True):
            place.sync("--host", server.url)
            check(server, [client], spool=place.spool)
        before = [proxy.up for proxy in proxies]
        for proxy in proxies:
            proxy.set("pass")
        eventually(
            lambda: any(proxy.up > up for proxy, up in zip(proxies, before, strict=True)),
            why="late requests are passed on",
        )
        time.sleep(0.5)
        check(server, clients)


def sent(proxy: FaultProxy) -> bool:
    return any(each.path.endswith("/batches") for each in proxy.requests)


def measured(process: subprocess.Popen[bytes]) -> dict[str, float]:
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err.decode()
    return json.loads(out.decode().splitlines()[-1])
