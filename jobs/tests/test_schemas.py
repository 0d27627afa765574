"""`doska schemas`: what it says and how it ends."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobs import schemas as verb
from schemas import released
from schemas.schema_files import FOLDER
from topics.errors import Misconfigured


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "schemas"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "tests", "released", "__pycache__"))
    monkeypatch.setattr(verb, "FOLDER", copy)
    monkeypatch.setattr(verb.generated, "stale", lambda registry: [])
    monkeypatch.setattr(released, "RELEASED", tmp_path / "released")
    return copy


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(verb.app, arguments)
    return result.exit_code, result.output


def test_the_schemas_of_this_tree_are_in_order() -> None:
    code, said = run("check")

    assert code == 0, said
    assert "0 of them break" in said


def test_a_list_of_every_type() -> None:
    code, said = run("list")

    assert code == 0
    assert "boards.draw/1" in said
    assert "within boards.ops_record" in said
    assert "POST /api/boards/{board_id}/elements" in said


def test_a_break_is_told_with_its_path_and_who_goes_first(folder: Path) -> None:
    path = folder / "boards/board_renamed.v1.json"
    document = json.loads(path.read_bytes())
    document["required"].remove("title")
    document["x-rejects"] = [each for each in document["x-rejects"] if each["path"] != "/title"]
    path.write_text(json.dumps(document))

    code, said = run("check")

    assert code == 1
    assert "BREAKS  boards.board_renamed/1  property became optional at /properties/title" in said
    assert "make schemas/boards/board_renamed.v2.json" in said
    assert "upgrade every reader of boards.facts first" in said
    assert "room_fanout" in said


def test_a_broken_file_is_one_line(folder: Path) -> None:
    (folder / "boards/draw.v1.json").write_text("{")

    code, said = run("check")

    assert code == 1
    assert said.startswith("schemas/boards/draw.v1.json is not JSON")


def test_types_that_are_fresh_are_not_written() -> None:
    code, said = run("generate")

    assert (code, said) == (0, "nothing to write: the types are what the schemas say\n")


@pytest.fixture
def repository(folder: Path) -> Path:
    """The schemas as the only commit of a repository."""
    author = ("-c", "user.name=tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")
    for step in (("init", "-q", "-b", "main"), ("add", "-A"), (*author, "commit", "-q", "-m", "as it was")):
        subprocess.run(["git", *step], cwd=folder.parent, check=True)
    return folder


def change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


def test_nothing_differs_from_the_commit_that_it_is(repository: Path) -> None:
    assert run("diff") == (0, "since main: 0 new message types, 0 changes, 0 of them break\n")


def test_a_diff_tells_breaks_in_plain_words_and_who_goes_first(repository: Path) -> None:
    path = repository / "boards/board_renamed.v1.json"
    document = json.loads(path.read_bytes())
    change(
        path,
        required=[each for each in document["required"] if each != "title"],
        **{"x-rejects": [each for each in document["x-rejects"] if each["path"] != "/title"]},
    )

    code, said = run("diff", "main")

    assert code == 0
    assert "BREAKS  boards.board_renamed/1  property became optional at /properties/title" in said
    assert "upgrade every reader of boards.facts first (audit_log" in said
    assert said.endswith("1 changes, 1 of them break\n")
    assert run("diff", "main", "--strict") == (1, said)


def test_a_new_version_says_who_must_know_it_before_it_is_written(repository: Path) -> None:
    document = json.loads((repository / "boards/board_renamed.v1.json").read_bytes())
    document["$id"] = "doska:/boards/board_renamed.v2.json"
    (repository / "boards/board_renamed.v2.json").write_text(json.dumps(document))

    code, said = run("diff", "main", "--strict")

    assert code == 0, said
    assert "new   boards.board_renamed/2  on boards.facts" in said
    assert "another version: upgrade audit_log" in said


def test_a_commit_that_is_not_there_is_named(repository: Path) -> None:
    for ref in ("nowhere", "--output=here"):
        result = CliRunner().invoke(verb.app, ["diff", "--", ref])

        assert isinstance(result.exception, Misconfigured)
        assert ref in str(result.exception)
    assert not (repository / "here").exists()
