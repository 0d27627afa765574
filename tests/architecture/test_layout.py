"""The shape of the tree: nothing beside the folders that were agreed, and our packages are ours."""

import importlib
import subprocess
from pathlib import Path

import pytest
import yaml

from consumers.discovery import manifests

ROOT = Path(__file__).parents[2]
FOLDERS = {"schemas", "topics", "consumers", "producers", "edge", "jobs", "compose", "tests", ".ci"}
FILES = {
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "conftest.py",
    "pyproject.toml",
    "requirements.lock",
    "requirements-dev.lock",
}
CONSUMERS = sorted(path.parent for path in (ROOT / "consumers").glob("*/consumer.yaml"))
READERS_ELSEWHERE = {
    "platform.replies": "edges read their own partition of it",
    "platform.topics": "every process reads it at its start",
}


def tracked() -> list[str]:
    """The files that git knows."""
    result = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_nothing_stands_beside_the_agreed_folders() -> None:
    top = {name.split("/", 1)[0] for name in tracked()}

    assert top <= FOLDERS | FILES, top - FOLDERS - FILES


@pytest.mark.parametrize("package", ["schemas", "topics", "consumers", "producers", "edge", "jobs", "compose"])
def test_a_package_resolves_inside_the_repository(package: str) -> None:
    # PyPI has distributions of these names; ours must win.
    assert Path(str(importlib.import_module(package).__file__)).is_relative_to(ROOT)


@pytest.mark.parametrize("folder", CONSUMERS, ids=lambda folder: folder.name)
def test_a_consumer_has_its_whole_anatomy(folder: Path) -> None:
    for name in ("README.md", "consumer.yaml", "app.py", "handler.py"):
        assert (folder / name).is_file(), name
    assert list((folder / "tests").glob("test_*.py"))
    card = (folder / "README.md").read_text().lower()
    for word in ("key", "redeliver", "lag"):
        assert word in card, f"the card of {folder.name} says nothing about: {word}"


def test_every_topic_has_a_reader_or_says_why_not() -> None:
    read = {topic for manifest in manifests().values() for topic in manifest.reads}

    for path in sorted((ROOT / "topics/catalog").glob("*.yaml")):
        topic = path.stem
        catalogued = yaml.safe_load(path.read_text())
        assert topic in read or topic in READERS_ELSEWHERE or catalogued.get("unread"), topic


@pytest.mark.parametrize("folder", ["schemas", "topics", "consumers", "producers", "edge", "jobs", "compose", "tests"])
def test_a_folder_says_what_lives_in_it(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()
