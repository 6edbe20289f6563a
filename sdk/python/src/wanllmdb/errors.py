"""What the SDK raises, and nothing else does.

::

    Exception ─ Error
    ├── UsageError              the call cannot be meant: a wrong argument, or the wrong time
    │   ├── ArgumentError       an argument of a type that cannot be meant (also a TypeError)
    │   │   └── RowError        what `log()` was given is no row
    │   ├── LateError           the run has ended with the process; guarded calls only warn
    │   └── UnsupportedError    wandb can do this, and this version cannot yet
    ├── ConfigError             a key of the config was set twice to different values
    ├── MissingKeyError         no such key (also a KeyError and an AttributeError)
    ├── ArtifactStatusError     the artifact is not that far (also an AttributeError)
    │   ├── ArtifactNotLoggedError   no server has it yet
    │   └── ArtifactFinalizedError   it was logged, and its content is what it is
    ├── WaitTimeoutError        what was waited for has not happened in time
    └── CommError               the server was asked and said no
        ├── AbsentError             there is no such thing on the server (also a ValueError)
        │   └── MissingFileError    the run kept no such file
        └── AuthenticationError     because of the key

An unreachable server is no error: what was logged is kept and sent later. The names are
those of `wandb.errors`, so that `except wandb.errors.CommError` means here what it meant there.
"""

from __future__ import annotations

# wandb has a package here: `wandb.errors.errors` is this module, `wandb.errors.term` says lines.
__path__: list[str] = []


class Error(Exception):
    """Everything that the SDK raises on purpose. The message is written for the user."""

    def __init__(self, message: str = "", context: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.context = context


class UsageError(Error):
    """The call cannot be meant: a wrong argument, or the wrong time for it."""


class ArgumentError(UsageError, TypeError):
    """An argument is of a type that cannot be meant."""


class RowError(ArgumentError):
    """What `log()` was given is no row."""


class LateError(UsageError):
    """The process is ending, and the run has ended with it."""


class UnsupportedError(UsageError):
    """wandb can do this, and this version of wanLLMDB cannot yet."""


class ConfigError(Error):
    """A key of the config was set to another value without `allow_val_change=True`."""


class MissingKeyError(Error, KeyError, AttributeError):
    """No such key; as an attribute, too, so that `hasattr` and `get` both work."""

    def __str__(self) -> str:
        return self.message


class ArtifactStatusError(Error, AttributeError):
    """The artifact is not in a state for this call."""

    def __str__(self) -> str:
        return self.message


class ArtifactNotLoggedError(ArtifactStatusError):
    """Only a server can answer this, and none has the artifact yet."""


class ArtifactFinalizedError(ArtifactStatusError):
    """The artifact was logged, so its content cannot be changed any more."""


class WaitTimeoutError(Error):
    """What was waited for has not happened in time."""


class CommError(Error):
    """The server was asked, and said no."""


class AbsentError(CommError, ValueError):
    """There is no such thing on the server, or it is not yours to see."""


class MissingFileError(AbsentError):
    """The run kept no file of this name."""


class AuthenticationError(CommError):
    """The server does not know the key, or there is none to show it."""


def __getattr__(name: str) -> object:
    if name not in {"errors", "term"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f"{__name__}.{name}")
