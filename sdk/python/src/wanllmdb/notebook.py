"""Notebook: what it is called, and the cells that were run."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from wanllmdb.redaction import clean_text

HISTORY: Final = "code/_session_history.ipynb"
MAX_BYTES: Final = 16 * 1024 * 1024

# Where the programs that run notebooks say what they run.
_VARIABLES: Final = ("WANDB_NOTEBOOK_NAME", "JPY_SESSION_NAME", "PAPERMILL_OUTPUT_PATH")
_VSCODE: Final = "__vsc_ipynb_file__"


def shell() -> Any:
    """The shell of IPython that runs this process; None where none does."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def name(environ: Mapping[str, str] | None = None) -> str | None:
    """The name of the notebook, where anybody says it; None outside of one."""
    environ = os.environ if environ is None else environ
    if "ipykernel" not in sys.modules:
        return None
    for variable in _VARIABLES:
        if said := environ.get(variable):
            return PurePath(said).name
    found = getattr(shell(), "user_ns", {}).get(_VSCODE)
    return PurePath(found).name if isinstance(found, str) else None


def history() -> bytes | None:
    """The cells that were run, as a notebook, without secrets; None where there are none."""
    import json

    user: Mapping[str, Any] = getattr(shell(), "user_ns", {})
    # The first of IPython's inputs is empty, so that they count from one.
    ran = [cell for cell in list(user.get("In", ()))[1:] if isinstance(cell, str) and cell]
    if not ran:
        return None
    cells = [
        {
            "cell_type": "code",
            "execution_count": number,
            "metadata": {},
            "outputs": [],
            "source": clean_text(cell),
        }
        for number, cell in enumerate(ran, 1)
    ]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": cells,
        "metadata": {"kernelspec": python, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 2,
    }
    content = json.dumps(document, indent=1).encode("utf-8", "backslashreplace")
    return content if len(content) <= MAX_BYTES else None
