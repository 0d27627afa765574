"""`doska schemas`: what it says and how it ends."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs import schemas as verb
from schemas import released
from schemas.files import FOLDER


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
