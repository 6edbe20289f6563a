"""Gradients: histograms of a model's gradients and parameters, while it trains.

They belong to the row that is open then, so they stand beside what the script logs next. A
histogram is counted where the tensor lies, and its 64 numbers are all that leaves the device. A
mistake in here is said and counted, and never gets into a forward or a backward pass.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from wanllmdb.errors import ArgumentError, UsageError
from wanllmdb.tensors import histogram

if TYPE_CHECKING:
    from wanllmdb.run import Run

WHAT: Final = ("gradients", "parameters", "all", None)
MOST_MISTAKES: Final = 3  # then a hook does nothing any more
_KERAS: Final = frozenset({"keras", "tensorflow", "tf_keras"})

_watching: weakref.WeakKeyDictionary[Run, Watching] = weakref.WeakKeyDictionary()


def watch(
    run: Run,
    models: Any,
    *,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> None:
    """Log histograms of torch modules: `gradients/<parameter>` and `parameters/<parameter>`.

    Args:
        run: to log them to.
        models: a module, or several.
        criterion: of wandb; means nothing.
        log: "gradients", "parameters", or "all" of both.
        log_freq: every so many passes, forward or backward.
        idx: the number of the first module. All but number 0 have `graph_<number>` before the
            names of their parameters; by default modules are counted as they come.
        log_graph: of wandb; there is no graph.

    Raises:
        UsageError: what is to be logged is none of these, or a model is no torch module.
    """
    del criterion
    if run.disabled:  # takes anything
        return
    if log not in WHAT:
        raise UsageError(f"watch: log is 'gradients', 'parameters', 'all' or None, not {log!r}.")
    chosen = list(models) if isinstance(models, (list, tuple)) else [models]
    for model in chosen:
        _check(model)
    if log_graph:
        run._voice.warn("watch: log_graph means nothing here; the rest is logged")
    if log is None or not chosen:
        return
    watching = _watching.get(run)
    if watching is None:
        from wanllmdb.run import attach

        watching = _watching[run] = Watching(run)
        attach(run, companions=[watching])
    what = {"gradients", "parameters"} if log == "all" else {log}
    for index, model in enumerate(chosen):
        watching.begin(
            model, what, every=_every(log_freq), number=None if idx is None else idx + index
        )


def unwatch(run: Run, models: Any = None) -> None:
    """Stop logging of these modules; of all if none is named."""
    watching = _watching.get(run)
    if watching is not None:
        watching.end(models if isinstance(models, (list, tuple)) or models is None else [models])


def _check(model: Any) -> None:
    """Whether it is a module of torch.

    Raises:
        ArgumentError: it is none.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return
    kind = type(model)
    if any(base.__module__.partition(".")[0] in _KERAS for base in kind.__mro__):
        raise ArgumentError(
            "watch() is for torch modules; a Keras model is followed by "
            "wandb.integration.keras.WandbMetricsLogger."
        )
    raise ArgumentError(f"watch() takes torch modules (torch.nn.Module), not a {kind.__name__}.")


def _every(log_freq: Any) -> int:
    try:
        return max(1, int(log_freq))
    except (TypeError, ValueError):
        raise ArgumentError(f"watch: log_freq is a number of passes, not {log_freq!r}.") from None


