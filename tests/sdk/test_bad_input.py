"""Bad input, row by row of the matrix: it is kept, or cut, or refused in time, and counted.

Every case goes through what a user has: `init`, `log`, `config`, `print`; and after every case
the account must balance: logged = kept + counted losses. A value is tried twice, as the first of
its key and where the key has been a number for a while, because these are two ways inside.
"""

from __future__ import annotations

import math
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from tests.journeys.processes import ServerProcess
from tests.sdk.bad import beginnings, moments, numbers, outputs, sizes, things
from tests.sdk.bad.user import Case, User, parameters, same

TABLES = (each.TABLE for each in (numbers, sizes, moments, beginnings, outputs))


# What is logged and what the server says that it has, as JSON says it.
THERE_AND_BACK = {
    "nan": (math.nan, "NaN"),
    "inf": (math.inf, "Infinity"),
    "minus inf": (-math.inf, "-Infinity"),
    "float16": (np.float16("nan"), "NaN"),
    "tensor": (things.Tensor(math.nan), "NaN"),
    "minus zero": (-0.0, -0.0),
    "subnormal": (5e-324, 5e-324),
    "int": ((1 << 53) + 1, (1 << 53) + 1),
    "65 bits": (1 << 64, float(1 << 64)),
    "huge": (10**400, "Infinity"),
    "text": ("a\0b\ud800", "a\0b\\ud800"),
    **dict.fromkeys(("", "k" * 1024, "a/b", ".", "__proto__", "🎉", "a\nb", "\x00"), (1.5, 1.5)),
}


@pytest.fixture
def user(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    return User(home, monkeypatch, capsys)


@pytest.mark.parametrize("case", parameters(TABLES))
def test_bad_input_is_kept_or_cut_or_refused_and_counted(case: Case, user: User) -> None:
    case.check(user)


def test_the_worst_of_it_comes_through_a_server_and_back(user: User, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.root.mkdir()
    try:
        user.patch.setenv("WANLLMDB_API_URL", server.start().url)
        user.patch.setenv("WANLLMDB_API_KEY", server.key)
        run = user.begin(
            mode="online",
            name="two\nlines" + "x" * 300,
            notes="n" * things.MIB,
            tags=["\ud800"],
            config={
                "loop": things.loop(),
                "deep": things.deep(lambda inner: [inner]),
                "long": "l" * 2 * things.MIB,
                "\ud800": math.inf,
            },
        )
        for _ in range(4):
            run.log({key: given for key, (given, _) in THERE_AND_BACK.items()})
        run.log({"deep": things.deep(lambda inner: {"a": inner}), "loop": things.loop()})
        for step in (-(1 << 63), (1 << 63) - 1, 1.5, math.nan):
            run.log({"step": 1.0}, step=step)
        run.name = "y" * 1000
        run.summary["long"] = "s" * 2 * things.MIB
        run.finish()

        for key, (_, kept) in THERE_AND_BACK.items():
            found = server.points("p", run.id, quote(key, safe=""))
            assert same(found, [(step, kept) for step in range(4)]), key
        steps = [step for step, _ in server.points("p", run.id, "step")]
        assert steps == [-(1 << 63), 1, (1 << 63) - 1, (1 << 63) - 1]
        path = f"/projects/{server.owner}/p/runs/{run.id}"
        told = server.get(path)
        assert (told["state"], told["name"], told["tags"]) == ("finished", "y" * 256, ["\\ud800"])
        assert (len(told["notes"]), told["config"]["\\ud800"]) == (65_536, "Infinity")
        receipt = server.get(f"{path}/receipt")
        assert (receipt["rows"], receipt["stored"]) == (run.logged, run.logged)
        assert receipt["lost"] == {"bad-step": 2, "too-large": 1}
        assert list(user.home.rglob("*.seg")) == []
    finally:
        server.stop()
