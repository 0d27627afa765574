"""The built-in templates: as they are drawn, valid under the schema of elements, whole in both languages."""

import pytest

from edge.actions import excalidraw_file
from edge.templates import files
from edge.templates.sketches import LANGUAGES, SKETCHES
from schemas import codec
from schemas.registry import registry

ALL = [(name, language) for name in SKETCHES for language in LANGUAGES]
BOARD_ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"


@pytest.mark.parametrize(("name", "language"), ALL)
def test_the_file_is_what_is_drawn(name: str, language: str) -> None:
    assert files.path(name, language).read_bytes() == files.made(name, language), (
        "draw them anew: python -m edge.templates.files"
    )


@pytest.mark.parametrize(("name", "language"), ALL)
def test_its_elements_are_those_of_an_op(name: str, language: str) -> None:
    elements = excalidraw_file.read(files.read(name, language), now_ms=1, random=lambda _: 7)

    codec.validate(registry().get("boards.draw"), {"board_id": BOARD_ID, "elements": elements})
    # The file's own ids are good ones: an import that gave new ones would lose what belongs together.
    assert [each["id"] for each in elements] == [each["id"] for each in files.read(name, language)["elements"]]


@pytest.mark.parametrize(("name", "language"), ALL)
def test_words_and_their_cards_know_each_other(name: str, language: str) -> None:
    elements = {each["id"]: each for each in files.read(name, language)["elements"]}

    for each in elements.values():
        if each["type"] == "text" and each["containerId"] is not None:
            card = elements[each["containerId"]]
            assert {"type": "text", "id": each["id"]} in card["boundElements"]
            assert each["x"] >= card["x"], "the words stand out of their card"
            assert each["width"] <= card["width"], "the words stand out of their card"


def test_both_languages_say_the_same_number_of_things() -> None:
    for _, words in SKETCHES.values():
        assert len({len(words[language]) for language in LANGUAGES}) == 1
        assert set(words) == set(LANGUAGES)


def test_there_are_no_others_in_the_folder() -> None:
    assert {path.name for path in files.FOLDER.iterdir()} == {files.path(*each).name for each in ALL}
    with pytest.raises(KeyError):
        files.read("../../secrets", "en")
