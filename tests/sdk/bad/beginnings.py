"""B10, B11, B15: what a run begins with: its config, its names, its key."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections import UserDict
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.bad.things import MIB, deep, depth, loop, raising
from tests.sdk.bad.user import Table, User
from tests.sdk.journals import kept_in
from tests.sdk.stub_server import KEY, StubServer

import wanllmdb as wandb
from wanllmdb.errors import AuthenticationError, Error, UsageError
from wanllmdb.wire import Kind

TABLE = Table()

# B10: configs.


def _told(user: User) -> dict[str, Any]:
    """The config as it was told."""
    [first] = user.kept(Kind.RUN)
    found = dict(first.get("config", {}))
    for each in user.kept(Kind.CONFIG):
        found |= each["set"]
    return found


def _whole(user: User) -> Any:
    """The config as it lies in a file of the run."""
    file = user.kept(Kind.FILE)[-1]
    return json.loads((Path(user.run.dir) / file["path"]).read_text())


@TABLE.case("B10-secrets")
def _(user: User) -> None:
    secret = "hf_" + "s" * 34
    config = {
        "db": {"password": "p4ssw0rd", "url": "postgres://ada:p4ssw0rd@host/db"},
        "args": ["--token", secret],
        "max_tokens": 5,
    }
    user.begin(config=config)
    assert user.run.config["db"]["password"] == "p4ssw0rd"  # noqa: S105
    assert _told(user) == {
        "db": {"password": "[redacted]", "url": "postgres://host/db"},
        "args": ["--token", "[redacted]"],
        "max_tokens": 5,
    }
    user.finish()
    spool = b"".join(path.read_bytes() for path in user.home.rglob("*") if path.is_file())
    assert b"p4ssw0rd" not in spool
    assert secret.encode() not in spool


@TABLE.case("B10-50-mib")
def _(user: User) -> None:
    user.begin(config={"prompts": {f"p{n}": "w" * MIB for n in range(50)}, "lr": 0.1})
    assert _told(user)["lr"] == 0.1
    assert _told(user)["prompts"].startswith("[left out: a dict of 52")
    assert [len(text) for text in _whole(user)["prompts"].values()] == [MIB] * 50
    assert "all of it is in" in user.said()
    user.finish()


@TABLE.case("B10-50-mib-and-no-room-for-a-file")
def _(user: User) -> None:
    run = user.begin()
    Path(run.dir).joinpath("media").write_text("in the way")
    run.config["text"] = "t" * MIB
    run.config["lr"] = 0.1
    assert _told(user)["lr"] == 0.1
    assert user.lost("too-large") == 1


@TABLE.case("B10-too-many-keys-and-a-text")
def _(user: User) -> None:
    config = {f"k{n}": "v" * 40 for n in range(20_000)}
    user.begin(config=config)
    user.run.config.update({"text": "t" * MIB, "password": "p4ssw0rd"})
    told = _told(user)
    assert len(told) > 5_000
    assert told["text"].endswith("[cut: 1048576 characters]")
    assert _whole(user) == {"text": "t" * MIB, "password": "[redacted]"}
    assert user.run.config["text"] == "t" * MIB
    user.finish()


@TABLE.case("B10-keys-that-are-no-strings-and-dots")
def _(user: User) -> None:
    user.begin(config={1: "a", (2, 3): "b", "a.b": {None: 1, 2.5: 2}})
    assert _told(user) == {"1": "a", "(2, 3)": "b", "a.b": {"None": 1, "2.5": 2}}
    user.finish()


def _config(given: Any) -> Any:
    def check(user: User) -> None:
        user.begin(config=given)
        assert _told(user) == {"lr": 0.1, "layers": [1, 2]}
        user.finish()

    return check


for name, given in (
    ("namespace", argparse.Namespace(lr=0.1, layers=[1, 2])),
    ("dataclass", dataclasses.make_dataclass("C", ["lr", "layers"])(0.1, (1, 2))),
    ("user-dict", UserDict({"lr": 0.1, "layers": [1, 2]})),
):
    TABLE.case(f"B10-{name}")(_config(given))


@TABLE.case("B10-omegaconf")
def _(user: User) -> None:
    container = staticmethod(lambda _, *, resolve: {"lr": 0.1, "resolved": resolve})
    omega = type("OmegaConf", (), {"to_container": container})
    user.patch.setitem(sys.modules, "omegaconf", type("module", (), {"OmegaConf": omega}))  # type: ignore[arg-type]
    user.begin(config=type("DictConfig", (), {"__module__": "omegaconf.dictconfig"})())
    assert _told(user) == {"lr": 0.1, "resolved": True}
    user.finish()


@TABLE.case("B10-the-original-is-not-changed")
def _(user: User) -> None:
    original = {"a": {"b": [1]}, "password": "p", "nan": math.nan}
    copy = {"a": {"b": [1]}, "password": "p", "nan": original["nan"]}
    user.begin(config=original)
    user.run.config["a"]["b"].append(2)
    user.run.config["c"] = 1
    assert original == copy
    original["a"]["b"].append(99)
    user.finish()
    assert _told(user)["a"] == {"b": [1, 2]}


@TABLE.case("B10-values-of-every-kind")
def _(user: User) -> None:
    config = {
        "raises": raising("__str__"),
        "loop": loop(),
        "deep": deep(lambda inner: [inner]),
        "endless": range(10**12),
        "nan": math.nan,
        "decimal": Decimal("0.10"),
        "array": np.zeros(100),
    }
    user.begin(config=config)
    told = _told(user)
    assert told["raises"] == "[a value of type Raising]"
    assert told["loop"] == {"a": 1, "self": ["[circular]"]}
    assert depth(told["deep"]) <= 64
    assert told["endless"].startswith("[a range of ")
    assert (told["nan"], told["decimal"]) == (None, "0.10")
    user.finish()


# B11: ids and names.

for name, argument, given, proposed in (
    ("id-with-spaces-around", "id", " my run", "my-run"),
    ("id-with-a-slash", "id", "a/b", "a-b"),
    ("id-that-climbs", "id", "../../etc", "etc"),
    ("id-of-dots", "id", "..", "run"),
    ("id-of-300-characters", "id", "x" * 300, "x" * 100),
    ("id-of-65-emoji", "id", "🎉" * 65, "run"),
    ("id-of-nothing", "id", "", "run"),
    ("project-with-a-slash", "project", "a/b", "a-b"),
    ("project-of-300-characters", "project", "x" * 300, ""),
    ("entity-that-climbs", "entity", "../x", "x"),
    ("entity-of-300-characters", "entity", "x" * 300, "x" * 64),
):

    def _refused(
        user: User, argument: str = argument, given: str = given, proposed: str = proposed
    ) -> None:
        for mode in ("offline", "online"):
            with pytest.raises(UsageError, match=f"Try '{proposed}'|at most 128"):
                user.begin(**{"mode": mode, argument: given})
        assert wandb.run is None
        assert list(user.home.rglob("*.seg")) == []

    TABLE.case(f"B11-{name}")(_refused)

for word in ("new", "settings", "A.b-c_9", "x" * 128, "my run", "100%é", "🎉"):

    def _accepted(user: User, word: str = word) -> None:
        run = user.begin(id=word, project="settings")
        run.log({"x": 1.0})
        assert run.id == word
        user.finish()

    TABLE.case(f"B11-id-{word[:10]}")(_accepted)


@TABLE.case("B11-id-that-differs-in-case")
def _(user: User) -> None:
    for word in ("Run", "run"):
        user.begin(id=word).log({"which": word})
        user.finish()
    assert [user.rows, user.runs[0].dir == user.runs[1].dir] == [[(0, {"which": "run"})], False]


@TABLE.case("B11-names-are-free-text")
def _(user: User) -> None:
    names = ["🎉 my/run: №1", "x" * 300, "two\nlines\0", "a\ud800"]
    kept = ["🎉 my/run: №1", "x" * 256, "two lines ", "a\\ud800"]
    for given in names:
        user.begin(name=given, notes="n" * 2 * MIB, group=given, job_type=given)
        user.run.name = given
        user.finish()
    for run, name in zip(user.runs, kept, strict=True):
        [first] = kept_in(Path(run.dir).parent, Kind.RUN)
        [patch] = [each for each in kept_in(Path(run.dir).parent, Kind.PATCH) if "name" in each]
        assert (first["name"], first["group"], first["job_type"]) == (name, name, name)
        assert (patch["name"], len(first["notes"])) == (name, 65_536)


# B15: keys.

for name, key in (
    ("too-short", "wl-" + "k" * 20),
    ("too-long", "wl-" + "k" * 44),
    ("alphabet", "wl-" + "k" * 42 + "!"),
    ("space", "wl-" + "k" * 20 + " " + "k" * 22),
    ("newline-inside", "wl-" + "k" * 20 + "\n" + "k" * 22),
    ("unicode", "wl-" + "ü" * 43),
    ("right-to-left", "\u202ewl-" + "k" * 43),
    ("bytes-that-are-no-text", "wl-\udcff" + "k" * 42),
):

    def _refused_key(user: User, key: str = key) -> None:
        with StubServer() as server:
            for variable in ("WANLLMDB_API_KEY", "WANDB_API_KEY")[: 1 + key.startswith("wl-")]:
                user.patch.setenv("WANLLMDB_API_URL", server.url)
                user.patch.setenv(variable, key)
                with pytest.raises(AuthenticationError) as caught:
                    user.begin(mode="online")
                user.patch.delenv(variable)
                assert "k" * 4 not in str(caught.value) + user.said()
                assert "ü" not in str(caught.value)
            assert server.requests == []
        assert wandb.run is None
        assert list(user.home.rglob("*.seg")) == []

    TABLE.case(f"B15-{name}")(_refused_key)


@TABLE.case("B15-newline-at-the-end")
def _(user: User) -> None:
    with StubServer() as server:
        user.patch.setenv("WANLLMDB_API_URL", server.url)
        user.patch.setenv("WANLLMDB_API_KEY", f"{KEY}\r\n")
        run = user.begin(mode="online")
        run.log({"x": 1.0})
        run.finish()
        assert len(server.records(run.id, Kind.ROW)) == 1


@TABLE.case("B15-key-of-somebody-else")
def _(user: User) -> None:
    with StubServer() as server:
        user.patch.setenv("WANLLMDB_API_URL", server.url)
        user.patch.setenv("WANDB_API_KEY", "a" * 40)
        with pytest.raises(Error):
            user.begin(mode="online")
        assert "a" * 10 not in str(server.requests)
