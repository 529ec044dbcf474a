"""The documents name every command, and every picture and file they point to is there."""

import argparse
import re
from pathlib import Path

import pytest

from etl.cli import _parser

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")


def commands() -> dict[str, argparse.ArgumentParser]:
    groups = [one for one in _parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(groups[0].choices)


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_every_command_and_option(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for command, parser in commands().items():
        row = re.search(rf"(?m)^\| (`anxing {command}[^`]*`)", text)
        assert row, command
        for action in parser._actions:
            option = action.option_strings[-1] if action.option_strings else None
            if option and option not in ("--help", "--json", "--quiet"):
                assert option in row.group(), (command, option)


def test_a_readme_names_no_command_that_is_not_there() -> None:
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        rows = re.findall(r"^\| `anxing (\w+)", text, flags=re.MULTILINE)
        assert set(rows) == set(commands()), name


@pytest.mark.parametrize("name", [*READMES, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_a_document_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_every_dependency_has_a_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = project.split("dependencies = [", 1)[1].split("]", 1)[0]
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Dependencies")[1]
    for name in re.findall(r'"([A-Za-z-]+)', listed):
        assert name in text, name


def test_the_lock_names_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index" not in re.sub(r"(?m)^[a-z0-9-]+==.*$", "", lock)


def test_every_key_of_a_district_is_described() -> None:
    from etl.district import _HEAD_KEYS, SourceSpec

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for key in (*_HEAD_KEYS, *SourceSpec.__dataclass_fields__):
        assert f"`{key}`" in text or f"[sources.{key}" in text, key
