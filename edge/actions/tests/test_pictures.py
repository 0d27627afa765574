"""Pictures in files of the editor: what is taken, what is refused and where."""

import base64
from typing import Any

import pytest

from edge.actions.pictures import Picture, found, rewritten, written
from edge.errors import ApiError

PNG = base64.b64encode(b"not looked at here").decode()
IMAGE = {"type": "image", "fileId": "a/b"}


def file(entry: object, key: str = "a/b") -> dict[str, Any]:
    return {"files": {key: entry}}


def test_only_what_an_element_shows_is_taken() -> None:
    entry = {"dataURL": f"data:image/png;base64,{PNG}"}

    assert found(file(entry), [IMAGE]) == {"a/b": Picture("image/png", b"not looked at here")}
    assert found(file(entry), [{**IMAGE, "isDeleted": True}]) == {}
    assert found(file(entry), [{"type": "rectangle", "fileId": "a/b"}]) == {}
    assert found({}, [IMAGE]) == {}
    assert found({"files": None}, [IMAGE]) == {}
    assert found(file("junk", key="other"), [IMAGE]) == {}


@pytest.mark.parametrize(
    "entry",
    [
        "junk",
        {},
        {"dataURL": 7},
        {"dataURL": "https://example.org/a.png"},
        {"dataURL": f"data:text/html;base64,{PNG}"},
        {"dataURL": f"data:image/bmp;base64,{PNG}"},
        {"dataURL": "data:image/png;base64,???"},
        {"dataURL": f"data:image/png,{PNG}"},
    ],
)
def test_what_is_no_picture_is_refused_at_its_key(entry: object) -> None:
    with pytest.raises(ApiError) as refusal:
        found(file(entry), [IMAGE])

    assert refusal.value.code == "schema_invalid"
    assert [each.path for each in refusal.value.errors] == ["/files/a~1b"]


def test_files_that_are_a_list_are_refused() -> None:
    with pytest.raises(ApiError) as refusal:
        found({"files": []}, [IMAGE])

    assert [each.path for each in refusal.value.errors] == ["/files"]


def test_elements_show_their_new_files_and_nothing_else_changes() -> None:
    others: list[dict[str, Any]] = [{"type": "text", "fileId": "a/b"}, {"type": "image", "fileId": "unknown"}]

    assert rewritten([IMAGE, *others], {"a/b": "new"}) == [
        {"type": "image", "fileId": "new", "status": "saved"},
        *others,
    ]


def test_a_picture_goes_out_as_it_comes_in() -> None:
    entry = written("a/b", "image/webp", b"\x00\xff", 5)

    assert found(file(entry), [IMAGE]) == {"a/b": Picture("image/webp", b"\x00\xff")}
