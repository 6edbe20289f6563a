"""Calls: the functions of the module that are methods of the current run.

`wandb.save(…)` is `wandb.run.save(…)`; before `init` it is an `Error` that says so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from wanllmdb.guard import guarded
from wanllmdb.run import Run
from wanllmdb.session import needed

if TYPE_CHECKING:
    from typing import Concatenate

Asked = ParamSpec("Asked")
Answered = TypeVar("Answered")


def _of_run(
    method: Callable[Concatenate[Run, Asked], Answered],
) -> Callable[Asked, Answered]:
    """A function that calls this method of the run that is the current one then."""
    name = method.__name__

    @functools.wraps(method)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return getattr(needed(f"wandb.{name}()"), name)(*arguments, **keywords)

    call.__qualname__ = name
    # Whoever asks for the signature gets it without `self`.
    call.__wrapped__ = functools.partial(method, None)  # type: ignore[attr-defined]
    return cast("Callable[Asked, Answered]", guarded()(call))


alert = _of_run(Run.alert)
finish_artifact = _of_run(Run.finish_artifact)
link_artifact = _of_run(Run.link_artifact)
link_model = _of_run(Run.link_model)
log_artifact = _of_run(Run.log_artifact)
log_code = _of_run(Run.log_code)
log_model = _of_run(Run.log_model)
restore = _of_run(Run.restore)
save = _of_run(Run.save)
unwatch = _of_run(Run.unwatch)
upsert_artifact = _of_run(Run.upsert_artifact)
use_artifact = _of_run(Run.use_artifact)
use_model = _of_run(Run.use_model)
watch = _of_run(Run.watch)
