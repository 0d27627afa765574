"""A folder that somebody has changed by hand: what is wrong is said with its file and place, before anything is made."""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from edge.errors import ApiError
from jobs.moving import folder as form
from jobs.moving.talk import threads
from topics.errors import Misconfigured

Json = dict[str, Any]
ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
RAW = b'{"elements":[]}'
BOARD = form.Moved(ID, "Доска", ID, archived=False, template=False, sha256=hashlib.sha256(RAW).hexdigest())
SAID: Json = {
    "comment_id": ID,
    "author_id": None,
    "author_name": "Ada",
    "text": "Here",
    "mention": [],
    "written_at": "2026-05-04T10:11:12.123456Z",
    "edited_at": None,
}
THREAD: Json = {"thread_id": ID, "anchor": {"x": 1, "y": 2}, "resolved": False, "started_at": "…", "comments": [SAID]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    form.begin(tmp_path / "left")
    (tmp_path / "left" / BOARD.file).write_bytes(RAW)
    form.write_index(tmp_path / "left", [BOARD], {ID: form.Person("Ada", "ada@example.org")})
    return tmp_path / "left"


def test_what_was_written_is_read(folder: Path) -> None:
    index = form.read_index(folder)

    assert index == form.Index((BOARD,), {ID: form.Person("Ada", "ada@example.org")})
    assert form.read_board(folder, index.boards[0]) == RAW


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ((), [], "the whole: must be an object"),
        (("doska",), 2, "/doska: must be 1"),
        (("boards",), {}, "/boards: must be"),
        (("boards", 0), 5, "/boards/0: must be an object"),
        (("boards", 0, "board_id"), "../../secrets", "/boards/0/board_id: "),
        (("boards", 0, "title"), None, "/boards/0/title: must be"),
        (("boards", 0, "archived"), "no", "/boards/0/archived: must be"),
        (("boards", 0, "sha256"), ["x"], "/boards/0/sha256: must be"),
        (("people", ID), "Ada", f"/people/{ID}: must be an object"),
        (("people", ID, "email"), None, f"/people/{ID}/email: must be"),
    ],
)
def test_an_index_that_was_changed_is_refused_with_the_place(
    folder: Path, path: tuple[str | int, ...], value: Any, said: str
) -> None:
    index: Any = orjson.loads((folder / form.INDEX).read_bytes())
    if path:
        *way, last = path
        inner = index
        for each in way:
            inner = inner[each]
        inner[last] = value
    (folder / form.INDEX).write_bytes(orjson.dumps(index if path else value))

    with pytest.raises(Misconfigured) as refusal:
        form.read_index(folder)

    assert str(refusal.value).startswith(f"{folder / form.INDEX}: {said}")


def test_junk_and_what_is_too_large_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / form.INDEX).write_bytes(b'{"doska": 1, "boards": [')
    with pytest.raises(Misconfigured, match="cannot be read"):
        form.read_index(folder)

    monkeypatch.setattr(form, "BOARD_BYTES", len(RAW) - 1)
    with pytest.raises(Misconfigured, match="has 15 bytes, and at most 14 are read"):
        form.read_board(folder, BOARD)


def test_comments_are_read_as_they_were_written() -> None:
    assert threads({}) == ()
    assert threads({"doska": {}}) == ()
    assert threads({"doska": {"comments": [THREAD]}}) == (THREAD,)


@pytest.mark.parametrize(
    ("ours", "path"),
    [
        (5, "/doska"),
        ({"comments": {}}, "/doska/comments"),
        ({"comments": [THREAD, 5]}, "/doska/comments/1"),
        ({"comments": [{**THREAD, "thread_id": "no id"}]}, "/doska/comments/0/thread_id"),
        ({"comments": [{**THREAD, "anchor": {"x": "left", "y": 0}}]}, "/doska/comments/0/anchor/x"),
        ({"comments": [{**THREAD, "comments": []}]}, "/doska/comments/0/comments"),
        ({"comments": [{**THREAD, "comments": [{**SAID, "text": 5}]}]}, "/doska/comments/0/comments/0/text"),
        ({"comments": [{**THREAD, "comments": [{**SAID, "text": "x" * 4001}]}]}, "/doska/comments/0/comments/0/text"),
        ({"comments": [{**THREAD, "comments": [{**SAID, "mention": [[]]}]}]}, "/doska/comments/0/comments/0/mention/0"),
        ({"comments": [{**THREAD, "comments": [{**SAID, "author_id": {}}]}]}, "/doska/comments/0/comments/0/author_id"),
        (
            {"comments": [{**THREAD, "comments": [{**SAID, "written_at": "2026-02-30T00:00:00Z"}]}]},
            "/doska/comments/0/comments/0/written_at",
        ),
    ],
)
def test_comments_that_were_changed_are_refused_with_the_place(ours: Any, path: str) -> None:
    with pytest.raises(ApiError) as refusal:
        threads({"doska": ours})

    assert (refusal.value.code, refusal.value.errors[0].path) == ("schema_invalid", path)
