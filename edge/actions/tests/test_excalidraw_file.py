"""Files of the editor: what is missing is filled in, what is unknown is kept, ids are mended, references follow."""

import copy
import random
from typing import Any

import jsonschema
import pytest

from edge.actions import element_defaults
from edge.actions.excalidraw_file import read, refused
from edge.errors import ApiError
from schemas.codec import client_schema, validate_from_client
from schemas.problems import DataInvalid, Problem
from schemas.registry import registry

Json = dict[str, Any]
NOW_MS = 1_795_000_000_000
BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
TYPES = sorted(element_defaults.BY_TYPE)
DRAW = registry().get("boards.draw")
OPTIONAL = {
    "customData": {},
    "polygon": True,
    "fixedSegments": None,
    "startIsSpecial": None,
    "endIsSpecial": None,
}


def elements(*given: Json) -> list[Json]:
    return read({"elements": list(given)}, now_ms=NOW_MS, random=random.Random(7).randrange)


def accepted(made: list[Json]) -> bool:
    validate_from_client(DRAW, {"board_id": BOARD, "elements": made})
    return True


@pytest.mark.parametrize("kind", TYPES)
def test_an_element_of_any_type_needs_nothing_but_its_type(kind: str) -> None:
    [made] = elements({"type": kind})

    assert accepted([made])
    assert (made["index"], made["version"], made["updated"]) == ("a0", 1, NOW_MS)


@pytest.mark.parametrize("kind", TYPES)
def test_our_fields_are_those_of_the_schema(kind: str) -> None:
    schema = client_schema(DRAW)
    validator = jsonschema.Draft202012Validator(dict(schema))
    [made] = elements({"type": kind})
    known = element_defaults.fields(kind)

    assert known - made.keys() <= OPTIONAL.keys()
    for name in known - made.keys():
        assert validator.is_valid({"board_id": BOARD, "elements": [{**made, name: OPTIONAL[name]}]}), name
    for name in set().union(*map(element_defaults.fields, TYPES)) - known:
        assert not validator.is_valid({"board_id": BOARD, "elements": [{**made, name: None}]}), name


@pytest.mark.parametrize("example", DRAW.examples)
def test_what_the_editor_wrote_comes_through_unchanged(example: Json) -> None:
    before = copy.deepcopy(example["elements"])

    assert elements(*example["elements"]) == before


def test_unknown_fields_are_kept_in_custom_data_beside_what_is_there() -> None:
    [made] = elements({"type": "rectangle", "points": [[0, 0]], "odd": {"a": 1}, "customData": {"odd": "mine", "x": 2}})

    assert made["customData"] == {"points": [[0, 0]], "odd": "mine", "x": 2}
    assert accepted([made])


def test_what_newer_editors_write_into_a_binding_is_kept_too() -> None:
    [made] = elements({"type": "arrow", "startBinding": {"elementId": "a", "fixedPoint": [0, 1], "mode": "orbit"}})

    assert made["startBinding"] == {"elementId": "a", "focus": 0, "gap": 1, "fixedPoint": [0, 1]}
    assert made["customData"] == {"startBinding": {"mode": "orbit"}}
    assert accepted([made])


def test_bad_ids_get_new_ones_and_every_reference_follows() -> None:
    bad = "a b/c"

    made = elements(
        {
            "type": "rectangle",
            "id": bad,
            "boundElements": [{"id": "t 1", "type": "text"}, {"id": "ok", "type": "arrow"}],
        },
        {"type": "text", "id": "t 1", "text": "x", "containerId": bad},
        {"type": "arrow", "id": "ok", "startBinding": {"elementId": bad, "focus": 0, "gap": 1}, "endBinding": None},
        {"type": "frame", "id": "", "name": "F"},
        {"type": "ellipse", "id": "e", "frameId": "", "groupIds": ["g 1", "g2"]},
        {"type": "ellipse", "id": "x" * 65, "groupIds": ["g 1"]},
    )

    shape, text, arrow, frame, ellipse, other = made
    assert accepted(made)
    assert len({one["id"] for one in made}) == 6
    assert shape["boundElements"] == [{"id": text["id"], "type": "text"}, {"id": "ok", "type": "arrow"}]
    assert text["containerId"] == arrow["startBinding"]["elementId"] == shape["id"]
    assert ellipse["frameId"] == frame["id"]
    assert ellipse["groupIds"][1] == "g2"
    assert ellipse["groupIds"][0] == other["groupIds"][0] != "g 1"


