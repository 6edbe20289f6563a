"""Libraries that are not there, and integrations that are only names: both say what to do."""

from __future__ import annotations

import importlib

import pytest

from wanllmdb.integration.library import library

NAMES = {
    "diffusers": "autolog",
    "dspy": "WandbDSPyCallback",
    "fastai": "WandbCallback",
    "kfp": "wandb_log",
    "metaflow": "wandb_log",
    "prodigy": "upload_dataset",
    "sacred": "WandbObserver",
    "sagemaker": "sagemaker_auth",
    "tensorflow": "WandbHook",
    "weave": "init_weave",
}


def test_a_library_that_is_not_installed_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(ImportError, match="pip install no_such_library"):
        library("no_such_library.callbacks")


def test_what_pip_calls_otherwise_is_named_as_pip_calls_it() -> None:
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        library("sklearn.no_such_module")


@pytest.mark.parametrize(("module", "name"), NAMES.items())
def test_an_integration_that_is_only_a_name_takes_everything_and_says_so_once(
    module: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = getattr(importlib.import_module(f"wanllmdb.integration.{module}"), name)
    found("anything", at="all").whatever(1)
    found("anything", at="all")
    said = capsys.readouterr().err
    assert said.count(f"wandb.integration.{module}.{name} does nothing here") == 1


def test_what_is_decorated_with_a_name_stays_as_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wandb_log = importlib.import_module("wanllmdb.integration.metaflow").a_decorator

    @wandb_log
    def plain() -> int:
        return 1

    @wandb_log(datasets=True)
    class Flow:
        pass

    assert plain() == 1
    assert isinstance(Flow(), Flow)
