"""What a config takes, holds, refuses and tells: each row of its table."""

from __future__ import annotations

import argparse
import collections
import collections.abc
import copy
import dataclasses
import datetime
import enum
import math
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.bad.user import User
from tests.surface.rows import Check, Rows

import wanllmdb as wandb
from wanllmdb.config import Config
from wanllmdb.errors import ConfigError
from wanllmdb.wire import Kind

ROWS = Rows()


class Colour(enum.Enum):
    RED = "crimson"


@dataclasses.dataclass
class Inner:
    depth: int = 2


@dataclasses.dataclass
class Options:
    lr: float = 0.1
    inner: Inner = dataclasses.field(default_factory=Inner)


class Parser:
    """An object whose attributes are the config; those of its class are not."""

    depth = 1
    lr: float


class Flags:
    """As much of absl's FLAGS as a config asks."""

    def flag_values_dict(self) -> dict[str, Any]:
        return {"lr": 0.1, "layers": 3}


def told(user: User) -> dict[str, Any]:
    """The config as the server is told it: the first of it and every change."""
    [run] = user.kept(Kind.RUN)
    found = dict(run["config"])
    for each in user.kept(Kind.CONFIG):
        found.update(each["set"])
    return found


@ROWS.row("sources: dict, Namespace, dataclass, absl FLAGS, None")
def _(user: User) -> None:
    for given, found in (
        ({"lr": 0.1}, {"lr": 0.1}),
        (argparse.Namespace(lr=0.1), {"lr": 0.1}),
        (types.SimpleNamespace(lr=0.1), {"lr": 0.1}),
        (Options(), {"lr": 0.1, "inner": {"depth": 2}}),
        (Flags(), {"lr": 0.1, "layers": 3}),
        (collections.OrderedDict(lr=0.1), {"lr": 0.1}),
        (None, {}),
    ):
        assert dict(user.begin(config=given).config) == found
        assert told(user) == found
        user.finish()


@ROWS.row("sources: an object with attributes")
def _(user: User) -> None:
    given = Parser()
    given.lr = 0.1
    assert dict(user.begin(config=given).config) == {"lr": 0.1}


@ROWS.row("sources: path to YAML ({key: {value:, desc:}}, wandb_version: 1)")
def _(user: User) -> None:
    Path("c.yaml").write_text("wandb_version: 1\nlr: {value: 0.1, desc: rate}\nplain: 3\n")
    assert dict(user.begin(config="c.yaml").config) == {"lr": 0.1, "plain": 3}


@ROWS.row("sources: list, int, Path TypeError")
def _(user: User) -> None:
    for given in ([1, 2], 3, Path("c.yaml"), b"c", {1, 2}, Options):
        with pytest.raises(TypeError, match="config must be a dict"):
            user.begin(config=given)
    assert wandb.run is None


@ROWS.row("sources: missing file ConfigError; so is one that is no YAML or no mapping")
def _(user: User) -> None:
    Path("broken.yaml").write_text("[1")
    Path("list.yaml").write_text("[1]")
    for path in ("missing.yaml", "broken.yaml", "list.yaml"):
        with pytest.raises(ConfigError):
            user.begin(config=path)


@ROWS.row("sources: DictConfig is resolved by to_container(resolve=True), not TypeError", ours=True)
def _(user: User) -> None:
    dictconfig = a_dictconfig(user.patch)
    assert dict(user.begin(config=dictconfig({"lr": 0.1})).config) == {"lr": 0.1, "resolved": True}


@ROWS.row("a DictConfig that cannot be resolved is kept as it was written", ours=True)
def _(user: User) -> None:
    dictconfig = a_dictconfig(user.patch)
    assert dict(user.begin(config=dictconfig({"lr": "${nope}"})).config) == {"lr": "${nope}"}


@ROWS.row("a DictConfig inside of a config is resolved, too", ours=True)
def _(user: User) -> None:
    config = user.run.config
    config.update({"model": a_dictconfig(user.patch)({"depth": 2})})
    assert config.model == {"depth": 2, "resolved": True}