def test_missing_order_keys_follow_the_order_of_the_file() -> None:
    made = elements(
        {"type": "rectangle", "index": None},
        {"type": "rectangle", "index": "a1"},
        {"type": "rectangle"},
        {"type": "rectangle", "index": "a2"},
    )

    keys = [one["index"] for one in made]
    assert keys == sorted(set(keys))
    assert (keys[1], keys[3]) == ("a1", "a2")


def test_a_bad_order_key_is_left_for_the_schema_to_refuse() -> None:
    made = elements({"type": "rectangle"}, {"type": "rectangle", "index": "zz"}, {"type": "rectangle", "index": 7})

    assert [made[1]["index"], made[2]["index"]] == ["zz", 7]


def test_wrong_values_stay_where_they_are() -> None:
    [made] = elements(
        {"type": "rectangle", "x": "left", "groupIds": 3, "boundElements": [7], "customData": "no", "odd": 1}
    )

    assert (made["x"], made["groupIds"], made["boundElements"], made["customData"]) == ("left", 3, [7], "no")


@pytest.mark.parametrize("given", [{"type": "iframe", "id": "a"}, {"id": "b"}, {"type": 7}])
def test_an_unknown_type_is_all_that_is_wrong_with_its_element(given: Json) -> None:
    with pytest.raises(DataInvalid) as refusal:
        accepted(elements(given))

    assert [problem.path for problem in refusal.value.problems] == ["/elements/0/type"]


def test_a_version_that_only_a_server_writes_begins_anew() -> None:
    made = elements(
        {"type": "rectangle", "version": 2**30},
        {"type": "rectangle", "version": 2**30 + 1},
        {"type": "rectangle", "version": 2**31},
    )

    assert [one["version"] for one in made] == [2**30, 1, 2**31]


def test_strokes_of_the_first_files_are_lines() -> None:
    [made] = elements({"type": "draw", "points": [[0, 0], [5, 5]]})

    assert (made["type"], made["points"]) == ("line", [[0, 0], [5, 5]])
    assert accepted([made])


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ([], ""),
        (None, ""),
        ("x", ""),
        ({}, "/elements"),
        ({"elements": {}}, "/elements"),
        ({"elements": [], "type": "excalidraw/clipboard"}, "/type"),
        ({"elements": [], "type": None}, "/type"),
        ({"elements": [{"type": "rectangle"}, 7]}, "/elements/1"),
        ({"elements": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}, "/elements/2/id"),
    ],
)
def test_what_is_no_file_is_refused_with_its_place(file: Any, path: str) -> None:
    with pytest.raises(ApiError) as error:
        read(file, now_ms=NOW_MS)

    assert (error.value.code, [one.path for one in error.value.errors]) == ("schema_invalid", [path])


def test_the_given_file_is_not_changed() -> None:
    file = {"elements": [{"type": "rectangle", "id": "a b", "groupIds": ["x y"], "odd": 1}]}
    before = copy.deepcopy(file)

    read(file, now_ms=NOW_MS)

    assert file == before


def test_paths_of_a_later_part_of_the_file_count_from_its_beginning() -> None:
    error = ApiError(
        "schema_invalid", "x", [Problem("/elements/3/x", "a"), Problem("/elements/0", "b"), Problem("", "c")]
    )

    assert [one.path for one in refused(error, 2000).errors] == ["/elements/2003/x", "/elements/2000", ""]
