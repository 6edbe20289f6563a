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
    └── CommError               the server was asked and said no
        └── AuthenticationError     because of the key

An unreachable server is no error: what was logged is kept and sent later. The names are
those of `wandb.errors`, so that `except wandb.errors.CommError` means here what it meant there.
"""

from __future__ import annotations


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


class CommError(Error):
    """The server was asked, and said no."""


class AuthenticationError(CommError):
    """The server does not know the key, or there is none to show it."""
