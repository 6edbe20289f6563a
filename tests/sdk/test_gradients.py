"""watch() where there is no torch: what it refuses, and hooks as plain objects.

Models that train are in tests/integrations/test_watch.py.
"""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import wanllmdb as wandb
from wanllmdb.gradients import Hook, OnGradient
from wanllmdb.run import Run


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(mode="offline", settings={"monitor_system": False, "console": "off"})


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of torch as a hook asks: whether a pass is only looked at."""
    jit = SimpleNamespace(is_tracing=lambda: False)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(jit=jit))


def test_what_is_no_torch_module_is_refused_with_its_name(run: Run) -> None:
    with pytest.raises(TypeError, match="not a dict"):
        run.watch({})
    with pytest.raises(wandb.UsageError, match="not a int"):
        run.watch([3])


def test_a_keras_model_is_told_what_follows_it(run: Run) -> None:
    model = type("Sequential", (), {"__module__": "keras.src.models.sequential"})()
    with pytest.raises(wandb.UsageError, match="WandbMetricsLogger"):
        run.watch(model)


def test_what_cannot_be_logged_is_refused(run: Run) -> None:
    with pytest.raises(wandb.UsageError, match="'gradients', 'parameters', 'all'"):
        run.watch(object(), log="everything")


def test_unwatch_of_what_nobody_watches_does_nothing(run: Run) -> None:
    run.unwatch()
    run.unwatch(object())


@pytest.mark.usefixtures("torch")
def test_a_hook_logs_every_so_many_passes() -> None:
    logged: list[dict[str, Any]] = []
    hook = OnGradient(logged.append, "gradients/w", 3)
    for number in range(1, 10):
        hook(number)
    assert logged == [{"gradients/w": 3}, {"gradients/w": 6}, {"gradients/w": 9}]


@pytest.mark.usefixtures("torch")
def test_a_mistake_stays_in_the_hook_is_counted_and_ends_with_the_third(run: Run) -> None:
    def fail(_: dict[str, Any]) -> None:
        raise ZeroDivisionError

    hook = OnGradient(fail, "gradients/w", 1)
    for number in range(10):
        hook(number)
    assert run.lost == 3


@pytest.mark.usefixtures("torch")
def test_a_hook_whose_run_is_gone_does_nothing() -> None:
    def gone(_: dict[str, Any]) -> None:
        raise ReferenceError

    OnGradient(gone, "gradients/w", 1)(1)


def test_a_copy_of_a_hook_and_one_that_is_read_from_a_file_do_nothing() -> None:
    hook = Hook(lambda _: None, 1)
    for other in (copy.deepcopy(hook), pickle.loads(pickle.dumps(hook))):  # noqa: S301
        assert other("module", "inputs", "output") is None
    assert b"wanllmdb" not in pickle.dumps(hook)


def test_a_disabled_run_watches_nothing(home: Path) -> None:
    assert wandb.init(mode="disabled").watch(3) is None  # not even whether it could
