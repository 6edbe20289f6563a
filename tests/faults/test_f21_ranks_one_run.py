"""F21: eight ranks log to one run, and rank 0 dies: the others' rows are kept, the run goes on.

As torchrun starts them: one program, one run id, `resume="allow"`, all at the same time.
"""

from __future__ import annotations

import contextlib

from tests.faults.checker import check
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess, eventually

RANKS = 8
ROWS = 300


def rank(place: Place, number: int, run: str, **said: object) -> Training:
    return Training(
        place,
        run,
        rows=ROWS,
        slot=number,
        name=f"{run}-{number}",
        init={"resume": "allow", "config": {"world": RANKS}},
        environment={
            "RANK": str(number),
            "WORLD_SIZE": str(RANKS),
            "WANLLMDB_FLUSH_INTERVAL": "0.2",
        },
        **said,  # type: ignore[arg-type]
    )


def state(server: ServerProcess, run: str) -> str:
    return str(server.get(f"/projects/{server.owner}/faults/runs/{run}")["state"])


def test_rank_0_is_killed_and_the_others_rows_are_kept_in_a_run_that_goes_on(
    place: Place, server: ServerProcess
) -> None:
    run = "rank-0-dies"
    ranks = [rank(place, number, run, pace=0.01) for number in range(RANKS)]
    with contextlib.ExitStack() as stack:
        for each in ranks:
            stack.enter_context(each)
        for each in ranks:
            each.wait_for(20)
        ranks[0].kill()
        assert state(server, run) == "running"
        for each in ranks[1:]:
            assert each.wait() == 0, each.output
    # Rank 0 may still live, for all that the server knows: the others do not end it.
    assert state(server, run) == "running"

    place.sync()  # what the dead one had not sent yet

    verdict = check(server, ranks, spool=place.spool)
    assert verdict.stored >= (RANKS - 1) * ROWS + 20
    # All began at the same step, and none hides a row of another.
    for each in ranks[1:]:
        steps = [step for step, _ in server.points("faults", run, f"value/{each.slot}")]
        assert steps == list(range(ROWS))


def test_the_run_ends_with_the_last_of_its_ranks(place: Place, server: ServerProcess) -> None:
    run = "last-rank"
    # Rank 2 fails at once, rank 1 is done at once; rank 0 waits for a word.
    waits = "import time\nwhile not os.path.exists('go-on'):\n    time.sleep(0.01)"
    first = rank(place, 0, run, after=f"import os\n{waits}")
    with first:
        first.wait_for(ROWS)
        for number, end, code in ((1, "finish", 0), (2, "exit:3", 3)):
            with rank(place, number, run, end=end) as other:
                assert other.wait() == code, other.output
        eventually(lambda: len(server.points("faults", run, "value/2")) == ROWS, why="all came")
        assert state(server, run) == "running"
        (place.work / "go-on").touch()
        assert first.wait() == 0, first.output
    told = server.get(f"/projects/{server.owner}/faults/runs/{run}")
    assert (told["state"], told["exit_code"]) == ("failed", 3)
    assert len(server.points("faults", run, "value/0")) == ROWS


def test_ranks_that_were_cut_off_go_on_together(place: Place, server: ServerProcess) -> None:
    run = "ranks-again"
    world = {"RANK": "0", "WORLD_SIZE": "2", "WANLLMDB_FLUSH_INTERVAL": "0.1"}
    script = """
import sys, time, wanllmdb as wandb
run = wandb.init(project="faults", id=sys.argv[1], resume="allow")
for number in range(100):
    run.log({"loss": float(sys.argv[2]), "rank/" + sys.argv[3]: number})
print("logged", run.resumed, run.starting_step, flush=True)
time.sleep(float(sys.argv[4]))
"""
    for attempt, waits in (("1", "60"), ("2", "0")):
        processes = []
        for number in ("0", "1"):
            place.variables = {**world, "RANK": number}
            processes.append(place.script(script, run, attempt, number, waits))
        said = [process.stdout and process.stdout.readline().split() for process in processes]
        expected = [b"logged", b"False", b"0"] if attempt == "1" else [b"logged", b"True", b"100"]
        assert said == [expected] * 2
        if attempt == "1":
            eventually(
                lambda: all(
                    len(server.points("faults", run, f"rank/{each}")) == 100 for each in "01"
                )
            )
            for process in processes:
                process.kill()
        for process in processes:
            process.communicate(timeout=30)
    steps = [step for step, _ in server.points("faults", run, "rank/1")]
    assert steps == list(range(200))
    loss = server.points("faults", run, "loss")
    assert len(loss) == 400  # both ranks of both attempts
    assert state(server, run) == "finished"
