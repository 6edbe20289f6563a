"""Search: which values the parameters of a sweep take in its n-th run.

Pure. The n-th run of a sweep has the same values wherever and whenever it is asked for: chance
is drawn from the sweep's id and n, and a grid is counted through with the last parameter
fastest. The words are those of wandb's sweep configuration.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from wanllmdb.errors import UnsupportedError, UsageError

METHODS: Final = ("grid", "random")
MAX_GRID: Final = 10_000_000

Said = Mapping[str, Any]


def checked(config: Said) -> dict[str, Any]:
    """A sweep's configuration, if it can be carried out.

    Raises:
        UsageError: something in it cannot be meant.
        UnsupportedError: the method is one of wandb's that is not here.
    """
    method = config.get("method")
    if method in {"bayes", "custom"}:
        raise UnsupportedError(
            f"Sweeps of the method {method!r} are not there yet; use 'random' or 'grid'."
        )
    if method not in METHODS:
        raise UsageError(f"A sweep's method is one of {', '.join(METHODS)}, not {method!r}.")
    parameters = config.get("parameters")
    if not isinstance(parameters, Mapping) or not parameters:
        raise UsageError("A sweep has parameters: {'lr': {'values': [0.1, 0.01]}, …}.")
    for path, said in leaves(parameters):
        _check(path, said, method)
    if method == "grid" and size(parameters) > MAX_GRID:
        raise UsageError(f"A grid of {size(parameters):,} runs; at most {MAX_GRID:,}.")
    return dict(config)


def suggestion(config: Said, sweep: str, n: int) -> dict[str, Any] | None:
    """The parameters of the n-th run (from 0), nested as they were said; None behind the last.

    Args:
        config: as `checked` gave it.
        sweep: its id.
        n: which run.
    """
    cap = config.get("run_cap")
    if isinstance(cap, int) and n >= cap:
        return None
    parameters = config["parameters"]
    if config["method"] == "grid":
        return None if n >= size(parameters) else _on_grid(parameters, n)
    chance = random.Random(f"{sweep}:{n}")  # noqa: S311 - a search, no secret
    return _nested((path, _drawn(said, chance)) for path, said in leaves(parameters))


def leaves(parameters: Said, above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Said]]:
    """Every parameter with the keys that lead to it."""
    found: list[tuple[tuple[str, ...], Said]] = []
    for name, said in parameters.items():
        path = (*above, str(name))
        if not isinstance(said, Mapping):
            raise UsageError(f"The parameter {'.'.join(path)!r} is a mapping, not {said!r:.80}.")
        inner = said.get("parameters")
        found += leaves(inner, path) if isinstance(inner, Mapping) else [(path, said)]
    return found


def size(parameters: Said) -> int:
    """How many runs a grid has."""
    return math.prod(len(_listed(said)) for _, said in leaves(parameters))


def _on_grid(parameters: Said, n: int) -> dict[str, Any]:
    chosen: list[tuple[tuple[str, ...], Any]] = []
    for path, said in reversed(leaves(parameters)):
        values = _listed(said)
        n, index = divmod(n, len(values))
        chosen.append((path, values[index]))
    return _nested(reversed(chosen))


def _nested(values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in values:
        place = found
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return found


def _listed(said: Said) -> Sequence[Any]:
    """The values that a grid goes through."""
    if "value" in said:
        return (said["value"],)
    if "values" in said:
        return said["values"]
    low, high = said["min"], said["max"]
    if "q" in said:
        steps = math.floor((high - low) / said["q"] + 1e-9) + 1
        return [low + index * said["q"] for index in range(steps)]
    return range(low, high + 1)


def _drawn(said: Said, chance: random.Random) -> Any:
    kind = _distribution(said)
    if kind == "constant":
        return said["value"]
    if kind == "categorical":
        return chance.choices(said["values"], weights=said.get("probabilities"))[0]
    number = _DRAWS[kind.removeprefix("q_")](said, chance)
    if kind.startswith("q_"):
        step = said.get("q", 1)
        number = round(number / step) * step
    return number


def _distribution(said: Said) -> str:
    """Its name; wandb's rule for one that does not say it."""
    if "distribution" in said:
        return str(said["distribution"])
    if "value" in said:
        return "constant"
    if "values" in said:
        return "categorical"
    if "mu" in said:
        return "normal"
    whole = isinstance(said.get("min"), int) and isinstance(said.get("max"), int)
    return "int_uniform" if whole else "uniform"


