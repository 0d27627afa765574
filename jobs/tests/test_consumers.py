"""A new consumer is one folder: made in a copy of the tree, found, tested, and nothing else has changed."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from consumers import discovery
from jobs.new_consumer import engines, write
from topics.errors import Misconfigured

ROOT = Path(__file__).parents[2]
NEEDED = ("schemas", "topics", "consumers", "jobs", "compose", "tests", "conftest.py", "pyproject.toml")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Python side of the tree."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *NEEDED]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and ".pytest_cache" not in file.parts
    }


def run(where: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=where, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


ANATOMY = {"README.md", "__init__.py", "app.py", "consumer.yaml", "handler.py", "tests/test_handler.py"}
OF_ENGINE = {
    "decide": {"decider.py", "store.py", "migrations/001_known.sql"},
    "window": {"store.py", "migrations/001_heard.sql"},
}


@pytest.mark.parametrize("engine", engines())
def test_it_is_one_folder_that_works(copy: Path, engine: str) -> None:
    before = fingerprints(copy)

    told = run(
        copy,
        "jobs",
        "consumers",
        "new",
        "board_counter",
        "--reads",
        "boards.facts",
        "--reads",
        "boards.ops",
        "--engine",
        engine,
    )

    after = fingerprints(copy)
    assert {name: after[name] for name in before} == before
    new = {name.removeprefix("consumers/board_counter/") for name in after.keys() - before.keys()}
    assert new == ANATOMY | OF_ENGINE.get(engine, set())
    assert "doska run consumer board_counter" in told
    listed = run(copy, "jobs", "consumers", "list")
    assert "board_counter" in listed
    assert "reads boards.facts, boards.ops" in listed
    assert " passed" in run(copy, "pytest", "consumers/board_counter", "-q", "-p", "no:cacheprovider")
    run(copy, "ruff", "check", "--no-cache", "consumers/board_counter")
    run(copy, "ruff", "format", "--no-cache", "--check", "consumers/board_counter")


@pytest.mark.parametrize(
    ("name", "reads", "complaint"),
    [
        ("Board-Counter", "boards.facts", "no name of a consumer"),
        ("../elsewhere", "boards.facts", "no name of a consumer"),
        ("x" * 60, "boards.facts", "too long"),
        ("board_store", "boards.facts", "there already"),
        ("board_counter", "boards.fact", "there is no topic boards.fact; there are .*boards.actions, boards.facts"),
    ],
)
def test_a_bad_request_says_what_is_wrong_and_writes_nothing(
    tmp_path: Path, name: str, reads: str, complaint: str
) -> None:
    (tmp_path / "board_store").mkdir()

    with pytest.raises(Misconfigured, match=complaint):
        write(name, [reads], "each", tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == ["board_store"]


def test_an_engine_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no engine steam; there are .*batch, decide, each"):
        write("board_counter", ["boards.facts"], "steam", tmp_path)


def test_actions_that_are_decided_get_no_second_decider() -> None:
    with pytest.raises(Misconfigured, match=r"boards\.actions is decided by board_decider"):
        write("board_counter", ["boards.actions"], "decide", discovery.FOLDER)


def test_a_consumer_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Misconfigured, match=r"no consumer nobody; there are .*board_decider.*identity_decider"):
        discovery.manifest("nobody")
