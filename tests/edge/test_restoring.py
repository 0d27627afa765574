"""A board brought back to a version, and branched, for everybody to see."""

import asyncio

import pytest

from tests.edge.client import Person, connected, newer, rectangle
from tests.edge.test_versions import draw, living, saved

pytestmark = pytest.mark.integration


async def test_a_version_comes_back_live_and_nothing_of_the_history_is_lost(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")
    moved, erased, same = rectangle(), rectangle(), rectangle()
    await draw(ada, board_id, moved, erased, same)
    version = await saved(ada, board_id, "Before")
    later = rectangle()
    await draw(ada, board_id, newer(moved, x=900), newer(erased, isDeleted=True), later)
    mess = await saved(ada, board_id, "Mess")

    async with connected(grace.api, grace.token) as socket:
        await socket.send(kind="join", room=f"board:{board_id}", since=None)
        await socket.wait(lambda frame: frame["kind"] == "joined")
        restored = await ada.api.post(f"/api/boards/{board_id}/versions/{version['version_id']}/restore", {})
        # What was drawn before may be shown after the join: acknowledged is not yet in the room.
        event = await socket.event(
            board_id,
            lambda each: (
                each["type"] == "boards.draw"
                and (moved["id"], 3) in {(one["id"], one["version"]) for one in each["data"]["elements"]}
            ),
        )

    assert restored.status == 200, restored
    board = await living(ada, board_id, min_position=restored.body["position"])
    assert {name: (each["x"], each["version"]) for name, each in board.items()} == {
        moved["id"]: (moved["x"], 3),
        erased["id"]: (erased["x"], 3),
        same["id"]: (same["x"], 1),
    }
    assert event["actor"] == ada.user_id
    tombs = {each["id"]: each["version"] for each in event["data"]["elements"] if each["isDeleted"]}
    assert tombs == {later["id"]: 2}
    then = await living(ada, board_id, at=mess["position"])
    assert set(then) == {moved["id"], same["id"], later["id"]}, "what was before the restoring can still be seen"

    again = await ada.api.post(f"/api/boards/{board_id}/versions/{mess['version_id']}/restore", {})
    assert set(await living(ada, board_id, min_position=again.body["position"])) == set(then)


async def test_a_restoring_that_is_repeated_changes_nothing_more(ada: Person) -> None:
    board_id = await ada.board()
    box = rectangle()
    await draw(ada, board_id, box)
    version = await saved(ada, board_id)
    await draw(ada, board_id, newer(box, x=1), rectangle())
    path = f"/api/boards/{board_id}/versions/{version['version_id']}/restore"

    first, second = [await ada.api.post(path, {}) for _ in range(2)]

    assert (first.status, second.status) == (200, 200)
    board = await living(ada, board_id, min_position=second.body["position"])
    assert {name: each["version"] for name, each in board.items()} == {box["id"]: 3}


async def test_a_branch_begins_where_it_was_made_and_knows_from_where(
    ada: Person, grace: Person, stranger: Person
) -> None:
    board_id = await ada.board("Plane")
    await ada.grant(board_id, grace, "viewer")
    first = rectangle()
    position = await draw(ada, board_id, first)
    await draw(ada, board_id, newer(first, isDeleted=True), rectangle())
    path = f"/api/boards/{board_id}/branch"

    made = await grace.api.post(path, {"at": position, "title": "Other end"})

    assert made.status == 201, made
    assert (made.body["title"], made.body["role"]) == ("Other end", "owner")
    assert set(await living(grace, made.body["board_id"])) == {first["id"]}
    shown = (await grace.api.get(f"/api/boards/{made.body['board_id']}")).body
    assert shown["branched_from"] == {"board_id": board_id, "position": position}
    await grace.grant(made.body["board_id"], stranger, "viewer")
    assert "branched_from" not in (await stranger.api.get(f"/api/boards/{made.body['board_id']}")).body
    assert (await stranger.api.post(path, {"at": position})).code == "not_found"
    assert (await ada.api.post(path, {"at": "nonsense"})).paths == ["/at"]
    assert (await ada.api.post(path, {})).paths == ["/at"]
    by_time = await ada.api.post(path, {"at": "2001-01-01T00:00:00Z"})
    assert by_time.status == 201, by_time
    assert (by_time.body["title"], await living(ada, by_time.body["board_id"])) == ("Plane (branch)", {})


async def test_two_who_restore_at_once_end_with_one_board(ada: Person) -> None:
    board_id = await ada.board()
    boxes = [rectangle() for _ in range(20)]
    await draw(ada, board_id, *boxes)
    one = await saved(ada, board_id)
    await draw(ada, board_id, *(newer(box, x=5) for box in boxes))

    answers = await asyncio.gather(
        *(ada.api.post(f"/api/boards/{board_id}/versions/{one['version_id']}/restore", {}) for _ in range(3))
    )

    assert [answer.status for answer in answers] == [200, 200, 200]
    for answer in answers:
        board = await living(ada, board_id, min_position=answer.body["position"])
        assert {each["x"] for each in board.values()} == {boxes[0]["x"]}


async def test_an_earlier_state_is_kept_and_comes_back(ada: Person) -> None:
    board_id = await ada.board()
    first = rectangle()
    position = await draw(ada, board_id, first)
    await draw(ada, board_id, newer(first, isDeleted=True), rectangle(), rectangle())

    kept = await ada.api.post(f"/api/boards/{board_id}/versions", {"at": position, "name": "Then"})
    restored = await ada.api.post(f"/api/boards/{board_id}/versions/{kept.body['version_id']}/restore", {})

    assert (kept.status, restored.status) == (201, 200)
    assert (kept.body["elements"], kept.body["position"]) == (1, position)
    assert set(await living(ada, board_id, min_position=restored.body["position"])) == {first["id"]}
    assert (await ada.api.post(f"/api/boards/{board_id}/versions", {"at": "nonsense"})).paths == ["/at"]