@ROWS.row("config-defaults.yaml in cwd: loaded first; init(config=) wins")
def _(user: User) -> None:
    Path("config-defaults.yaml").write_text("lr: {value: 1}\nlayers: {value: 2}\n")
    assert dict(user.begin(config={"lr": 3}).config) == {"lr": 3, "layers": 2}
    assert told(user) == {"lr": 3, "layers": 2}


@ROWS.row("config_include_keys, config_exclude_keys: of what init was given; both are UsageError")
def _(user: User) -> None:
    Path("config-defaults.yaml").write_text("z: {value: 1}\n")
    given = {"a": 1, "b": 2, "z": 5}
    assert dict(user.begin(config=given, config_include_keys=["a"]).config) == {"z": 1, "a": 1}
    user.finish()
    assert dict(user.begin(config=given, config_exclude_keys=["z", "a"]).config) == {"z": 1, "b": 2}
    user.finish()
    with pytest.raises(wandb.UsageError):
        user.begin(config=given, config_include_keys=["a"], config_exclude_keys=["b"])


@ROWS.row('keys: leading and trailing - stripped ("--lr" is lr); dots kept')
def _(user: User) -> None:
    config = user.begin(config={"--lr": 1, "-a-": 2, "a.b": 3}).config
    assert dict(config) == {"lr": 1, "a": 2, "a.b": 3}


@ROWS.row("keys that begin with _: stored but hidden from keys/items/dict()")
def _(user: User) -> None:
    config = user.begin(config={"_hidden": 4, "a": 1}).config
    assert (list(config.keys()), list(config.items()), dict(config)) == (
        ["a"],
        [("a", 1)],
        {"a": 1},
    )
    assert (config["_hidden"], vars(config)["_items"]["_hidden"]) == (4, 4)
    assert told(user) == {"_hidden": 4, "a": 1}


@ROWS.row("non-str top-level keys become str, not AttributeError", ours=True)
def _(user: User) -> None:
    user.run.config.update({5: 6})
    assert dict(user.run.config) == {"5": 6}


@ROWS.row("changing a value: ConfigError (a wandb.Error) from update, [k]=, attr; all stays")
def _(user: User) -> None:
    config = user.begin(config={"a": 1}).config
    for change in (
        lambda: config.update({"b": 1, "a": 2}),
        lambda: config.__setitem__("a", 2),
        lambda: setattr(config, "a", 2),
    ):
        with pytest.raises(ConfigError, match="Attempted to change value of key") as caught:
            change()
        assert isinstance(caught.value, wandb.Error)
    assert dict(config) == {"a": 1}


@ROWS.row("setting an equal value is fine")
def _(user: User) -> None:
    config = user.begin(config={"a": 1, "l": [1, 2]}).config
    config.update({"a": 1, "l": (1, 2)})
    assert dict(config) == {"a": 1, "l": [1, 2]}


@ROWS.row("allow_val_change=True permits, in update and in init")
def _(user: User) -> None:
    config = user.begin(config={"a": 1}).config
    config.update({"a": 2}, allow_val_change=True)
    assert (config.a, told(user)) == (2, {"a": 2})
    user.finish()
    config = user.begin(config={"a": 1}, allow_val_change=True).config
    config.a = 3
    assert config.a == 3


@ROWS.row("notebooks permit by default")
def _(user: User) -> None:
    user.patch.setattr("wanllmdb.logbook.in_notebook", lambda: True)
    config = user.begin(config={"a": 1}).config
    config.a = 2
    assert config.a == 2


@ROWS.row("conversion: numpy scalars become numbers; arrays up to 32 list, bigger str")
def _(user: User) -> None:
    config = user.begin(config={"n": np.float32(0.5), "s": np.arange(3), "b": np.arange(50)}).config
    assert (config.n, config.s) == (0.5, [0, 1, 2])
    assert config.b == str(np.arange(50))


