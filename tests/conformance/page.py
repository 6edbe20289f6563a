"""The page of conformance: which version of the client does what, out of a run of the checks.

Usage: python -m tests.conformance.page JUNIT_XML PAGE
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.conformance.clients import CHECKS, versions

HEAD = """# What works with the unmodified `wandb` client

`WANDB_BASE_URL` and `WANDB_API_KEY` are set, and nothing else is changed. Each line is a check of
`tests/conformance`: a process of the official client, which reads back through `wandb.Api()`; then
the same is asked of our own HTTP API. Written by `make conformance`: ✓ passed, ✗ failed, and
nothing where a check did not run. [How to use it](../howto/use-the-wandb-client.md).

"""
_NAME = re.compile(r"test_the_client_works\[(.+)-([a-z_0-9]+)\]")


def results(report: Path) -> dict[tuple[str, str], str]:
    """What became of each (version, check)."""
    found: dict[tuple[str, str], str] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        named = _NAME.match(case.get("name", ""))
        if named is None or case.find("skipped") is not None:
            continue
        failed = case.find("failure") is not None or case.find("error") is not None
        found[named[1], named[2]] = "✗" if failed else "✓"
    return found


def table(found: dict[tuple[str, str], str]) -> str:
    """Behaviours as rows, versions as columns."""
    lines = ["| | " + " | ".join(versions()) + " |", "|---|" + "---|" * len(versions())]
    for check, said in CHECKS.items():
        marks = " | ".join(found.get((version, check), "") for version in versions())
        lines.append(f"| {said} | {marks} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    report, page = map(Path, sys.argv[1:])
    page.write_text(HEAD + table(results(report)))


if __name__ == "__main__":
    main()
