"""Names and ids: each row of their table."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from tests.sdk.bad.user import User
from tests.surface.rows import Check, Rows

import wanllmdb as wandb
from wanllmdb.naming import folder

ROWS = Rows()


@ROWS.row("run id: not empty, no edge whitespace, none of : ; , # ? / ' or backslash: UsageError")
def _(user: User) -> None:
    for bad in ("", " a", "a ", "a\t", *(f"a{each}b" for each in ":;,#?/'\\"), "a\nb", ".", ".."):
        with pytest.raises(wandb.UsageError, match="run id"):
            user.begin(id=bad)
    assert wandb.run is None


@ROWS.row("run id: space, dot, %, unicode and length 129 pass")
def _(user: User) -> None:
    for good in ("my run 100%é", "a.b", "100%", "größe-🎉", "x" * 129, 'a"b', "a&b=c+d", "-a", "A"):
        run = user.begin(id=good)
        run.log({"a": 1})
        assert (run.id, user.rows) == (good, [(0, {"a": 1})])
        user.finish()


@ROWS.row("run id: at most 256 bytes")
def _(user: User) -> None:
    assert user.begin(id="é" * 128).id == "é" * 128
    user.finish()
    with pytest.raises(wandb.UsageError, match="256 bytes"):
        user.begin(id="é" * 129)


@ROWS.row("run id: two ids never share a folder, whatever characters they have", ours=True)
def _(user: User) -> None:
    ids = ["é", "ü", "run", "a b", "a-b", "a%b", "x" * 120, "x" * 121, "A", "a"]
    assert len({folder(each) for each in ids}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{1,120}", folder(each)) for each in ids)
    homes = set()
    for each in ids:
        homes.add(Path(user.begin(id=each).dir).parent)
        user.finish()
    assert len(homes) == len(ids)


@ROWS.row("generated id: 8 of [a-z0-9], also in a script that seeds its chance")
def _(user: User) -> None:
    found: set[str] = set()
    for _ in range(3):
        random.seed(0)
        found.add(user.begin().id)
        user.finish()
    assert len(found) == 3
    assert all(re.fullmatch("[a-z0-9]{8}", each) for each in found)


@ROWS.row("project: none of / \\ # ? % :, at most 128: UsageError")
def _(user: User) -> None:
    for bad in (*(f"a{each}b" for each in "/\\#?%:"), "x" * 129):
        with pytest.raises(wandb.UsageError, match="project"):
            user.begin(project=bad)
    assert user.begin(project="größe 2.0 (b)").project == "größe 2.0 (b)"


@ROWS.row('project: "" passes; default "uncategorized"')
def _(user: User) -> None:
    assert user.begin(project="").project == "uncategorized"
    user.finish()
    assert wandb.init(mode="offline", settings={"console": "off"}).project == "uncategorized"


@ROWS.row("tags: 1..64 characters, str only: UsageError")
def _(user: User) -> None:
    for bad in ([""], ["x" * 65], [3], 3):
        with pytest.raises(wandb.UsageError):
            user.begin(tags=bad)
    assert user.begin(tags=["a", "x" * 64]).tags == ("a", "x" * 64)


@ROWS.row("tags: a bare string is one tag, not its characters", ours=True)
def _(user: User) -> None:
    assert user.begin(tags="abc").tags == ("abc",)


@ROWS.row("tags = list is accepted, run.tags is a tuple, += works")
def _(user: User) -> None:
    user.run.tags = ["a"]
    user.run.tags += ("b",)
    assert user.run.tags == ("a", "b")


@ROWS.row("names are made here: a run that is offline has one", ours=True)
def _(user: User) -> None:
    assert re.fullmatch("[a-z]+-[a-z]+-[0-9]+", user.run.name)
    assert f"trial/0/{user.run.name}" != "trial/0/None"


@ROWS.row("offline: entity is str; name, notes, tags are assignable, group and project not")
def _(user: User) -> None:
    run = user.begin(group="g", notes="n")
    run.name, run.notes = "other", "more"
    assert (run.name, run.notes, run.entity, run.url) == ("other", "more", "", None)
    assert isinstance(run.entity + "/" + run.project, str)
    for fixed in ("group", "project", "entity", "id"):
        with pytest.raises(AttributeError):
            setattr(run, fixed, "x")


@ROWS.each()
def test_names(check: Check, user: User) -> None:
    check(user)
    user.finish()
