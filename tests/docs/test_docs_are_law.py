"""What the code offers, the docs name; what the docs link to is there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from wanllmdb import settings as sdk_settings
from wanllmdb_server import settings as server_settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_every_setting_of_the_sdk_is_documented() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text()
    missing = [name for name, _ in sdk_settings.names() if f"`{name}`" not in text]
    assert missing == []


def test_every_setting_of_the_server_is_documented() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text().split("## Of the server")[1]
    names = [each.name for each in dataclasses.fields(server_settings.Settings)]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_make_target_that_the_readme_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_the_docs_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    links += re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_no_page_names_a_machine_path() -> None:
    said = {str(page): re.findall(r"/(?:work|root)/\S+", page.read_text()) for page in PAGES}
    assert {page: found for page, found in said.items() if found} == {}