@ROWS.row("conversion: Enum is its name (in log: its value)")
def _(user: User) -> None:
    assert user.begin(config={"c": Colour.RED}).config.c == "RED"
    user.run.log({"c": Colour.RED})
    assert user.last == {"c": "crimson"}


@ROWS.row("conversion: Path, torch.dtype, device: text; function, class: qualified names")
def _(user: User) -> None:
    dtype = type("dtype", (), {"__repr__": lambda _: "torch.float32"})()
    config = user.begin(config={"p": Path("a/b"), "d": dtype, "f": told, "c": Options}).config
    assert (config.p, config.d) == ("a/b", "torch.float32")
    assert (config.f, config.c) == (f"{__name__}.told", f"{__name__}.Options")


@ROWS.row("conversion: dataclass is dict; datetime ISO; set, tuple are lists")
def _(user: User) -> None:
    at = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    config = user.begin(config={"o": Options(), "t": at, "s": {1}, "u": (1, (2,))}).config
    assert config.o == {"lr": 0.1, "inner": {"depth": 2}}
    assert (config.t, config.s, config.u) == ("2026-01-02T00:00:00+00:00", [1], [1, [2]])


@ROWS.row("conversion: NaN is None, Inf stays; nested int keys become str")
def _(user: User) -> None:
    config = user.begin(config={"n": math.nan, "i": math.inf, "d": {1: {2: math.nan}}}).config
    assert (config.n, config.i, config.d) == (None, math.inf, {"1": {"2": None}})


@ROWS.row("a value that cannot be kept is named, and nothing is raised", ours=True)
def _(user: User) -> None:
    class Bad:
        def __str__(self) -> str:
            raise RuntimeError

    assert user.begin(config={"bad": Bad(), "a": 1}).config.bad == "[a value of type Bad]"


@ROWS.row('nested: config["a"]["b"] = 2 is sent when the run ends, too', ours=True)
def _(user: User) -> None:
    config = user.begin(config={"a": {"b": 1}}).config
    assert type(config["a"]) is dict
    config["a"]["b"] = 2
    with pytest.raises(AttributeError):
        config.a.b  # noqa: B018
    user.finish()
    assert told(user) == {"a": {"b": 2}}


@ROWS.row("absent: attr AttributeError, item KeyError, hasattr False; get(k, d)")
def _(user: User) -> None:
    config = user.run.config
    with pytest.raises(AttributeError):
        config.nope  # noqa: B018
    with pytest.raises(KeyError):
        config["nope"]
    assert (hasattr(config, "nope"), config.get("nope", 3), "nope" in config) == (False, 3, False)


@ROWS.row("a MutableMapping with _items, _locked: pop, len, values, del, update(**kw)", ours=True)
def _(user: User) -> None:
    config = user.begin(config={"a": 1, "b": 2}).config
    assert isinstance(config, collections.abc.MutableMapping)
    assert (len(config), list(config.values()), config.pop("a")) == (2, [1, 2], 1)
    config.update(c=3)
    del config.b
    assert (dict(config), vars(config)["_items"], vars(config)["_locked"]) == (
        {"c": 3},
        {"c": 3},
        {},
    )


@ROWS.row("copy.deepcopy is a plain dict and does not recurse to death", ours=True)
def _(user: User) -> None:
    config = user.begin(config={"a": {"b": 1}}).config
    found = copy.deepcopy(config)
    found["a"]["b"] = 2
    assert (type(found), config["a"]["b"]) == (dict, 1)


@ROWS.row("setdefaults sets what is not set")
def _(user: User) -> None:
    config = user.begin(config={"a": 1}).config
    config.setdefaults({"a": 2, "--b": 3})
    assert dict(config) == {"a": 1, "b": 3}


@ROWS.row("locked: later writes ignored with \"Config item 'k' was locked by 'sweep'\"")
def _(user: User) -> None:
    config = user.begin(config={"lr": 1}).config
    config.update_locked({"lr": 2}, "sweep")
    config.update({"lr": 3}, allow_val_change=True)
    config.lr = 4
    assert (config.lr, vars(config)["_locked"]) == (2, {"lr": "sweep"})
    assert "Config item 'lr' was locked by 'sweep' (ignored update)." in user.said()