def _between(low: float, high: float, chance: random.Random) -> float:
    return low + (high - low) * chance.random()


def _normal(said: Said, chance: random.Random) -> float:
    return chance.gauss(said.get("mu", 0.0), said.get("sigma", 1.0))


_DRAWS: Final[Mapping[str, Callable[[Said, random.Random], Any]]] = {
    "uniform": lambda said, chance: _between(said["min"], said["max"], chance),
    "int_uniform": lambda said, chance: chance.randint(said["min"], said["max"]),
    "log_uniform": lambda said, chance: math.exp(_between(said["min"], said["max"], chance)),
    "log_uniform_values": lambda said, chance: math.exp(
        _between(math.log(said["min"]), math.log(said["max"]), chance)
    ),
    "inv_log_uniform": lambda said, chance: math.exp(-_between(said["min"], said["max"], chance)),
    "inv_log_uniform_values": lambda said, chance: (
        1 / math.exp(_between(math.log(1 / said["max"]), math.log(1 / said["min"]), chance))
    ),
    "normal": _normal,
    "log_normal": lambda said, chance: math.exp(_normal(said, chance)),
    "beta": lambda said, chance: chance.betavariate(said["a"], said["b"]),
}
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "constant": ("value",),
    "categorical": ("values",),
    "normal": (),
    "log_normal": (),
    "beta": ("a", "b"),
}


def _check(path: tuple[str, ...], said: Said, method: str) -> None:
    name, kind = ".".join(path), _distribution(said)
    bare = kind.removeprefix("q_")
    if bare not in _DRAWS and bare not in _NEEDS:
        raise UsageError(f"The parameter {name!r} has a distribution {kind!r}, which there is not.")
    missing = [word for word in _NEEDS.get(bare, ("min", "max")) if word not in said]
    if missing:
        raise UsageError(f"The parameter {name!r} ({kind}) lacks {' and '.join(missing)}.")
    if "values" in said and not _is_list(said["values"]):
        raise UsageError(f"The values of the parameter {name!r} are a list that is not empty.")
    weights = said.get("probabilities")
    if weights is not None and len(weights) != len(said.get("values", ())):
        raise UsageError(f"The parameter {name!r} has not one probability for each of its values.")
    if "min" in said and "max" in said and said["min"] > said["max"]:
        raise UsageError(f"The parameter {name!r} begins at {said['min']} and ends before it.")
    if bare.endswith("_values") and said["min"] <= 0:
        raise UsageError(f"The parameter {name!r} ({kind}) begins above 0.")
    if method == "grid" and not _can_be_listed(said):
        raise UsageError(
            f"A grid cannot go through the parameter {name!r}: give it values, or min, max and q."
        )


def _is_list(values: object) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str) and len(values) > 0


def _can_be_listed(said: Said) -> bool:
    if "value" in said or "values" in said:
        return True
    ends = [said.get("min"), said.get("max")]
    if "q" in said:
        return said["q"] > 0 and all(isinstance(each, (int, float)) for each in ends)
    return all(isinstance(each, int) for each in ends)


def plain(config: Said) -> dict[str, Any]:
    """The configuration as JSON holds it: tuples are lists, keys are texts."""
    return {str(key): _plain(value) for key, value in config.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, (list, tuple, range)):
        return [_plain(each) for each in itertools.islice(value, MAX_GRID)]
    return value.item() if callable(getattr(value, "item", None)) else value
