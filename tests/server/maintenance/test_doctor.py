"""`wanllmdb doctor`: what can be wrong is found, and it alone; what is sound is found sound."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.server.maintenance.conftest import ask, change, flip, metrics

from wanllmdb_server import cli
from wanllmdb_server.data_dir import DataDir, DataDirError
from wanllmdb_server.domain.finding import KINDS, Finding
from wanllmdb_server.machine import ThisMachine
from wanllmdb_server.metrics.segment import read_notes, sign
from wanllmdb_server.services import checkups
from wanllmdb_server.services.checkups import Place


@dataclass
class Told(ThisMachine):
    """A machine of which some things are told."""

    kind: str = "ext4"
    left: int = 1 << 40
    behind: int = 0
    locked: bool = False

    def now(self) -> int:
        return super().now() - self.behind

    def free(self, path: Path) -> int:
        return self.left

    def file_system(self, path: Path) -> str:
        return self.kind

    def writable(self, path: Path) -> bool:
        return not self.locked


def look(data: Path, machine: Told | None = None, *, deep: bool = True) -> list[Finding]:
    place = Place(data, data.parent / "config")
    return list(checkups.look(place, machine or Told(), deep=deep, progress=lambda size: None))


def codes(data: Path, machine: Told | None = None, *, deep: bool = True) -> set[str]:
    return {each.code for each in look(data, machine, deep=deep)}


def a_body(data: Path, letters: str) -> int:
    query = f"SELECT id FROM body WHERE CAST(substr(b, 1, 3) AS TEXT) = '{letters}'"  # noqa: S608
    return ask(metrics(data), query)[0][0]


def flip_body(letters: str) -> Callable[[Path], None]:
    def seed(data: Path) -> None:
        number = a_body(data, letters)
        change(metrics(data), f"UPDATE body SET b = flipped(b) WHERE id = {number}")  # noqa: S608

    return seed


def in_metrics(*statements: str) -> Callable[[Path], None]:
    return lambda data: change(metrics(data), *statements)


def in_catalog(*statements: str) -> Callable[[Path], None]:
    return lambda data: change(data / "catalog.db", *statements)


def a_blob(data: Path) -> Path:
    return next(iter(sorted((data / "blobs").glob("??/??/*"))))


def truncate(data: Path) -> None:
    os.truncate(metrics(data), metrics(data).stat().st_size - 8192)


def lose_database(data: Path) -> None:
    """The log of a killed process is there, its database is not."""
    connection = sqlite3.connect(metrics(data), isolation_level=None)
    connection.execute("DELETE FROM trash")
    connection.execute("CREATE TABLE more(x)")
    log = Path(f"{metrics(data)}-wal").read_bytes()
    connection.close()
    metrics(data).unlink()
    Path(f"{metrics(data)}-wal").write_bytes(log)


def damage_log(data: Path) -> None:
    """A bit of a commit in the middle of a log that a killed process left."""
    connection = sqlite3.connect(metrics(data), isolation_level=None)
    for n in range(6):
        connection.execute("INSERT INTO trash VALUES(?)", (10**9 + n,))
    log, database = Path(f"{metrics(data)}-wal").read_bytes(), metrics(data).read_bytes()
    connection.close()
    metrics(data).write_bytes(database)
    path = Path(f"{metrics(data)}-wal")
    path.write_bytes(log)
    flip(path, len(log) // 2 + 100)


def leave_old_file(data: Path) -> None:
    path = data / "blobs" / "ab" / "cd" / ("abcd" + "0" * 60)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nobody's")
    os.utime(path, (time.time() - 10 * 86_400,) * 2)


def repeat_segment(data: Path) -> None:
    connection = sqlite3.connect(metrics(data), isolation_level=None)
    [(content,)] = connection.execute(
        "SELECT note FROM chunk WHERE key = 0 ORDER BY gen DESC LIMIT 1"
    )
    note = read_notes(content).copy()
    note["gen"] += 1000
    connection.execute(
        "INSERT INTO chunk(run, key, kind, gen, part, n, note) VALUES(?, ?, ?, ?, ?, ?, ?)",
        [int(note[name][0]) for name in ("run", "key", "kind", "gen", "part", "n")]
        + [sign(note).tobytes()],
    )
    connection.close()


def open_key(data: Path) -> None:
    path = data.parent / "config" / "local" / "127.0.0.1-8000.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    path.chmod(0o644)


def spoil_table(data: Path) -> None:
    """A page of the tree of the writers."""
    [(page,)] = ask(metrics(data), "SELECT rootpage FROM sqlite_schema WHERE name = 'writer'")
    flip(metrics(data), (page - 1) * 8192 + 4, 0x40)


SEEDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit of values": (flip_body("WVA"), "points-damaged"),
    "a bit of steps and times": (flip_body("WAX"), "points-damaged"),
    "a bit of objects": (flip_body("WOB"), "points-damaged"),
    "a bit of an overview": (flip_body("WPY"), "overview-damaged"),
    "a bit of a batch": (
        in_metrics("UPDATE batch SET body = flipped(body)"),
        "batch-damaged",
    ),
    "a number of a batch": (in_metrics("UPDATE batch SET low = low + 1"), "batch-damaged"),
    "a bit of a note": (
        in_metrics("UPDATE chunk SET note = flipped(note) WHERE key = 0"),
        "note-damaged",
    ),
    "a note at another place": (
        in_metrics("UPDATE chunk SET key = 77 WHERE key = 0"),
        "note-damaged",
    ),
    "a note that is gone": (
        in_metrics("DELETE FROM chunk WHERE key = 0 AND gen = (SELECT max(gen) FROM chunk)"),
        "notes-gone",
    ),
    "a segment that is there twice": (repeat_segment, "segment-unknown"),
    "a number of the contents": (
        in_metrics("UPDATE contents SET n = n + 1 WHERE part = -1"),
        "contents-damaged",
    ),
    "a bit of the name of a series": (
        in_metrics("UPDATE key SET name = flipped(name) WHERE id = 1"),
        "name-damaged",
    ),
    "a body that is gone": (
        in_metrics("DELETE FROM body WHERE id = (SELECT min(id) FROM body)"),
        "body-gone",
    ),
    "a body under another number": (
        in_metrics("UPDATE body SET id = 10000 WHERE id = (SELECT max(id) FROM body)"),
        "body-gone body-unused",
    ),
    "a body that nobody refers to": (
        in_metrics("INSERT INTO body VALUES(10000, x'00')"),
        "body-unused",
    ),
    "a position of a writer": (
        in_metrics("UPDATE writer SET position = position + 1"),
        "writer-damaged",
    ),
    "an attempt that is gone": (
        in_metrics("INSERT INTO attempt VALUES(1, 0, 5, NULL, NULL, NULL)"),
        "attempts-damaged",
    ),
    "a page of a tree": (spoil_table, "table-damaged"),
    "a file that is cut": (truncate, "metrics-truncated metrics-damaged"),
    "no database of metrics": (lambda data: metrics(data).unlink(), "metrics-missing"),
    "what is no database": (
        lambda data: metrics(data).write_bytes(b"SQLite" + bytes(99_994)),
        "metrics-damaged",
    ),
    "a log without its database": (lose_database, "log-without-database"),
    "a log with a bit in its middle": (damage_log, "log-damaged"),
    "a database of later": (in_metrics("PRAGMA user_version = 99"), "metrics-newer"),
    "a run that the catalog does not know": (
        in_catalog("PRAGMA foreign_keys = ON", "DELETE FROM runs WHERE id = 'first'"),
        "run-unknown",
    ),
    "no catalog": (lambda data: (data / "catalog.db").unlink(), "catalog-missing"),
    "a catalog that is none": (
        lambda data: (data / "catalog.db").write_bytes(bytes(4096)),
        "catalog-damaged",
    ),
    "a catalog of later": (
        in_catalog("UPDATE alembic_version SET version_num = '9999'"),
        "catalog-newer",
    ),
    "a row that refers to nothing": (
        in_catalog("UPDATE runs SET user_id = 4711"),
        "catalog-dangling",
    ),
    "a blob that is gone": (lambda data: a_blob(data).unlink(), "file-missing"),
    "a bit of a blob": (lambda data: flip(a_blob(data), 10), "file-damaged"),
    "a blob that is cut": (lambda data: os.truncate(a_blob(data), 3), "file-damaged"),
    "an old file of nobody": (leave_old_file, "file-unused"),
    "a directory that is open": (lambda data: data.chmod(0o755), "data-dir-open"),
    "a key that others can read": (open_key, "key-open"),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_wrong_is_found_and_nothing_else(data: Path, seed: str) -> None:
    act, expected = SEEDS[seed]
    act(data)
    assert codes(data) == set(expected.split())


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (Told(kind="nfs4"), "data-dir-on-network"),
        (Told(left=100 << 20), "disk-nearly-full"),
        (Told(behind=30 * 86_400_000_000), "clock-behind"),
        (Told(locked=True), "data-dir-read-only"),
    ],
)
def test_what_is_wrong_with_the_machine_is_found(data: Path, machine: Told, expected: str) -> None:
    now = ThisMachine().now()
    change(data / "catalog.db", f"UPDATE runs SET heartbeat_at = {now}")  # noqa: S608
    assert codes(data, machine) == {expected}


def test_a_sound_directory_has_no_findings_and_is_not_changed(data: Path, sound: Path) -> None:
    assert look(data, deep=True) == look(data, deep=False) == []
    for path in (metrics(data), data / "catalog.db"):
        assert path.read_bytes() == (sound / path.relative_to(data)).read_bytes()


def test_no_directory_is_said_so(tmp_path: Path) -> None:
    assert codes(tmp_path / "nowhere") == {"data-dir-missing"}


def test_every_code_has_been_found_by_a_test() -> None:
    seeded = {code for _, codes in SEEDS.values() for code in codes.split()}
    machine = {"data-dir-on-network", "disk-nearly-full", "clock-behind", "data-dir-read-only"}
    assert seeded | machine | {"data-dir-missing", "set-apart"} == set(KINDS)
    assert len(SEEDS) >= 20


def test_the_reference_has_every_code_as_it_is() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/commands.md").read_text()
    for code, kind in KINDS.items():
        repaired = "yes" if kind.repaired else ""
        assert f"| `{code}` | {kind.level} | {kind.means} | {repaired} |" in text


REPAIRED = (
    "a bit of an overview",
    "a number of the contents",
    "a body that nobody refers to",
    "a page of a tree",
    "a directory that is open",
    "a key that others can read",
)


@pytest.mark.parametrize("seed", REPAIRED)
def test_what_is_mended_is_not_found_again(data: Path, seed: str) -> None:
    SEEDS[seed][0](data)
    place = Place(data, data.parent / "config")
    found = look(data)
    assert checkups.mend(place, Told(), found) == found
    assert codes(data) <= {"set-apart"}


def test_lost_points_are_not_mended_and_are_set_apart_when_something_else_is(data: Path) -> None:
    SEEDS["a bit of values"][0](data)
    SEEDS["a body that nobody refers to"][0](data)
    found = look(data)
    mended = checkups.mend(Place(data, data.parent), Told(), found)
    assert {each.code for each in mended} == {"body-unused"}
    assert codes(data) == {"set-apart"}


def test_nothing_is_mended_while_a_server_is_at_work(data: Path) -> None:
    SEEDS["a body that nobody refers to"][0](data)
    with DataDir(data), pytest.raises(DataDirError):
        checkups.mend(Place(data, data.parent), Told(), look(data))


def test_the_command_says_what_was_found_and_its_status_tells(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANLLMDB_CONFIG_DIR", str(data.parent / "config"))
    command = ["doctor", "--data-dir", str(data)]
    assert cli.main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    SEEDS["a bit of values"][0](data)
    assert cli.main(command) == 0  # it was not looked at
    capsys.readouterr()
    assert cli.main([*command, "--deep"]) == 1
    said = capsys.readouterr().out
    assert "points-damaged" in said
    assert "Restore a backup" in said
    assert cli.main([*command, "--deep", "--json"]) == 1
    [found] = json.loads(capsys.readouterr().out)["findings"]
    assert (found["code"], found["level"]) == ("points-damaged", "error")
