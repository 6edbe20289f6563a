"""The comparison of servers works: ours is measured, and who cannot be measured says why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from bench import server_peers
from bench.figures import Figure
from bench.services.ours import Json, Packed
from bench.services.service import Service, Site

TINY = server_peers.Size(
    seconds=0.5, share=0.002, steps=10_500, runs=3, each=50, patience=10, times=1, settle=0
)


class Ghost(Packed):
    """One that is not to be had."""

    name = "ghost"
    package = "a-package-that-is-not-pinned"


class Mute(Packed):
    """One that ends instead of answering."""

    name = "mute"

    def command(self, site: Site) -> Sequence[str]:
        """See `Service`."""
        return [site.python, "-c", "raise SystemExit('no room for me')"]


def measured(service: Service, folder: Path) -> list[Figure]:
    """The figures of one; whatever it started has ended."""
    before = set(psutil.Process().children(recursive=True))
    found = list(server_peers.of(service, folder, TINY))
    assert set(psutil.Process().children(recursive=True)) <= before
    return found


@pytest.mark.parametrize("service", [Packed(), Json()], ids=lambda each: each.name)
def test_a_server_has_a_number_in_every_column_of_both_tables(
    service: Service, tmp_path: Path
) -> None:
    found = measured(service, tmp_path)

    assert all(each.value is not None and math.isfinite(each.value) for each in found), found
    columns = {column.name for group in server_peers.TABLES for column in group}
    assert {each.name for each in found} == columns
    assert not [each.note for each in found if "scaled" in each.note]
    lines = server_peers.tables(found).splitlines()
    assert sum(line.startswith(service.title) for line in lines) == len(server_peers.TABLES)


@pytest.mark.parametrize(
    ("service", "reason"), [(Ghost(), "names no version"), (Mute(), "no room for me")]
)
def test_a_server_that_cannot_be_measured_is_named_with_the_reason(
    service: Service, reason: str, tmp_path: Path
) -> None:
    found = measured(service, tmp_path)

    assert [each.value for each in found] == [None]
    assert reason in server_peers.tables(found)
