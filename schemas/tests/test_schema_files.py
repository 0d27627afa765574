"""Every schema file: its examples pass, its rejects fail where they say, and what breaks the rules is not loaded."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas import codec, forms
from schemas.problems import DataInvalid, SchemaFileInvalid
from schemas.registry import MessageType, Reject, load, registry
from schemas.schema_files import FOLDER, VOCABULARY, bundled, read
from schemas.walk import every

TYPES = registry().types()
DOCUMENTS = read()
PARTS = [name for name, document in DOCUMENTS.items() if document.get("x-kind") == "part"]
EXAMPLES = [(mt, example) for mt in TYPES for example in mt.examples]
REJECTS = [(mt, reject) for mt in TYPES for reject in mt.rejects]


def dates() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(
        lambda value: not isinstance(value, str) or bool(datetime.fromisoformat(value))
    )
    return checker


@pytest.mark.parametrize(("mt", "example"), EXAMPLES, ids=lambda one: getattr(one, "dataschema", ""))
def test_an_example_passes_as_produced_and_on_read(mt: MessageType, example: Any) -> None:
    codec.validate(mt, example)
    codec.validate_on_read(mt, example)


@pytest.mark.parametrize(
    ("mt", "example"), [one for one in EXAMPLES if one[0].sendable], ids=lambda one: getattr(one, "dataschema", "")
)
def test_an_example_in_the_client_s_form_passes_from_a_client(mt: MessageType, example: Any) -> None:
    codec.validate_from_client(mt, forms.client_example(mt, example))


@pytest.mark.parametrize(("mt", "reject"), REJECTS, ids=lambda one: getattr(one, "dataschema", getattr(one, "why", "")))
def test_a_reject_fails_where_it_says(mt: MessageType, reject: Reject) -> None:
    with pytest.raises(DataInvalid) as caught:
        codec.validate(mt, reject.value)

    if reject.path is not None:
        assert reject.path in [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize("mt", TYPES, ids=lambda mt: mt.dataschema)
def test_a_reject_says_at_which_path(mt: MessageType) -> None:
    assert all(reject.path is not None for reject in mt.rejects)


@pytest.mark.parametrize("name", PARTS)
def test_the_samples_of_a_part_do_what_they_say(name: str) -> None:
    schema = bundled(name, DOCUMENTS)
    validator, _ = codec.compiled(schema)

    assert [example for example in schema["examples"] if not validator.is_valid(example)] == []
    assert [reject["why"] for reject in schema["x-rejects"] if validator.is_valid(reject["value"])] == []


@pytest.mark.parametrize("mt", TYPES, ids=lambda mt: mt.dataschema)
def test_two_libraries_give_the_same_verdict(mt: MessageType) -> None:
    """jsonschema-rs decides alone at run time; jsonschema is the reference implementation."""
    slow = jsonschema.Draft202012Validator(codec.produced_schema(mt), format_checker=dates())
    fast, _ = codec.compiled(codec.produced_schema(mt))

    for sample in [*mt.examples, *(reject.value for reject in mt.rejects)]:
        assert slow.is_valid(sample) == fast.is_valid(sample), sample


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_is_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(bundled(name, DOCUMENTS))


def test_the_meta_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads((FOLDER / "meta.json").read_bytes()))


def test_no_two_parts_of_a_message_disagree_about_the_vocabulary() -> None:
    assert {name for name, _ in every(DOCUMENTS[VOCABULARY])}  # the walk itself works
    assert set(DOCUMENTS[VOCABULARY]["$defs"]) == {
        definition
        for name, document in DOCUMENTS.items()
        for _, schema in every(document)
        if "vocabulary" in (ref := schema.get("$ref", ""))
        for definition in [ref.rpartition("/")[2]]
    } | {"sealed"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "schemas"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "tests", "released", "__pycache__"))
    return copy


def changed(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    path = folder / name
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


RENAME = "boards/rename_board.v1.json"
BROKEN = {
    "an unknown x- key": (RENAME, lambda d: d.update({"x-colour": "red"}), "x-colour"),
    "an unknown x- key on a property": (RENAME, lambda d: d["properties"]["title"].update({"x-lve": True}), "x-lve"),
    "an unknown x- key deep inside": (
        "boards/element.v1.json",
        lambda d: d["$defs"]["color"].update({"x-css": True}),
        "x-css",
    ),
    "a misspelt keyword": (RENAME, lambda d: d["properties"]["title"].update({"maxLenght": 3}), "maxLenght"),
    "an open message": (RENAME, lambda d: d.update(additionalProperties=True), "additionalProperties"),
    "no examples": (RENAME, lambda d: d.pop("examples"), "examples"),
    "empty rejects": (RENAME, lambda d: d.update({"x-rejects": []}), "x-rejects"),
    "an unknown kind": (RENAME, lambda d: d.update({"x-kind": "rumour"}), "x-kind"),
    "no topic": (RENAME, lambda d: d.pop("x-topic"), "x-topic"),
    "a key that may be missing": (RENAME, lambda d: d.update({"x-key": "/revision"}), "x-key"),
    "no route for what a client sends": (RENAME, lambda d: d.pop("x-route"), "x-route"),
    "no right for what a client sends": (RENAME, lambda d: d.pop("x-allow"), "x-allow"),
    "a right that nobody knows": (RENAME, lambda d: d["x-allow"].update(permission="board.burn"), "x-allow"),
    "no right needed on other people's things": (RENAME, lambda d: d.update({"x-allow": None}), "x-allow"),
    "a right on a resource that is not in the data": (
        RENAME,
        lambda d: d["x-allow"].update(resource="board:{id}"),
        "x-allow",
    ),
    "a route with a parameter that is not in the data": (
        RENAME,
        lambda d: d.update({"x-route": "PATCH /api/boards/{id}"}),
        "x-route",
    ),
    "a route on an internal action": (RENAME, lambda d: d.update({"x-internal": True}), "x-route"),
    "a required property that does not exist": (RENAME, lambda d: d["required"].append("colour"), "colour"),
    "a string without limit": (RENAME, lambda d: d["properties"].update(x={"type": "string"}), "maxLength"),
    "a list without limit": (
        RENAME,
        lambda d: d["properties"].update(x={"type": "array", "items": {"type": "null"}}),
        "maxItems",
    ),
    "a number without limit": (RENAME, lambda d: d["properties"].update(x={"type": "integer"}), "minimum"),
    "an object neither open nor closed": (RENAME, lambda d: d["properties"].update(x={"type": "object"}), "additional"),
    "a sealed property deep inside": (
        "boards/element.v1.json",
        lambda d: d["$defs"]["text"].update({"x-sealed": "plain", "examples": ["x"]}),
        "x-sealed",
    ),
    "live without a room": (RENAME, lambda d: d["properties"]["title"].update({"x-live": True}), "live"),
    "a room without anything live": (RENAME, lambda d: d.update({"x-rooms": ["board:{board_id}"]}), "x-rooms"),
    "a room of what may be missing": (
        "boards/draw.v1.json",
        lambda d: d.update({"x-rooms": ["user:{user_id}"]}),
        "user_id",
    ),
    "a fact that the edge fills": (
        "boards/board_trashed.v1.json",
        lambda d: d["properties"]["board_id"].update({"x-edge": "new_id"}),
        "x-edge",
    ),
    "a record inside nothing": ("boards/draw.v1.json", lambda d: d.update({"x-within": "boards.nothing"}), "x-within"),
    "a reference to nothing": (
        RENAME,
        lambda d: d["properties"].update(x={"$ref": "../vocabulary.v1.json#/$defs/nothing"}),
        "nothing",
    ),
    "a reference to a file that is not there": (
        RENAME,
        lambda d: d["properties"].update(x={"$ref": "nothing.v1.json"}),
        "nothing.v1.json",
    ),
    "another file's id": (RENAME, lambda d: d.update({"$id": "doska:/boards/draw.v1.json"}), "$id"),
    "a pattern that is none": (
        RENAME,
        lambda d: d["properties"].update(x={"type": "string", "maxLength": 1, "pattern": "("}),
        "pattern",
    ),
}


@pytest.mark.parametrize(("name", "change", "word"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_breaks_a_rule_is_not_loaded(
    folder: Path, name: str, change: Callable[[Any], object], word: str
) -> None:
    changed(folder, name, change)

    with pytest.raises(SchemaFileInvalid) as caught:
        load(folder)

    assert word in str(caught.value)


def test_an_unbroken_copy_is_loaded(folder: Path) -> None:
    assert {mt.dataschema for mt in load(folder).types()} == {mt.dataschema for mt in TYPES}


@pytest.mark.parametrize(
    "name", ["boards/rename_board.json", "stray.v1.json", "boards/deep/x.v1.json", "boards/X.v1.json"]
)
def test_json_where_no_schema_can_be_is_not_passed_over(folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")

    with pytest.raises(SchemaFileInvalid, match="is not where a schema can be"):
        load(folder)


def test_a_part_that_nobody_uses_is_not_loaded(folder: Path) -> None:
    part = json.loads((folder / "boards/element.v1.json").read_bytes())
    part["$id"] = "doska:/boards/orphan.v1.json"
    (folder / "boards/orphan.v1.json").write_text(json.dumps(part))

    with pytest.raises(SchemaFileInvalid, match="no message refers to"):
        load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}'])
def test_a_file_that_is_no_object_is_not_loaded(folder: Path, text: str) -> None:
    (folder / RENAME).write_text(text)

    with pytest.raises(SchemaFileInvalid, match="rename_board"):
        load(folder)


def test_a_second_version_stands_beside_the_first(folder: Path) -> None:
    second = json.loads((folder / RENAME).read_bytes()) | {"$id": "doska:/boards/rename_board.v2.json"}
    (folder / "boards/rename_board.v2.json").write_text(json.dumps(second))

    both = load(folder)

    assert both.get("boards.rename_board").version == 2
    assert both.get("boards.rename_board", 1).dataschema == "boards.rename_board/1"
    assert both.of_dataschema("boards.rename_board/2").version == 2
