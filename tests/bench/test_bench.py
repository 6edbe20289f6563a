"""The benchmark works: every measurement yields numbers, whatever they say on this machine."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import comparison, conditions, contenders, machine, sdk
from bench.contenders import NOTHING, OFFLINE, ONLINE, Arena, Contender
from bench.figures import Figure, as_json, table
from bench.run import arena
from tests.journeys.processes import ServerProcess

TINY = sdk.Size(rows=300, paced=20, times=1, cycles=2, on=5, endure=500, seconds=1.0, turns=50)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.fixture
def place(server: ServerProcess, tmp_path: Path) -> Arena:
    return arena(tmp_path, server)


def numbers(figures: Iterator[Figure]) -> dict[str, float]:
    """The values by name; every one is a number, and every name is its own."""
    found = list(figures)
    assert all(each.value is not None and math.isfinite(each.value) for each in found), found
    named = {f"{each.of} {each.name}": each.value for each in found if each.value is not None}
    assert len(named) == len(found)
    assert len(table(found).splitlines()) == len(found) + 1
    assert [each["value"] for each in json.loads(as_json(found))] == list(named.values())
    return named


def test_the_machine_has_limits(place: Arena) -> None:
    assert len(numbers(machine.figures(TINY.turns))) >= 5


def test_beginning_and_ending_a_run_are_timed(place: Arena) -> None:
    assert len(numbers(sdk.ends(place, TINY))) == 8


@pytest.mark.parametrize("state", ["alive", "429"])
def test_log_is_timed_beside_a_loop_that_does_nothing(
    server: ServerProcess, place: Arena, state: str
) -> None:
    with conditions.conditions(server) as urls:
        there = place.told(WANLLMDB_API_URL=urls[state])
        figures = list(sdk.of_log(server, there, TINY, state))

    found = numbers(iter(figures))
    judged = [each for each in figures if each.floor is not None]
    assert {f" log(), {name}, server {state}, flat out" for name, _ in sdk.TAILS} <= set(found)
    assert judged
    assert all(each.floor is not None and each.floor >= 3 for each in judged)


@pytest.mark.parametrize("contender", [OFFLINE, ONLINE], ids=lambda each: each.name)
def test_points_are_counted_to_their_durable_end(place: Arena, contender: Contender) -> None:
    found = numbers(sdk.throughput(place, contender, TINY))
    assert found[f" {contender.name}: first log() to durable finish"] > 0


@pytest.mark.parametrize("contender", [NOTHING, OFFLINE, ONLINE], ids=lambda each: each.name)
def test_a_loop_with_work_is_timed_with_and_without_log(
    server: ServerProcess, place: Arena, contender: Contender
) -> None:
    assert len(numbers(sdk.slowdown(server, place, contender, TINY))) == 1


@pytest.mark.parametrize("contender", [OFFLINE, ONLINE], ids=lambda each: each.name)
def test_every_row_of_a_killed_process_is_found_again(place: Arena, contender: Contender) -> None:
    assert set(numbers(sdk.kills(place, contender)).values()) == {1000}


def test_memory_is_measured_while_the_server_is_dead(place: Arena) -> None:
    with conditions.refusing() as busy:
        there = place.told(WANLLMDB_API_URL=busy)
        [growth] = numbers(sdk.endurance(there, TINY)).values()
    assert growth >= 0


def test_every_tracker_has_a_line_in_both_tables(place: Arena) -> None:
    found = list(comparison.figures(place, TINY, among=()))
    numbers(iter(found))

    text = comparison.tables(found).splitlines()

    for contender in (NOTHING, contenders.FLOOR, OFFLINE):
        assert sum(line.startswith(contender.title) for line in text) == 2
    kept = {each.of: each.value for each in found if each.name == "kept at a clean finish"}
    assert kept == {contenders.FLOOR.title: 100, OFFLINE.title: 100}


def test_a_peer_that_cannot_be_installed_is_named_with_the_reason(place: Arena) -> None:
    ghost = Contender("ghost", "ghost", package="a-package-that-is-not-pinned")

    found = [each for each in comparison.figures(place, TINY, among=[ghost]) if each.of == "ghost"]

    assert [each.value for each in found] == [None]
    assert "names no version" in comparison.tables(found)


def test_a_trial_that_fails_is_a_figure_that_says_so(place: Arena) -> None:
    broken = Contender("broken", "there_is_no_such_driver")

    [failed] = contenders.attempted(sdk.kills(place, broken), "SIGKILL")

    assert failed.value is None
    assert failed.verdict == "FAILED"
    assert "there_is_no_such_driver" in failed.note
