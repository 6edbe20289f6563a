"""F24: out-of-order, negative, huge, fractional and missing steps: every row is stored.

Hypothesis makes up what scripts say of their steps; a real server stores it. The ledger knows
how many rows there were and what they said, and a few lines tell anew at which step each must
stand: at its own if that is an integer of 64 bits, else at the nearest one below, else at the
next. Rows of one step stand in the order in which they were logged.
"""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Figure
from tests.faults.checker import NUMBER, VALUE, Logged, check
from tests.faults.conftest import Many
from tests.faults.ledger import Slot, value_of
from tests.journeys.processes import ServerProcess

import wanllmdb as wandb

LEAST, LAST = -(1 << 63), (1 << 63) - 1

integers = st.one_of(
    st.integers(-3, 12),
    st.integers(LEAST, LAST),
    st.sampled_from([LEAST, LEAST + 1, -1, 0, (1 << 53) + 1, LAST - 1, LAST]),
    st.integers(0, 100).map(np.int64),
    st.integers(0, 100).map(np.array),
    st.booleans(),
)
odd = st.one_of(
    st.floats(-20, 20),
    st.floats(),
    st.floats(0, 10, width=32).map(np.float32),
    st.sampled_from([1 << 63, -(1 << 70), 10**400, "3", "", b"1", (1,), object()]),
)
steps = st.lists(st.one_of(st.none(), integers, odd), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def user(
    server: ServerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[pytest.MonkeyPatch]:
    """A user of this process, with an empty home, who logs to the server."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.chdir(home)
        patch.setenv("HOME", str(home))
        patch.setenv("WANLLMDB_API_URL", server.url)
        patch.setenv("WANLLMDB_API_KEY", server.key)
        patch.setenv("WANLLMDB_SILENT", "true")
        patch.setenv("WANLLMDB_CONSOLE", "off")
        patch.setenv("WANLLMDB_MONITOR_SYSTEM", "false")
        patch.setenv("WANLLMDB_SAVE_FACTS", "false")
        yield patch
        wandb.teardown()


def exact(step: Any) -> int | None:
    """The step as it was meant, as near as 64 bits come; None if it is no number."""
    number = step.item() if isinstance(step, (np.generic, np.ndarray)) else step
    if isinstance(number, float):
        number = math.floor(number) if math.isfinite(number) else None
    return max(LEAST, min(number, LAST)) if isinstance(number, int) else None


def placed(given: list[Any]) -> list[int]:
    """Where the rows of a script must stand."""
    found, following = [], 0
    for step in map(exact, given):
        found.append(following if step is None else step)
        if step is None:
            following = min(following + 1, LAST)
        elif step >= following:
            following = step  # it stays open
    return found


def lossless(step: Any) -> bool:
    """Whether a step is kept as it is."""
    return step is None or (exact(step) is not None and bool(exact(step) == step))


def log(run: Any, ledger: Path, given: list[Any]) -> None:
    """Log a row for each step; some are all numbers, some are not."""
    slot = Slot(ledger)
    for number, step in enumerate(given):
        value = value_of(0, number)
        row: dict[str, Any] = {NUMBER.format(0): number, VALUE.format(0): value}
        if number % 7 == 3:
            row["text"] = "of another form"
        run.log(row, step=step)
        slot.returned(value)
    slot.end()


@pytest.mark.usefixtures("user")
def test_rows_at_any_steps_are_all_stored_where_they_were_put(
    server: ServerProcess, tmp_path: Path, many: Many, figure: Figure
) -> None:
    runs = rows = 0

    @settings(max_examples=many(40, 1000), deadline=None, derandomize=True)
    @given(given=steps)
    def any_steps(given: list[Any]) -> None:
        nonlocal runs, rows
        runs, rows = runs + 1, rows + len(given)
        ledger = tmp_path / f"ledger-{runs}"
        run = wandb.init(project="faults", id=f"odd-{runs}")
        log(run, ledger, given)
        run.finish()

        check(server, [Logged(run.id, ledger)])
        stored = server.points("faults", run.id, NUMBER.format(0))
        expected = sorted(zip(placed(given), range(len(given)), strict=True))
        assert [(step, int(number)) for step, number in stored] == expected
        assert run.lost == sum(not lossless(step) for step in given)

    any_steps()
    figure(f"F24: {rows:,} rows at odd steps of {runs} runs, all stored where they belong")


@pytest.mark.usefixtures("user")
def test_a_curve_over_all_steps_there_are_can_be_drawn(server: ServerProcess) -> None:
    run = wandb.init(project="faults", id="from-end-to-end")
    for number, step in enumerate([LEAST, -1, 0, 1, LAST, LAST]):
        run.log({"number": number}, step=step)
    run.finish()
    wanted = {"project": f"{server.owner}/faults", "runs": [run.id], "keys": ["number"]}
    request = urllib.request.Request(
        f"{server.url}/api/v1/curves",
        json.dumps(wanted).encode(),
        {
            "Authorization": f"Bearer {server.key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        [curve] = json.load(answer)["curves"]
    [series] = curve["series"]
    assert sum(series["count"]) == 6
    assert (min(series["low"]), max(series["high"])) == (0, 5)
