"""B02 to B05: keys, how many of them, and values that are large or deep."""

from __future__ import annotations

from typing import Any

from tests.sdk.bad.things import MIB, bomb, deep, depth, loop
from tests.sdk.bad.user import Table, User

from wanllmdb.wire import MAX_KEY_BYTES, MAX_KEYS_PER_RUN, Kind

TABLE = Table()

# B02: keys.


def _key(key: str, kept: str, lost: int) -> Any:
    def check(user: User) -> None:
        for _ in range(4):
            user.run.log({key: 1.0, "other": 2.0})
        user.run.log({key: "text"})
        assert user.rows == [
            *((n, {kept: 1.0, "other": 2.0}) for n in range(4)),
            (4, {kept: "text"}),
        ]
        assert user.run.summary[kept] == "text"
        assert user.lost("key-too-long") == lost
        assert user.said().count("warning:") == min(lost, 1)

    return check


LONG = "k" * MAX_KEY_BYTES
CUT = 1024 - 17  # what of a long key stands before its hash

for name, key, kept, lost in (
    ("empty", "", "", 0),
    ("1-kib", LONG, LONG, 0),
    ("slash", "a/b", "a/b", 0),
    ("dot", "a.b", "a.b", 0),
    ("only-a-dot", ".", ".", 0),
    ("proto", "__proto__", "__proto__", 0),
    ("constructor", "constructor", "constructor", 0),
    ("emoji", "👩‍🔬🎉", "👩‍🔬🎉", 0),
    ("right-to-left", "\u202eشحن", "\u202eشحن", 0),
    ("combining", "e\u0301", "e\u0301", 0),
    ("nul", "a\0b", "a\0b", 0),
    ("newline", "a\nb", "a\nb", 0),
    ("lone-surrogate", "a\ud800", "a\\ud800", 0),
):
    TABLE.case(f"B02-{name}")(_key(key, kept, lost))


@TABLE.case("B02-1-mib")
def _(user: User) -> None:
    for end in ("x", "y", "y"):
        user.run.log({LONG * 1024 + end: 1.0})
    first, second, third = (next(iter(values)) for _, values in user.rows)
    assert first != second == third
    assert {len(first), len(second)} == {MAX_KEY_BYTES}
    assert first[:CUT] == LONG[:CUT]
    assert user.lost("key-too-long") == 3
    assert user.said().count("warning:") == 1


# B03, B04: how many keys.


@TABLE.case("B03-100k-keys-in-a-row")
def _(user: User) -> None:
    row = {f"layer.{number}.weight": float(number) for number in range(MAX_KEYS_PER_RUN)}
    for _ in range(2):
        user.run.log(row)
    found: list[dict[str, Any]] = [{}, {}]
    for step, values in user.rows:
        found[step] |= values
    assert found == [row, row]
    assert len(user.rows) > 4
    user.finish()
    assert user.losses == []
    [slow] = [each["environment"]["slow_log"] for each in user.kept(Kind.PATCH)]
    assert slow["calls"] >= 1
    assert 0 < slow["longest"] <= slow["seconds"]


@TABLE.case("B04-keys-without-end")
def _(user: User) -> None:
    width = 500
    for first in range(0, MAX_KEYS_PER_RUN + 3 * width, width):
        user.run.log({f"key-{number}": 1.0 for number in range(first, first + width)})
    user.run.log({"key-0": 2.0, "key-of-its-own": 2.0, "nested": {"a": 1}})
    assert user.last == {"key-0": 2.0}
    assert len({key for _, values in user.rows for key in values}) == MAX_KEYS_PER_RUN
    assert user.lost("too-many-keys") == 3 * width + 2
    said = user.said()
    assert said.count("warning:") == 1
    assert "100,000 keys" in said


# B05: how large, how deep, how often in itself.


def _large(given: Any, beginning: str) -> Any:
    def check(user: User) -> None:
        user.run.log({"x": given, "y": 1.0})
        found = user.last
        assert found["y"] == 1.0
        assert found["x"].startswith(beginning)
        assert len(found["x"]) < 70_000
        assert user.lost("too-large") == 1
        assert user.said().count("warning:") == 1

    return check


for name, given, beginning in (
    ("20-mib-string", "s" * 20 * MIB, "sss"),
    ("5-mib-json", [{"name": "n" * 100}] * 40_000, "[left out: a list of "),
    ("endless-range", range(10**12), "[left out: a range of "),
    ("list-of-lists-of-lists", bomb(), "[left out: a list of "),
    ("10-million-numbers", [0.5] * 10_000_000, "[left out: a list of "),
):
    TABLE.case(f"B05-{name}")(_large(given, beginning))


@TABLE.case("B05-nested-10k-deep")
def _(user: User) -> None:
    user.run.log({"list": deep(lambda inner: [inner]), "dict": deep(lambda inner: {"a": inner})})
    assert (depth(user.last["list"]), depth(user.last["dict"])) == (64, 64)
    user.finish()


@TABLE.case("B05-self-referencing")
def _(user: User) -> None:
    user.run.log({"x": loop()})
    assert user.last == {"x": {"a": 1, "self": ["[circular]"]}}
    user.finish()


@TABLE.case("B05-summary-of-20-mib")
def _(user: User) -> None:
    user.run.summary["text"] = "s" * 20 * MIB
    user.run.summary["list"] = [0.5] * 500_000
    user.run.summary["best"] = 1.5
    told = {key: value for each in user.kept(Kind.SUMMARY) for key, value in each["set"].items()}
    assert told["best"] == 1.5
    assert len(told["text"]) < 70_000
    assert told["list"].startswith("[left out: a list of ")
    assert user.lost("too-large") == 2
