"""Arrivals: a library is met when it is imported, and its import is what it is without us."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from wanllmdb import arrivals
from wanllmdb.arrivals import when_imported

NAME = "some_library_of_a_test.inner"


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "some_library_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "inner.py").write_text("def answer():\n    return 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    arrivals._lobby.waiting.pop(NAME, None)
    for name in list(sys.modules):
        if name.startswith("some_library_of_a_test"):
            del sys.modules[name]


def test_a_module_is_met_when_it_is_imported_and_once() -> None:
    met: list[ModuleType] = []
    when_imported(NAME, met.append)
    assert met == []
    module = importlib.import_module(NAME)
    assert met == [module]
    importlib.reload(module)
    assert met == [module]


def test_a_module_that_is_there_is_met_at_once() -> None:
    met: list[ModuleType] = []
    module = importlib.import_module(NAME)
    when_imported(NAME, met.append)
    assert met == [module]


def test_the_module_is_as_if_nobody_had_waited() -> None:
    when_imported(NAME, lambda _: None)
    module = importlib.import_module(NAME)
    assert module.__spec__ is not None
    assert module.__loader__ is module.__spec__.loader
    assert type(module.__loader__).__module__ == "_frozen_importlib_external"
    assert "return 42" in inspect.getsource(module.answer)
    assert arrivals._lobby not in sys.meta_path or arrivals._lobby.waiting


def test_who_greets_and_fails_does_not_stop_the_import(capsys: pytest.CaptureFixture[str]) -> None:
    met: list[ModuleType] = []
    when_imported(NAME, lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    when_imported(NAME, met.append)
    assert importlib.import_module(NAME).answer() == 42
    assert len(met) == 1


def test_a_library_that_is_not_there_is_missing_as_ever() -> None:
    when_imported("no_such_library_of_a_test", lambda _: None)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_library_of_a_test")
    arrivals._lobby.waiting.pop("no_such_library_of_a_test", None)
