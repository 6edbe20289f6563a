"""The config: a mapping with attributes that says what the run was started with."""

from __future__ import annotations

import argparse
import copy
import dataclasses
import datetime
import enum
import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wanllmdb.config import Config, First, adopt, changed_inside
from wanllmdb.config_forms import as_mapping
from wanllmdb.errors import ConfigError, UsageError
from wanllmdb.oversize import fitted
from wanllmdb.wire import MAX_RECORD_BYTES, encode


class Book:
    """Keeps what a config writes and what it warns of."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.warned: list[str] = []


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def config(book: Book) -> Config:
    return Config(book.written.append, book.warned.append)


class Colour(enum.Enum):
    RED = "crimson"


@dataclasses.dataclass
class Options:
    lr: float = 0.1
    layers: int = 3


def test_items_and_attributes_are_the_same(config: Config, book: Book) -> None:
    config["lr"] = 0.1
    config.layers = 3
    assert (config.lr, config["layers"], config.get("absent", 7)) == (0.1, 3, 7)
    assert dict(config) == {"lr": 0.1, "layers": 3}
    assert vars(config)["_items"] == {"lr": 0.1, "layers": 3}
    assert book.written == [{"lr": 0.1}, {"layers": 3}]


def test_it_is_a_whole_mapping(config: Config) -> None:
    config.update({"a": 1, "b": 2})
    assert isinstance(config, Mapping)
    assert (len(config), list(config), list(config.values())) == (2, ["a", "b"], [1, 2])
    assert "a" in config
    assert config.pop("a") == 1
    assert {**config} == {"b": 2}
    assert copy.deepcopy(config) == {"b": 2}
    assert pickle.loads(pickle.dumps(config)) == {"b": 2}  # noqa: S301


def test_what_is_absent_is_a_key_error_and_an_attribute_error(config: Config) -> None:
    with pytest.raises(KeyError):
        config["a"]
    with pytest.raises(AttributeError):
        _ = config.a
    assert not hasattr(config, "a")
    with pytest.raises(KeyError):
        del config["a"]


def test_a_key_cannot_change_its_value_without_saying_so(config: Config) -> None:
    config["a"] = 1
    config["a"] = 1
    config.update({"a": 1})
    for change in (
        lambda: config.update({"a": 2}),
        lambda: config.__setitem__("a", 2),
        lambda: setattr(config, "a", 2),
    ):
        with pytest.raises(ConfigError, match="allow_val_change=True"):
            change()
    assert config["a"] == 1
    config.update({"a": 2}, allow_val_change=True)
    assert config["a"] == 2


def test_a_refused_update_changes_nothing(config: Config, book: Book) -> None:
    config["a"] = 1
    with pytest.raises(ConfigError):
        config.update({"b": 2, "a": 3})
    assert dict(config) == {"a": 1}
    assert book.written == [{"a": 1}]


def test_a_lenient_config_permits_changes(book: Book) -> None:
    config = Config(book.written.append, book.warned.append, allow_val_change=True)
    config["a"] = 1
    config["a"] = 2
    assert config["a"] == 2


def test_defaults_are_set_where_nothing_is(config: Config) -> None:
    config["a"] = 1
    config.setdefaults({"a": 9, "b": 2})
    assert dict(config) == {"a": 1, "b": 2}


def test_what_a_sweep_locked_stays(config: Config, book: Book) -> None:
    config.update_locked({"lr": 0.5}, "sweep")
    config["lr"] = 1
    config.update({"lr": 2}, allow_val_change=True)
    assert config["lr"] == 0.5
    assert book.warned == ["Config item 'lr' was locked by 'sweep' (ignored update)."] * 2


def test_dashes_around_a_key_are_stripped(config: Config) -> None:
    config.update({"--lr": 1, "a.b": 2})
    assert dict(config) == {"lr": 1, "a.b": 2}


def test_keys_with_an_underscore_are_kept_and_not_listed(config: Config) -> None:
    config.update({"_hidden": 1, "seen": 2})
    assert (config["_hidden"], dict(config)) == (1, {"seen": 2})
    assert config.as_dict() == {"_hidden": 1, "seen": 2}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.float32(0.5), 0.5),
        (np.arange(3), [0, 1, 2]),
        (np.zeros(40), str(np.zeros(40))),
        (Colour.RED, "RED"),
        (Path("/a"), "/a"),
        (len, "builtins.len"),
        (dict, "builtins.dict"),
        (Options(), {"lr": 0.1, "layers": 3}),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (math.nan, None),
        (math.inf, math.inf),
        ({"b": (1, 2)}, {"b": [1, 2]}),
        ({1: "x"}, {"1": "x"}),
        ([{"deep": math.nan}], [{"deep": None}]),
        (1j, "1j"),
        (np.dtype("float32"), "float32"),
    ],
    ids=repr,
)
def test_a_value_is_kept_as_the_table_says(config: Config, value: Any, kept: Any) -> None:
    config["a"] = value
    assert config["a"] == kept


def test_a_value_whose_text_cannot_be_had_is_named(config: Config) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    config["a"] = Broken()
    assert config["a"] == "[a value of type Broken]"


def test_what_was_given_is_neither_kept_nor_changed(config: Config) -> None:
    given = {"a": {"b": [1]}}
    config.update(given)
    config["a"]["b"].append(2)
    assert given == {"a": {"b": [1]}}


def test_a_change_inside_a_nested_value_is_found_at_the_end(config: Config) -> None:
    adopt(config, First({"a": {"b": 1}, "c": 2}))
    assert changed_inside(config) == {}
    config["a"]["b"] = 5
    assert changed_inside(config) == {"a": {"b": 5}}
    assert changed_inside(config) == {}


def test_secrets_stay_here(config: Config, book: Book) -> None:
    config.update({"api_key": "x", "max_tokens": 5, "pad_token": "<pad>", "url": "http://u:p@h/"})
    assert config["api_key"] == "x"
    assert book.written == [
        {"api_key": "[redacted]", "max_tokens": 5, "pad_token": "<pad>", "url": "http://h/"}
    ]


def test_a_text_of_many_megabytes_is_cut(config: Config) -> None:
    sent, cut = fitted(First({"a": "x" * 50_000_000, "b": 1}).told)
    assert len(sent["a"]) < 100_000
    assert sent["a"].endswith("characters]")
    assert (sent["b"], cut) == (1, ["a"])


def test_of_too_many_keys_as_many_are_told_as_fit_a_record() -> None:
    given = {f"key-{number}": "v" * 50 for number in range(20_000)}
    sent, cut = fitted(First(given).told)
    assert len(encode(sent)) < MAX_RECORD_BYTES
    assert len(sent) + len(cut) == len(given)


@pytest.mark.parametrize(
    "given",
    [
        {"lr": 0.1, "layers": 3},
        argparse.Namespace(lr=0.1, layers=3),
        Options(),
        [("lr", 0.1), ("layers", 3)],
    ],
    ids=["dict", "Namespace", "dataclass", "pairs"],
)
def test_a_config_may_come_in_many_forms(given: Any) -> None:
    assert as_mapping(given) == {"lr": 0.1, "layers": 3}


def test_a_config_of_omegaconf_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    class DictConfig:
        """As much of OmegaConf's as tells it apart."""

    class OmegaConf:
        @staticmethod
        def to_container(given: Any, *, resolve: bool) -> dict[str, Any]:
            assert resolve
            return {"lr": 0.1}

    module = type("module", (), {"OmegaConf": OmegaConf})
    DictConfig.__module__ = "omegaconf.dictconfig"
    monkeypatch.setitem(__import__("sys").modules, "omegaconf", module)
    assert as_mapping(DictConfig()) == {"lr": 0.1}


def test_a_file_may_be_plain_or_as_wandb_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("wandb_version: 1\nlr: {value: 0.1, desc: null}\nplain: {a: 1}\n")
    assert as_mapping(str(path)) == {"lr": 0.1, "plain": {"a": 1}}


def test_a_file_that_is_missing_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        as_mapping(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize("given", [[1, 2], 3, Path("x"), {1, 2}], ids=repr)
def test_anything_else_is_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError):
        as_mapping(given)
    with pytest.raises(UsageError):
        as_mapping(given)
