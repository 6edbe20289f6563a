"""watch(): histograms of a torch model as it trained, read back from the server."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.integrations.laboratory import Laboratory
from tests.integrations.libraries import needs

needs("torch")

GRADIENTS = {
    "first.weight": 9,
    "first.bias": 3,
    "second.bias": 3,
    "words.weight": 6,
    "small.weight": 6,
    "small.bias": 2,
}
PARAMETERS = GRADIENTS | {
    "words.weight": 24,
    "frozen.weight": 9,
    "frozen.bias": 3,
    "unused.weight": 9,
    "unused.bias": 3,
}


def test_histograms_stand_in_the_row_of_their_pass(lab: Laboratory) -> None:
    truth = lab.run("watch_model.py")
    rows = {row["number"]: row for row in lab.only_run().scan_history()}
    assert sorted(rows) == list(range(9))
    for number in (0, 2, 4, 8):
        assert not watched(rows[number], "")
    for index, number in enumerate((1, 3)):
        gradients = watched(rows[number], "gradients/")
        assert counts(gradients) == GRADIENTS
        assert counts(watched(rows[number], "parameters/")) == PARAMETERS
        for name, found in gradients.items():
            # Of a sparse gradient those values that it has.
            values = [each for each in truth[index][name] if name != "words.weight" or each]
            room = 0.5 if min(values) == max(values) else 0.0
            assert found["bins"][0] == pytest.approx(min(values) - room, rel=1e-6)
            assert found["bins"][-1] == pytest.approx(max(values) + room, rel=1e-6)

    # What is not finite is left out.
    assert counts(watched(rows[5], "parameters/")) == PARAMETERS | {"first.bias": 2}
    finite = {
        name: sum(map(math.isfinite, values))
        for name, values in truth[2].items()
        if values is not None and name != "words.weight"
    }
    found = counts(watched(rows[5], "gradients/"))
    assert found.pop("words.weight") in {0, 6}
    assert found == finite

    # A second model is told apart. Compiled it is the same; saved and copied ones are others.
    names = {"graph_1module.weight": 2, "graph_1module.bias": 1}
    assert counts(watched(rows[6], "parameters/")) == names
    assert counts(watched(rows[6], "gradients/")) == names
    assert counts(watched(rows[7], "gradients/")) == names


def watched(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The histograms of a row, by the names of their parameters."""
    return {
        key.removeprefix(prefix): value
        for key, value in row.items()
        if key.startswith(prefix) and isinstance(value, dict)
    }


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {name: int(sum(each["values"])) for name, each in found.items()}
