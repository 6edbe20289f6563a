"""The variables of the environment that scripts set and read through `wandb.env`."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

ANONYMOUS: Final = "WANDB_ANONYMOUS"
API_KEY: Final = "WANDB_API_KEY"
ARTIFACT_DIR: Final = "WANDB_ARTIFACT_DIR"
BASE_URL: Final = "WANDB_BASE_URL"
CACHE_DIR: Final = "WANDB_CACHE_DIR"
CONFIG_PATHS: Final = "WANDB_CONFIG_PATHS"
CONFIG_DIR: Final = "WANDB_CONFIG_DIR"
DATA_DIR: Final = "WANDB_DATA_DIR"
DIR: Final = "WANDB_DIR"
DISABLE_CODE: Final = "WANDB_DISABLE_CODE"
DISABLE_GIT: Final = "WANDB_DISABLE_GIT"
ENTITY: Final = "WANDB_ENTITY"
HOST: Final = "WANDB_HOST"
JOB_TYPE: Final = "WANDB_JOB_TYPE"
MODE: Final = "WANDB_MODE"
NAME: Final = "WANDB_NAME"
NOTES: Final = "WANDB_NOTES"
NOTEBOOK_NAME: Final = "WANDB_NOTEBOOK_NAME"
PROJECT: Final = "WANDB_PROJECT"
RESUME: Final = "WANDB_RESUME"
RUN_GROUP: Final = "WANDB_RUN_GROUP"
RUN_ID: Final = "WANDB_RUN_ID"
SAVE_CODE: Final = "WANDB_SAVE_CODE"
SILENT: Final = "WANDB_SILENT"
SWEEP_ID: Final = "WANDB_SWEEP_ID"
SWEEP_PARAM_PATH: Final = "WANDB_SWEEP_PARAM_PATH"
TAGS: Final = "WANDB_TAGS"
USERNAME: Final = "WANDB_USERNAME"

Environ = MutableMapping[str, str]


def get_project(default: str | None = None, env: Environ | None = None) -> str | None:
    """The project that the environment names."""
    return _of(env).get(PROJECT, default)


def get_entity(default: str | None = None, env: Environ | None = None) -> str | None:
    """The owner that the environment names."""
    return _of(env).get(ENTITY, default)


def get_dir(default: str | None = None, env: Environ | None = None) -> str | None:
    """The directory of runs that the environment names."""
    return _of(env).get(DIR, default)


def get_base_url(default: str | None = None, env: Environ | None = None) -> str:
    """The address of the server, where the environment names one or not."""
    from wanllmdb.settings import resolve

    return _of(env).get(BASE_URL) or default or resolve({}).base_url


def get_cache_dir(env: Environ | None = None) -> str | None:
    """The directory of artifacts' copies that the environment names."""
    return _of(env).get(CACHE_DIR)


def set_project(value: str, env: Environ | None = None) -> None:
    """Name the project of runs that begin later."""
    _of(env)[PROJECT] = value


def set_entity(value: str, env: Environ | None = None) -> None:
    """Name the owner of runs that begin later."""
    _of(env)[ENTITY] = value


def is_debug(default: str | None = None, env: Environ | None = None) -> bool:
    """Whether wandb was asked to say more of itself."""
    return _of(env).get("WANDB_DEBUG", default or "").lower() in {"1", "true", "yes", "on"}


def _of(env: Environ | None) -> Environ:
    return os.environ if env is None else env