class Watching:
    """The modules that a run watches; ends with it."""

    def __init__(self, run: Run) -> None:
        self._run = weakref.proxy(run)
        self._count = 0
        self._handles: dict[weakref.ref[Any], tuple[int, list[Any]]] = {}
        self._lock = threading.Lock()

    def begin(self, model: Any, what: set[str], *, every: int, number: int | None) -> None:
        """Watch a module; one that is watched already is watched like this instead."""
        known = self._handles.get(weakref.ref(model))
        self.end([model])
        if known is None:
            number = self._count if number is None else number
            self._count += 1
        elif number is None:
            number = known[0]
        prefix = f"graph_{number}" if number else ""
        handles: list[Any] = []
        for name, parameter in model.named_parameters():
            if "gradients" in what and parameter.requires_grad:
                hook = OnGradient(self.log, f"gradients/{prefix}{name}", every)
                handles.append(parameter.register_hook(hook))
        if "parameters" in what:
            handles.append(model.register_forward_hook(OnForward(self.log, prefix, every, model)))
        with self._lock:
            self._handles[weakref.ref(model)] = (number or 0, handles)

    def end(self, models: Sequence[Any] | None = None) -> None:
        """Take the hooks away again."""
        with self._lock:
            chosen = list(self._handles) if models is None else map(weakref.ref, models)
            for each in chosen:
                _, handles = self._handles.pop(each, (0, ()))
                for handle in handles:
                    handle.remove()

    def log(self, tensors: dict[str, Any]) -> None:
        """Log histograms of tensors into the row that is open."""
        if self._run.is_over:
            return
        found = {key: histogram(tensor) for key, tensor in tensors.items()}
        if values := {key: each for key, each in found.items() if each is not None}:
            self._run.log(values, commit=False)

    def close(self) -> None:
        self.end()

    def abandon(self) -> None:
        """In the child of a fork: the rows are its parent's to log, the hooks are its own."""
        self._lock = threading.Lock()
        self.end()


class Hook:
    """Called by torch for every pass, and does something every so many times.

    A copy of the model, or one that is read from a file, has something in its place that does
    nothing and needs nothing: the model can be saved, and read where there is no wanllmdb.
    """

    __torch_unserializable__ = True  # torch does not warn that it is not saved with a tensor

    def __init__(self, log: Callable[[dict[str, Any]], None], every: int) -> None:
        self._log = log
        self._every = every
        self._passes = 0
        self._mistakes = 0

    def is_due(self) -> bool:
        self._passes += 1
        return self._passes % self._every == 0 and self._mistakes < MOST_MISTAKES

    def attempt(self, tensors: Callable[[], dict[str, Any]]) -> None:
        try:
            self._log(tensors())
        except ReferenceError:  # the run is gone
            self._mistakes = MOST_MISTAKES
        except Exception as error:  # noqa: BLE001 - never into a pass
            self._mistakes += 1
            from wanllmdb.guard import tell

            tell("watch", error)

    def __reduce__(self) -> Any:
        return getattr, (contextlib.nullcontext(), "__exit__")


class OnGradient(Hook):
    """Logs the gradient of a parameter."""

    def __init__(self, log: Callable[[dict[str, Any]], None], key: str, every: int) -> None:
        super().__init__(log, every)
        self._key = key

    def __call__(self, gradient: Any) -> None:
        if self.is_due() and not _is_traced():
            self.attempt(lambda: {self._key: gradient})


class OnForward(Hook):
    """Logs the parameters of a model."""

    def __init__(
        self, log: Callable[[dict[str, Any]], None], prefix: str, every: int, model: Any
    ) -> None:
        super().__init__(log, every)
        self._prefix = prefix
        self._model = weakref.ref(model)

    def __call__(self, module: Any, *_: Any) -> None:
        model = self._model()
        if model is None or _is_traced() or _is_replica_elsewhere(module, model):
            return
        if self.is_due():
            self.attempt(
                lambda: {
                    f"parameters/{self._prefix}{name}": parameter
                    for name, parameter in model.named_parameters()
                }
            )


def _is_replica_elsewhere(module: Any, model: Any) -> bool:
    """Whether DataParallel runs a copy of the model here, and another where the model is."""
    if module is model:
        return False
    here, there = (next(iter(each.parameters()), None) for each in (module, model))
    return here is not None and there is not None and here.device != there.device


def _is_traced() -> bool:
    """Whether somebody looks at what a pass does, instead of doing it."""
    torch = sys.modules["torch"]
    compiler = getattr(torch, "compiler", None)
    is_compiling = getattr(compiler, "is_compiling", None)
    return bool(torch.jit.is_tracing() or (is_compiling is not None and is_compiling()))
