"""The measurement of the JSON path works, whatever it says on this machine."""

from __future__ import annotations

import math
from pathlib import Path

from bench import json_path
from bench.json_path import CLIENTS, KEYS, POINTS, PROJECT, WARM
from tests.journeys.processes import ServerProcess


def test_every_form_of_a_batch_is_sent_and_kept(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path).start()
    try:
        found = list(json_path.figures(server, batches=2))
        assert len(found) == 3 * len(json_path.FORMS)
        assert all(each.value is not None and math.isfinite(each.value) for each in found)
        for form in json_path.FORMS:
            run = f"{form.replace(' ', '-')}-{CLIENTS - 1}"
            assert len(server.points(PROJECT, run, "metric_0")) == (WARM + 2) * POINTS // KEYS
    finally:
        server.stop()
