"""Bringing a board back to what it was, whatever happened to it since."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.actions.restored import HIGHEST_VERSION, restored
from schemas.boards.merge import fold
from schemas.boards.rules import CLIENT_VERSION_LIMIT

Json = dict[str, Any]
NOW = 1_800_000_000_000


def element(identifier: str, version: int = 1, *, deleted: bool = False, nonce: int = 7, **more: Any) -> Json:
    return {
        "id": identifier,
        "version": version,
        "versionNonce": nonce,
        "updated": 1,
        "isDeleted": deleted,
        "containerId": None,
        "boundElements": [],
        "groupIds": [],
        "x": 0,
        **more,
    }


def bring_back(now: Iterable[Json], then: Iterable[Json]) -> list[Json]:
    numbers = count(100)
    return restored({each["id"]: each for each in now}, then, now_ms=NOW, nonce=lambda: next(numbers))


def after(now: Iterable[Json], drawn: Iterable[Json]) -> dict[str, Json]:
    """What every store and client holds after the ops."""
    return {name: dict(each) for name, each in fold([*now, *drawn]).items()}


def looks(elements: Iterable[Json]) -> list[tuple[Any, ...]]:
    return sorted((each["x"], each["id"]) for each in elements if not each["isDeleted"])


def test_what_differs_comes_back_one_version_up_and_the_rest_is_left_alone() -> None:
    same, moved, gone = element("same", 3), element("moved", 5, x=9), element("gone", 4, deleted=True)

    drawn = bring_back([same, moved, gone], [element("same", 1), element("moved", 2), element("gone", 2)])

    assert [(each["id"], each["version"], each["x"], each["isDeleted"]) for each in drawn] == [
        ("moved", 6, 0, False),
        ("gone", 5, 0, False),
    ]
    assert {each["updated"] for each in drawn} == {NOW}


def test_what_came_later_becomes_a_tombstone() -> None:
    drawn = bring_back([element("later", 8, x=4), element("dead", 3, deleted=True)], [])

    assert [(each["id"], each["version"], each["isDeleted"]) for each in drawn] == [("later", 9, True)]


def test_an_element_that_clients_could_not_edit_any_more_comes_back_as_a_copy() -> None:
    full = element("full", CLIENT_VERSION_LIMIT, x=9)
    label = element("label", 2, containerId="full")

    drawn = bring_back([full, label], [element("full", 3, boundElements=[{"id": "label", "type": "text"}]), label])

    board = after([full, label], drawn)
    [copy] = [each for each in board.values() if each["id"] not in ("full", "label")]
    assert board["full"]["isDeleted"]
    assert (copy["version"], copy["x"], copy["boundElements"]) == (3, 0, [{"id": "label", "type": "text"}])
    assert board["label"]["containerId"] == copy["id"], "what refers to it follows"
    assert (
        bring_back(board.values(), [element("full", 3, boundElements=[{"id": "label", "type": "text"}]), label]) == []
    )


def test_what_refers_to_a_copy_already_is_not_copied_the_second_time() -> None:
    full, near = element("full", CLIENT_VERSION_LIMIT - 1), element("near", CLIENT_VERSION_LIMIT - 2)
    then = [element("full", 1, x=1), element("near", 1, containerId="full")]

    board = after([full, near], bring_back([full, near], then))

    assert (board["near"]["isDeleted"], board["near"]["version"]) == (False, CLIENT_VERSION_LIMIT - 1)
    assert bring_back(board.values(), then) == []
    assert bring_back([*reversed(board.values())], [*reversed(then)]) == []


def test_at_the_very_end_of_versions_the_lower_nonce_wins() -> None:
    last = element("last", HIGHEST_VERSION, nonce=1)
    end = element("end", HIGHEST_VERSION, nonce=0)

    drawn = bring_back([last, end], [])

    assert after([last], drawn)["last"]["isDeleted"]
    assert [each["id"] for each in drawn] == ["last"], "nothing wins over nonce 0, so nothing is drawn"


VERSIONS = st.one_of(
    st.integers(0, 9), st.integers(CLIENT_VERSION_LIMIT - 2, CLIENT_VERSION_LIMIT + 2), st.just(HIGHEST_VERSION - 1)
)
IDS = st.sampled_from("abcdef")


@st.composite
def boards(draw: st.DrawFn) -> list[Json]:
    return [
        element(
            name,
            draw(VERSIONS),
            deleted=draw(st.booleans()),
            nonce=draw(st.integers(1, 9)),
            x=draw(st.integers(0, 3)),
            containerId=draw(st.none() | IDS),
        )
        for name in draw(st.sets(IDS))
    ]


@given(now=boards(), then=boards())
def test_any_board_becomes_what_any_other_was(now: list[Json], then: list[Json]) -> None:
    drawn = bring_back(now, then)

    board = after(now, drawn)
    wanted = [each for each in then if not each["isDeleted"]]
    alive = [each for each in board.values() if not each["isDeleted"]]
    assert sorted(each["x"] for each in alive) == sorted(each["x"] for each in wanted)
    assert len({each["id"] for each in drawn}) == len(drawn), "an op may hold an id once"
    for each in drawn:
        assert board[each["id"]] == each, "what is drawn wins"
        before = next((old for old in now if old["id"] == each["id"]), None)
        if before is not None:
            assert each["version"] == before["version"] + 1
        if not each["isDeleted"]:
            assert each["version"] < CLIENT_VERSION_LIMIT, "a client can go on from it"
    assert bring_back(board.values(), then) == [], "doing it again changes nothing"


@given(now=boards(), then=boards())
def test_references_lead_to_where_they_led(now: list[Json], then: list[Json]) -> None:
    board = after(now, bring_back(now, then))

    wanted = {each["id"]: each for each in then if not each["isDeleted"]}
    alive = {name: each for name, each in board.items() if not each["isDeleted"]}
    led = sorted(
        (each["x"], wanted[each["containerId"]]["x"]) for each in wanted.values() if each["containerId"] in wanted
    )
    lead = sorted(
        (each["x"], alive[each["containerId"]]["x"]) for each in alive.values() if each["containerId"] in alive
    )
    assert lead == led


@given(now=boards(), then=boards())
def test_ids_are_kept_where_there_is_room(now: list[Json], then: list[Json]) -> None:
    if any(each["version"] >= CLIENT_VERSION_LIMIT - 1 for each in now):
        return
    board = after(now, bring_back(now, then))

    assert looks(board.values()) == looks(then)
