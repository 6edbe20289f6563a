"""Which versions of the client there are, and which checks."""

from __future__ import annotations

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_CHECKS = Path(__file__).parent / "checks"


def versions() -> list[str]:
    """The versions that are locked, the newest first."""
    found = [each.stem for each in (REPOSITORY / "requirements" / "wandb").glob("*.txt")]
    return sorted(found, key=lambda text: [int(part) for part in text.split(".")], reverse=True)


def newest() -> str:
    """The newest version."""
    return versions()[0]


def python_of(version: str) -> Path:
    """The interpreter beside which a version of the client is installed."""
    return REPOSITORY / f".venv-wandb-{version}" / "bin" / "python"


def _checks() -> dict[str, str]:
    """The checks by name, with their first lines; their modules need the client to be imported."""
    found: dict[str, str] = {}
    for module in ("running", "reading", "artifacts"):
        path = _CHECKS / f"{module}.py"
        tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
        named = next(
            (
                {each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)}
                for node in tree.body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CHECKS"
            ),
            set[str](),
        )
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in named:
                found[node.name] = (ast.get_docstring(node) or "").splitlines()[0]
    return found


CHECKS = _checks()
