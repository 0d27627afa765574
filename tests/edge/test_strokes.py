"""A stroke that grows by points: who takes them gets them, everybody else whole elements, and all hold the same."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.edge.client import Json, Person, Socket, connected, newer, rectangle

pytestmark = pytest.mark.integration

APPEND = "boards.append_points"


def stroke(**changes: Any) -> Json:
    """A stroke of one point, as the editor begins it."""
    return rectangle(
        type="freedraw",
        points=[[0, 0]],
        pressures=[],
        simulatePressure=True,
        lastCommittedPoint=None,
        width=0,
        height=0,
        **changes,
    )


def grow(element: Json, *points: list[float]) -> tuple[Json, Json]:
    """The op that appends points, without its board, and the element after it."""
    grown = newer(element, points=[*element["points"], *points], width=9, height=9, updated=element["updated"] + 1)
    names = ("version", "versionNonce", "width", "height", "updated")
    op = {
        "element_id": element["id"],
        "base": {name: element[name] for name in ("version", "versionNonce")},
        "points": list(points),
        **{name: grown[name] for name in names},
    }
    return op, grown


async def send(socket: Socket, board_id: str, op: Json, identifier: str) -> Json:
    """Send an append; its ack or reject."""
    await socket.send(kind="send", id=identifier, type=APPEND, data={"board_id": board_id, **op})
    return await socket.wait(lambda frame: frame.get("id") == identifier and frame["kind"] in ("ack", "reject"))


@pytest.fixture
async def modern(ada: Person) -> AsyncIterator[Socket]:
    async with connected(ada.api) as socket:
        await socket.send(kind="hello", token=ada.token, features=["append_points", "of tomorrow"])
        welcome = await socket.kind("welcome")
        assert "append_points" in welcome["features"]
        yield socket


@pytest.fixture
async def plain(ada: Person) -> AsyncIterator[Socket]:
    async with connected(ada.api, ada.token) as socket:
        yield socket


async def elements(ada: Person, board_id: str, position: str) -> list[Json]:
    found = await ada.api.get(f"/api/boards/{board_id}/elements?min_position={position}")
    assert found.status == 200, found
    return list(found.body["elements"])


async def test_points_reach_those_who_take_them_and_others_see_the_whole_element(
    ada: Person, modern: Socket, plain: Socket
) -> None:
    board_id = await ada.board()
    await modern.join(board_id)
    await plain.join(board_id)
    start = stroke()
    await modern.draw(board_id, start)
    one, after_one = grow(start, [1.5, 2], [3, 4.25])
    two, after_two = grow(after_one, [5, 6])

    await send(modern, board_id, one, "one")
    answer = await send(modern, board_id, two, "two")

    last = await modern.event(board_id, lambda event: event["client_id"] == "two")
    assert (last["type"], last["data"]) == (APPEND, two)
    shown = await plain.event(board_id, lambda event: event["client_id"] == "two")
    assert (shown["type"], shown["data"]["elements"]) == ("boards.draw", [after_two])
    for name in ("seq", "id", "actor", "connection", "time"):
        assert shown[name] == last[name]
    assert [event["seq"] for event in plain.events(board_id)] == [1, 2, 3]
    assert await elements(ada, board_id, answer["position"]) == [after_two]


async def test_points_on_another_state_than_their_base_are_acked_and_change_nothing(
    ada: Person, modern: Socket, plain: Socket
) -> None:
    board_id = await ada.board()
    await modern.join(board_id)
    await plain.join(board_id)
    start = stroke()
    await modern.draw(board_id, start)
    one, after_one = grow(start, [1, 1])
    other, _ = grow(start, [2, 2])
    await send(modern, board_id, one, "one")

    for identifier, op in (("again", one), ("other", other)):
        answer = await send(modern, board_id, op, identifier)
        assert answer["kind"] == "ack"
    await plain.event(board_id, lambda event: event["client_id"] == "other")

    assert await elements(ada, board_id, answer["position"]) == [after_one]
    drawn = [element for event in plain.events(board_id) for element in event["data"]["elements"]]
    assert max(drawn, key=lambda element: element["version"]) == after_one


async def test_who_resumes_gets_what_was_missed_in_the_form_that_he_takes(
    ada: Person, modern: Socket, plain: Socket
) -> None:
    board_id = await ada.board()
    start = await plain.join(board_id)
    await modern.join(board_id)
    element = stroke()
    await modern.draw(board_id, element)
    for n in range(5):
        op, element = grow(element, [n, n])
        await send(modern, board_id, op, f"n{n}")

    async with connected(ada.api, ada.token) as late, connected(ada.api) as later:
        await late.join(board_id, start["cursor"])
        await late.event(board_id, lambda event: event["client_id"] == "n4")
        await later.send(kind="hello", token=ada.token, features=["append_points"])
        await later.kind("welcome")
        await later.join(board_id, start["cursor"])
        await later.event(board_id, lambda event: event["client_id"] == "n4")

        assert [event["type"] for event in later.events(board_id)] == ["boards.draw", *[APPEND] * 5]
        assert [event["seq"] for event in late.events(board_id)] == [1, 2, 3, 4, 5, 6]
        drawn = [one for event in late.events(board_id) for one in event["data"]["elements"]]
        assert max(drawn, key=lambda one: one["version"]) == element


async def test_elements_say_how_far_they_go_and_events_of_points_where_they_stand(ada: Person, modern: Socket) -> None:
    board_id = await ada.board()
    await modern.join(board_id)
    start = stroke()
    await modern.draw(board_id, start)
    op, after = grow(start, [1, 1])
    answer = await send(modern, board_id, op, "one")
    event = await modern.event(board_id, lambda event: event["client_id"] == "one")

    found = await ada.api.get(f"/api/boards/{board_id}/elements?min_position={answer['position']}")

    contains = found.body["contains"]
    assert (contains["log"], event["offset"] < contains["next"]) == (event["log"], True)
    assert found.body["elements"] == [after]


async def test_points_by_rest_give_a_position(ada: Person) -> None:
    board_id = await ada.board()
    start = stroke()
    await ada.api.post(f"/api/boards/{board_id}/elements", {"elements": [start]})
    one, after_one = grow(start, [1, 1])
    two, after_two = grow(after_one, [2, 2])

    by_type = await ada.api.post(f"/api/actions/{APPEND}", {"board_id": board_id, **one})
    element_id = two.pop("element_id")
    by_route = await ada.api.post(f"/api/boards/{board_id}/elements/{element_id}/points", two)

    assert (by_type.status, by_route.status) == (200, 200), (by_type, by_route)
    assert await elements(ada, board_id, by_route.body["position"]) == [after_two]


async def test_what_could_never_take_effect_is_refused_with_its_path(ada: Person, modern: Socket) -> None:
    board_id = await ada.board()
    good, _ = grow(stroke(), [1, 1])

    wrongs: tuple[tuple[Json, str], ...] = (
        ({"points": []}, "/points"),
        ({"points": [[1]]}, "/points/0"),
        ({"pressures": [0.5, 0.5]}, "/pressures"),
        ({"version": good["base"]["version"] - 1}, "/version"),
        ({"version": 2**30 + 1}, "/version"),
        ({"strokeColor": "#ff0000"}, "/strokeColor"),
    )
    for number, (wrong, path) in enumerate(wrongs):
        answer = await send(modern, board_id, good | wrong, f"wrong {number}")
        assert (answer["kind"], answer["code"]) == ("reject", "schema_invalid"), answer
        assert path in [error["path"] for error in answer["errors"]]


async def test_points_need_the_right_to_draw(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    op, _ = grow(stroke(), [1, 1])
    unseen = await grace.api.post(f"/api/actions/{APPEND}", {"board_id": board_id, **op})
    await ada.grant(board_id, grace, "commenter")
    seen = await grace.api.post(f"/api/actions/{APPEND}", {"board_id": board_id, **op})

    assert (unseen.status, seen.status) == (404, 403)


async def test_a_hello_with_features_of_another_form_is_refused_by_its_path(ada: Person, plain: Socket) -> None:
    await plain.send(kind="hello", id="h", token=ada.token, features="append_points")

    refused = await plain.kind("reject", id="h")

    assert refused["errors"] == [{"path": "/features", "message": refused["errors"][0]["message"], "in": "frame"}]


async def test_a_long_stroke_among_other_edits_ends_the_same_for_everybody(
    ada: Person, modern: Socket, plain: Socket
) -> None:
    board_id = await ada.board()
    await modern.join(board_id)
    await plain.join(board_id)
    chance = random.Random(7)
    element = stroke()
    await modern.draw(board_id, element)
    for n in range(60):
        if chance.random() < 0.1:
            element = newer(element, strokeColor=f"#{n:06d}")
            await plain.draw(board_id, element)
        else:
            op, element = grow(element, *[[n + step / 8, chance.random()] for step in range(chance.randint(1, 5))])
            await send(modern, board_id, op, f"n{n}")
    answer = await send(modern, board_id, grow(element, [0, 0])[0], "end")

    await plain.event(board_id, lambda event: event["client_id"] == "end")
    [held] = await elements(ada, board_id, answer["position"])
    drawn = [one for event in plain.events(board_id) for one in event["data"]["elements"]]
    assert max(drawn, key=lambda one: one["version"]) == held
    assert [event["seq"] for event in plain.events(board_id)] == list(range(1, 63))
    assert held["points"] == [*element["points"], [0, 0]]
