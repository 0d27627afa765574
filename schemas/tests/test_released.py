"""This release and the last: nothing breaks, and each reads the other's records."""

import json
import shutil
from pathlib import Path

import pytest

from schemas import codec
from schemas.problems import UnknownType
from schemas.registry import MessageType, load, registry
from schemas.released import changes, release, snapshot
from schemas.schema_files import FOLDER

RELEASED = snapshot()


def test_something_was_released() -> None:
    assert RELEASED


def test_nothing_that_was_released_breaks() -> None:
    broken = [(change.type.dataschema, str(change.finding)) for change in changes(registry(), RELEASED)]

    assert [one for one in broken if "property added" not in one[1]] == []


@pytest.mark.parametrize("old", RELEASED, ids=lambda mt: mt.dataschema)
def test_the_last_release_reads_this_one_s_examples_and_this_one_reads_the_last_one_s(old: MessageType) -> None:
    new = registry().of_dataschema(old.dataschema)

    for example in new.examples:
        codec.validate_on_read(old, example)
    for example in old.examples:
        codec.validate_on_read(new, example)


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    copy = tmp_path / "schemas"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "tests", "__pycache__"))
    return copy


def test_a_type_that_is_gone_is_found(next_release: Path) -> None:
    (next_release / "boards/board_revealed.v1.json").unlink()

    found = [change for change in changes(load(next_release), RELEASED) if change.finding.breaking]

    assert [(change.type.dataschema, change.finding.kind) for change in found] == [
        ("boards.board_revealed/1", "type removed")
    ]


def test_a_break_and_its_repair_as_a_second_version(next_release: Path) -> None:
    first = next_release / "boards/rename_board.v1.json"
    before = first.read_text()
    document = json.loads(before)
    document["properties"]["title"] = {"type": "string", "maxLength": 20}
    document["x-rejects"] = document["x-rejects"][:1]

    first.write_text(json.dumps(document))
    broken = [change.finding.kind for change in changes(load(next_release), RELEASED) if change.finding.breaking]
    first.write_text(before)
    second = next_release / "boards/rename_board.v2.json"
    second.write_text(json.dumps(document | {"$id": "doska:/boards/rename_board.v2.json"}))
    repaired = [change for change in changes(load(next_release), RELEASED) if change.finding.breaking]

    assert set(broken) == {"tightened", "loosened"}
    assert repaired == []


def test_a_release_is_remembered_once(tmp_path: Path) -> None:
    written = release(registry().types(), tmp_path)

    assert len(written) == len(registry().types())
    assert release(registry().types(), tmp_path) == []
    assert list(changes(registry(), snapshot(tmp_path))) == []
    with pytest.raises(UnknownType):
        registry().get("boards.rename_board", 2)
