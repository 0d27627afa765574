"""A file that a stranger made up is read, or refused with a place; it is never a bug of ours, and never endless work."""

from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.actions import excalidraw_file, pictures
from edge.errors import ApiError

Json = dict[str, Any]
NAMES: Final = st.sampled_from(["a", "b", "a/b", "", "g" * 300, "a0", "zz", "__", "data:image/png;base64,AA=="])
JUNK: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
FIELDS: Final = (
    *("id", "type", "index", "version", "isDeleted", "groupIds", "frameId", "containerId", "boundElements", "fileId"),
    *("startBinding", "endBinding", "points", "fontFamily", "lineHeight", "text", "width", "customData", "status"),
)
TYPES: Final = st.sampled_from(["image", "text", "arrow", "line", "freedraw", "frame", "draw", "magicframe"])
ELEMENTS: Final = st.builds(
    lambda kind, more: {**more, "type": kind}, TYPES, st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=6)
) | st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=6)
FILES: Final = st.fixed_dictionaries(
    {"elements": st.lists(ELEMENTS, max_size=4) | JUNK},
    optional={"type": st.just("excalidraw") | JUNK, "files": st.dictionaries(NAMES, JUNK, max_size=3) | JUNK},
)


def refused(file: Any) -> ApiError | None:
    """Do with a file what an import does with it before anything is made."""
    try:
        elements = excalidraw_file.read(file, now_ms=1)
        shown = pictures.found(file, elements)
        pictures.rewritten(elements, dict.fromkeys(shown, "new"))
    except ApiError as refusal:
        return refusal
    return None


@given(FILES | JUNK)
@example({"elements": [{"id": [], "type": "text", "containerId": "a"}]})
@example({"elements": [{"id": {}, "frameId": "a"}, {"id": "a", "frameId": "a"}]})
@example({"elements": [{"type": "image", "fileId": []}], "files": {"a": {}}})
@example({"elements": [{"type": "image", "fileId": {"a": 1}}]})
def test_junk_is_read_or_refused_with_its_place(file: Any) -> None:
    refusal = refused(file)

    assert refusal is None or (refusal.code, bool(refusal.errors)) == ("schema_invalid", True)


def test_more_elements_than_a_file_can_have_are_refused_before_they_are_completed() -> None:
    with pytest.raises(ApiError) as refusal:
        excalidraw_file.read({"elements": [{}] * 11}, now_ms=1, most=10)

    assert (refusal.value.code, [each.path for each in refusal.value.errors]) == ("too_large", ["/elements"])


def test_more_pictures_than_anybody_waits_for_are_refused() -> None:
    elements: list[Json] = [{"type": "image", "fileId": str(number)} for number in range(11)]
    file = {"files": {str(number): {"dataURL": "data:image/png;base64,AA=="} for number in range(20)}}

    assert len(pictures.found(file, elements, most=11)) == 11
    with pytest.raises(ApiError) as refusal:
        pictures.found(file, elements, most=10)

    assert (refusal.value.code, [each.path for each in refusal.value.errors]) == ("too_large", ["/files"])
