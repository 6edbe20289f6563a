"""Config forms: what a config may be given as, and where one is found besides.

Mappings, pairs, namespaces and other objects with attributes, dataclasses, models of pydantic,
configs of OmegaConf, flags of absl, and files of YAML. Each is told by what it can do: no
library is imported that the user has not imported.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb.errors import ArgumentError, ConfigError, UsageError

DEFAULTS: Final = "config-defaults.yaml"
_BARE: Final = (str, bytes, int, float, complex, list, tuple, set, frozenset, os.PathLike)


def gathered(
    given: Any,
    *,
    paths: Sequence[str] = (),
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, Any]:
    """The config that a run begins with, weakest first: defaults, files, what was given.

    Args:
        given: to `init(config=...)`.
        paths: of files, from the settings.
        include: of what was given only these keys.
        exclude: of what was given all but these keys.

    Raises:
        ConfigError: a file cannot be read.
        ArgumentError: it is no config.
        UsageError: keys to take and keys to leave out, both.
    """
    if include and exclude:
        raise UsageError("Either config_include_keys or config_exclude_keys, not both.")
    found: dict[str, Any] = read_yaml(DEFAULTS) if Path(DEFAULTS).is_file() else {}
    for path in paths:
        found.update(read_yaml(path))
    chosen = as_mapping(given) or {}
    if include:
        chosen = {key: value for key, value in chosen.items() if key in include}
    found.update((key, value) for key, value in chosen.items() if key not in (exclude or ()))
    return found


def as_mapping(given: Any) -> dict[str, Any] | None:
    """What a config was given as, as a dict; None if it is nothing.

    Raises:
        ConfigError: the file cannot be read.
        ArgumentError: it is no config.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return read_yaml(given)
    given = opened(given)
    bare = isinstance(given, (Mapping, *_BARE)) or callable(given)
    if not bare and hasattr(given, "__dict__"):
        given = vars(given)
    if isinstance(given, Mapping):
        return {str(key): each for key, each in given.items()}
    if isinstance(given, (tuple, list)) and all(_is_pair(each) for each in given):
        return {str(key): each for key, each in given}
    raise ArgumentError(
        f"config must be a dict or a path of a YAML file, not {type(given).__name__}."
    )


def opened(given: Any) -> Any:
    """The mapping inside of a config object of another library; else what was given."""
    if any(kind.__module__.partition(".")[0] == "omegaconf" for kind in type(given).__mro__):
        return _resolved(given)
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        return {each.name: getattr(given, each.name) for each in dataclasses.fields(given)}
    for name in ("flag_values_dict", "model_dump"):  # absl, pydantic
        if callable(dump := getattr(type(given), name, None)):
            return dump(given)
    return given


def read_yaml(path: str) -> dict[str, Any]:
    """A config file, plain or as wandb writes it: `{key: {value:, desc:}}`.

    Raises:
        ConfigError: it cannot be read, or holds no mapping.
    """
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"The config file {path!r} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"The config file {path!r} holds no mapping.")
    return {
        str(key): each["value"] if isinstance(each, dict) and "value" in each else each
        for key, each in content.items()
        if key != "wandb_version"
    }


def _resolved(given: Any) -> Any:
    """A config of OmegaConf as plain values; as it was written where it cannot be resolved."""
    from omegaconf import OmegaConf  # pyright: ignore[reportMissingImports]

    try:
        return OmegaConf.to_container(given, resolve=True)
    except Exception:  # noqa: BLE001 - it names what is not there: the text says which
        return OmegaConf.to_container(given, resolve=False)


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2
