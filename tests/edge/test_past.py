"""A board as it was, its history and its ops, by HTTP."""

import asyncio
import time
from itertools import pairwise

import orjson
import pytest

from tests.edge.client import Answer, Person, connected, newer, rectangle

pytestmark = pytest.mark.integration
LIMIT_SECONDS = 60


async def draw(person: Person, board_id: str, *elements: dict) -> str:
    """Draw by HTTP; gives the position."""
    answer = await person.api.post(f"/api/boards/{board_id}/elements", {"elements": list(elements)})
    assert answer.status == 200, answer
    return str(answer.body["position"])


async def read(person: Person, path: str) -> dict:
    """What a path gives. The archive may be behind for a moment: then it says so, and is asked again."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        answer = await person.api.get(path)
        if answer.status != 503 or time.monotonic() > deadline:
            assert answer.status == 200, answer
            return answer.body
        await asyncio.sleep(0.05)


def refused(answer: Answer) -> tuple[int, str, list[str]]:
    return answer.status, answer.code, answer.paths


async def test_every_state_that_a_board_ever_had_is_read_again(ada: Person) -> None:
    board_id = await ada.board()
    box, other = rectangle(), rectangle(index="a1")
    moved = newer(box, x=7)
    gone = newer(moved, isDeleted=True)
    states = [(await draw(ada, board_id, box), [box]), (await draw(ada, board_id, other), [box, other])]
    states += [(await draw(ada, board_id, moved), [moved, other]), (await draw(ada, board_id, gone), [other])]

    for position, elements in reversed(states):
        then = await read(ada, f"/api/boards/{board_id}/elements?at={position}")
        assert (then["elements"], then["position"], then["complete"]) == (elements, position, True)
        assert set(then) >= {"board_id", "epoch", "cursor", "position", "complete", "elements"}
    last = states[-1][0]
    changed = await read(ada, f"/api/boards/{board_id}/elements?since={then['cursor']}&min_position={last}")
    exported = await read(ada, f"/api/boards/{board_id}/export?at={states[1][0]}")

    assert [each["id"] for each in changed["elements"]] == [gone["id"], other["id"]]
    assert [each["id"] for each in exported["elements"]] == [box["id"], other["id"]]


async def test_the_position_that_elements_tell_is_a_moment_too(ada: Person) -> None:
    board_id, box = await ada.board(), rectangle()
    empty = await read(ada, f"/api/boards/{board_id}/elements")
    position = await draw(ada, board_id, box)
    now = await read(ada, f"/api/boards/{board_id}/elements?min_position={position}")

    before = await read(ada, f"/api/boards/{board_id}/elements?at={empty['position']}")
    then = await read(ada, f"/api/boards/{board_id}/elements?at={now['position']}")

    assert (before["elements"], before["position"]) == ([], None)
    assert then["elements"] == [box]


async def test_a_time_means_everything_until_then(ada: Person) -> None:
    board_id, box = await ada.board(), rectangle()
    created = (await ada.api.get(f"/api/boards/{board_id}")).body["created_at"]
    await draw(ada, board_id, box)
    [op] = (await read(ada, f"/api/boards/{board_id}/ops"))["items"]
    await draw(ada, board_id, newer(box, x=1))

    assert (await read(ada, f"/api/boards/{board_id}/elements?at={created}"))["elements"] == []
    assert (await read(ada, f"/api/boards/{board_id}/elements?at={op['time']}"))["elements"] == [box]
    assert (await read(ada, f"/api/boards/{board_id}/elements?at=2100-01-01T00:00:00Z"))["elements"][0]["x"] == 1


async def test_a_moment_that_is_none_is_refused(ada: Person, stranger: Person) -> None:
    one, two = await ada.board(), await ada.board()
    foreign = await draw(ada, two, rectangle())
    cursor = (await ada.api.get(f"/api/boards/{one}/elements")).body["cursor"]
    position = await draw(ada, one, rectangle())

    for query in (
        "at=now",
        "at=2026-13-01T00:00:00Z",
        f"at={foreign}",
        f"since={cursor}&at={position}",
        f"at={cursor}",
    ):
        answer = await ada.api.get(f"/api/boards/{one}/elements?{query}")
        assert refused(answer) == (422, "schema_invalid", ["/at"]), query
    for path in ("elements", "export", "history", "ops"):
        assert (await stranger.api.get(f"/api/boards/{one}/{path}?at={position}")).status == 404


async def test_the_same_past_is_not_sent_twice(ada: Person) -> None:
    board_id = await ada.board()
    position = await draw(ada, board_id, *(rectangle(index=f"a{n}") for n in range(9)))
    await read(ada, f"/api/boards/{board_id}/elements?at={position}")
    path = f"/api/boards/{board_id}/elements?at={position}"

    first = await ada.api.get(path, headers={"Accept-Encoding": "gzip"})
    again = await ada.api.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Content-Encoding"] == "gzip"
    assert len(first.body["elements"]) == 9
    assert again.status == 304


async def test_the_history_counts_every_op_once_in_the_bucket_of_its_time(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    granted = await ada.api.post(f"/api/boards/{board_id}/grants", {"email": grace.email, "role": "editor"})
    assert granted.status == 201
    positions = [await draw(who, board_id, rectangle()) for who in (ada, grace, ada, ada)]

    ops = (await read(ada, f"/api/boards/{board_id}/ops"))["items"]
    whole = (await read(ada, f"/api/boards/{board_id}/history?buckets=1"))["buckets"]
    fifty = (await read(ada, f"/api/boards/{board_id}/history"))["buckets"]
    start, end = ops[1]["time"], ops[3]["time"]
    middle = (await read(ada, f"/api/boards/{board_id}/history?from={start}&to={end}&buckets=3"))["buckets"]
    before = await read(ada, f"/api/boards/{board_id}/history?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z")

    assert [op["position"] for op in ops] == positions
    assert [op["actor"] for op in ops] == [each.user["user_id"] for each in (ada, grace, ada, ada)]
    [bucket] = whole
    assert (bucket["count"], bucket["position"]) == (4, positions[-1])
    assert set(bucket["actors"]) == {ada.user["user_id"], grace.user["user_id"]}
    assert (len(fifty), sum(each["count"] for each in fifty), fifty[-1]["position"]) == (50, 4, positions[-1])
    assert all(one["to"] == two["from"] for one, two in pairwise(fifty))
    # The first is included, the last is not; two ops may be of one millisecond.
    expected = [op for op in ops if start <= op["time"] < end]
    assert sum(each["count"] for each in middle) == len(expected)
    assert middle[-1]["position"] == (expected[-1]["position"] if expected else None)
    assert {(each["count"], each["position"]) for each in before["buckets"]} == {(0, None)}


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("buckets=0", "/buckets"),
        ("buckets=1001", "/buckets"),
        ("buckets=ten", "/buckets"),
        ("from=yesterday", "/from"),
        ("to=2026", "/to"),
        ("from=2100-01-01T00:00:00Z", "/from"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "/to"),
    ],
)
async def test_a_history_that_cannot_be_is_refused_with_its_parameter(ada: Person, query: str, path: str) -> None:
    answer = await ada.api.get(f"/api/boards/{await ada.board()}/history?{query}")

    assert refused(answer) == (422, "schema_invalid", [path])


async def test_ops_are_walked_in_pages_both_ways_and_by_person(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.api.post(f"/api/boards/{board_id}/grants", {"email": grace.email, "role": "editor"})
    drawn = [await draw(grace if n % 3 == 1 else ada, board_id, rectangle(x=n)) for n in range(7)]
    path = f"/api/boards/{board_id}/ops"

    async def walk(query: str) -> list[str]:
        found: list[str] = []
        page = await read(ada, f"{path}?limit=2&{query}")
        while True:
            found += [op["position"] for op in page["items"]]
            if page["next"] is None:
                return found
            page = await read(ada, f"{path}?limit=2&{query}&cursor={page['next']}")

    assert await walk("") == drawn
    assert await walk("order=newest") == drawn[::-1]
    assert await walk(f"from={drawn[1]}&to={drawn[4]}") == drawn[2:5]
    assert await walk(f"actor={grace.user['user_id']}") == [drawn[1], drawn[4]]
    assert await walk(f"actor={grace.user['user_id']}&order=newest") == [drawn[4], drawn[1]]
    [op] = (await read(ada, f"{path}?limit=1"))["items"]
    [bare] = (await read(ada, f"{path}?limit=1&data=false"))["items"]
    assert op["data"]["elements"][0]["x"] == 0
    assert bare == {name: value for name, value in op.items() if name != "data"}


async def test_ops_that_the_edge_joined_are_moments_of_their_own(ada: Person) -> None:
    board_id, boxes = await ada.board(), [rectangle(x=n) for n in range(20)]
    async with connected(ada.api, ada.token) as socket:
        sent = [await socket.draw(board_id, box, wait=False) for box in boxes]
        positions = [(await socket.kind("ack", id=each))["position"] for each in sent]

    for n in (19, 7, 0):
        then = await read(ada, f"/api/boards/{board_id}/elements?at={positions[n]}")
        assert {each["id"] for each in then["elements"]} == {box["id"] for box in boxes[: n + 1]}


async def test_a_guest_stands_in_the_past_under_the_name_that_he_had_then(ada: Person) -> None:
    board_id, box = await ada.board(), rectangle()
    link = await ada.link(board_id, "editor")
    nobody = ada.api.as_token(None)
    came = await nobody.post(f"/api/links/{link['token']}/open", {"name": "Марина"})
    first = ada.api.as_token(came.body["access_token"])
    assert (await first.post(f"/api/boards/{board_id}/elements", {"elements": [box]})).status == 200
    again = await first.post(f"/api/links/{link['token']}/open", {"name": "Marina"})
    second = ada.api.as_token(again.body["access_token"])
    moved = await second.post(f"/api/boards/{board_id}/elements", {"elements": [newer(box, x=7)]})
    guest = (await second.get("/api/me")).body["user_id"]
    last = await draw(ada, board_id, newer(box, version=9))

    ops = (await read(ada, f"/api/boards/{board_id}/ops?to={last}"))["items"]
    [bucket] = (await read(ada, f"/api/boards/{board_id}/history?buckets=1"))["buckets"]

    assert moved.status == 200, moved
    assert [each.get("guest_name") for each in ops] == ["Марина", "Marina", None]
    assert bucket["guests"] == {guest: "Marina"}
    assert set(bucket["actors"]) == {guest, ada.user_id}


@pytest.mark.timeout(300)
async def test_a_page_of_heavy_ops_is_short_and_the_walk_meets_each_once(ada: Person) -> None:
    board_id = await ada.board()
    heavy = "x" * 200_000
    drawn = [rectangle(customData={"heavy": heavy, "number": number}) for number in range(50)]
    for start in range(0, 50, 4):
        await drawn_when_there_is_room(ada, board_id, drawn[start : start + 4])

    for order in ("oldest", "newest"):
        for who in ("", f"&actor={ada.user_id}"):
            met, sizes, cursor = list[str](), list[int](), ""
            while cursor is not None:
                path = f"/api/boards/{board_id}/ops?limit=200&order={order}{who}{cursor and f'&cursor={cursor}'}"
                page = await read(ada, path)
                sizes.append(sum(len(orjson.dumps(each)) for each in page["items"]))
                met += [each["id"] for op in page["items"] for each in op["data"]["elements"]]
                cursor = page["next"]
            assert sorted(met) == sorted(each["id"] for each in drawn)
            assert len(sizes) > 1
            assert max(sizes) < 10 * 1024 * 1024


async def drawn_when_there_is_room(person: Person, board_id: str, elements: list[dict]) -> None:
    """Draw, however often the rate of bytes says later."""
    while True:
        answer = await person.api.post(f"/api/boards/{board_id}/elements", {"elements": elements})
        if answer.status != 429:
            assert answer.status == 200, answer
            return
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("to=9999-12-31T23:59:59-23:59", "/to"),
        ("from=0001-01-01T00:00:00%2B23:59", "/from"),
        ("from=9999-12-31T23:59:59Z", "/from"),
        ("buckets=1001", "/buckets"),
        ("buckets=" + "9" * 5000, "/buckets"),
    ],
)
async def test_a_range_beyond_the_calendar_is_refused_at_its_place(ada: Person, query: str, path: str) -> None:
    board_id = await ada.board()

    answer = await ada.api.get(f"/api/boards/{board_id}/history?{query}")

    assert refused(answer) == (422, "schema_invalid", [path])