@ROWS.row("locked: a sweep's values beat all, from WANDB_SWEEP_PARAM_PATH")
def _(user: User) -> None:
    Path("sweep.yaml").write_text("wandb_version: 1\nlr: {value: 9}\n")
    user.patch.setenv("WANDB_SWEEP_PARAM_PATH", "sweep.yaml")
    user.patch.setenv("WANDB_SWEEP_ID", "abc")
    run = user.begin(config={"--lr": 1, "a": 1})
    assert (dict(run.config), told(user)) == ({"lr": 9, "a": 1}, {"lr": 9, "a": 1})
    run.config.update({"lr": 3}, allow_val_change=True)
    assert (run.config.lr, run.sweep_id) == (9, "abc")


@ROWS.row("after finish: readable; writing UsageError; wandb.config is as before init")
def _(user: User) -> None:
    config = user.begin(config={"a": 1}).config
    user.finish()
    assert config.a == 1
    with pytest.raises(wandb.UsageError):
        config.update({"b": 1})
    with pytest.raises(wandb.Error, match=r"You must call wandb.init\(\) before wandb.config"):
        wandb.config.a  # noqa: B018


@ROWS.row('vars(config)["_items"] is what transformers reads')
def _(user: User) -> None:
    assert vars(user.begin(config={"a": 1}).config)["_items"] == {"a": 1}
    assert dict(wandb.config) == {"a": 1}


@ROWS.row("secrets are cut out of what is told, and stay here", ours=True)
def _(user: User) -> None:
    config = user.begin(config={"api_key": "wl-" + "x" * 43}).config
    assert config.api_key == "wl-" + "x" * 43
    assert "x" * 43 not in str(told(user))


def a_dictconfig(patch: pytest.MonkeyPatch) -> type:
    """OmegaConf's own, where it is installed; else as much of it as a config asks."""
    try:
        from omegaconf import OmegaConf  # pyright: ignore[reportMissingImports]
    except ImportError:
        return _stand_in(patch)

    def create(given: dict[str, Any]) -> Any:
        resolvable = not any("nope" in str(value) for value in given.values())
        return OmegaConf.create(
            {**given, **({"resolved": "${oc.decode:'true'}"} if resolvable else {})}
        )

    return create  # type: ignore[return-value]


def _stand_in(patch: pytest.MonkeyPatch) -> type:
    class DictConfig(dict[str, Any]):
        """A mapping that says which values refer to others."""

    class OmegaConf:
        @staticmethod
        def to_container(given: Any, *, resolve: bool) -> dict[str, Any]:
            if resolve and any("nope" in str(value) for value in given.values()):
                raise LookupError("Interpolation key 'nope' not found")
            return {**given, **({"resolved": True} if resolve else {})}

    DictConfig.__module__ = "omegaconf.dictconfig"
    patch.setitem(sys.modules, "omegaconf", types.SimpleNamespace(OmegaConf=OmegaConf))  # type: ignore[arg-type]
    return DictConfig


@pytest.mark.libraries
def test_flags_of_absl_are_a_config(user: User) -> None:
    flags = pytest.importorskip("absl.flags", reason="absl is not installed here")
    values = flags.FlagValues()
    flags.DEFINE_float("lr", 0.1, "rate", flag_values=values)
    flags.DEFINE_integer("layers", 2, "how many", flag_values=values)
    values(["train.py", "--layers=3"])
    assert dict(user.begin(config=values).config) == {"lr": 0.1, "layers": 3}


def test_a_config_needs_no_run() -> None:
    config = Config(lambda values: None, lambda line: None)
    config.a = 1
    assert config["a"] == 1


@ROWS.each()
def test_config(check: Check, user: User) -> None:
    check(user)
    user.finish()
