"""Optuna's callback: a study in one run, or a run for each trial."""

from __future__ import annotations

import pytest
from tests.integrations.libraries import needs

needs("optuna", "optuna_integration")

from tests.integrations.laboratory import Laboratory, history  # noqa: E402

pytestmark = pytest.mark.timeout(180)


def test_a_study_in_one_run_has_a_value_for_each_trial(lab: Laboratory) -> None:
    trials = lab.run("optuna_study.py")["trials"]
    run = lab.only_run()
    assert history(run, "distance") == [trial["value"] for trial in trials]
    assert history(run, "x") == [trial["x"] for trial in trials]
    assert history(run, "kind") == [trial["kind"] for trial in trials]
    assert history(run, "inside") == [trial["x"] for trial in trials]
    assert run.config["direction"] == ["MINIMIZE"]


def test_a_study_in_several_runs_has_one_for_each_trial(lab: Laboratory) -> None:
    trials = lab.run("optuna_study.py", "several")["trials"]
    runs = lab.runs()
    assert [run.name.split("/")[:2] for run in runs] == [["trial", str(n)] for n in range(4)]
    assert "None" not in {run.name.split("/")[2] for run in runs}
    assert [run.summary["distance"] for run in runs] == [trial["value"] for trial in trials]
    assert [run.config["x"] for run in runs] == [trial["x"] for trial in trials]
    assert {run.group for run in runs} == {"study"}
    assert {run.state for run in runs} == {"finished"}
