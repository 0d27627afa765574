"""Comments: threads on a board, by REST and live, for those who may."""

import pytest

from tests.edge.client import Answer, Api, Person, connected, register

pytestmark = pytest.mark.integration
ANCHOR = {"x": 10.5, "y": -3, "element_id": "PyTn5rsB4S0vV2RkyAhX9", "dx": 1, "dy": 2}


async def started(who: Person, board_id: str, text: str = "Look", **more: object) -> str:
    """A new thread; its id."""
    made = await who.api.post(f"/api/boards/{board_id}/comments", {"anchor": ANCHOR, "text": text, **more})
    assert made.status == 201, made
    return str(made.body["thread_id"])


def problem(answer: Answer) -> tuple[int, list[str]]:
    """A refusal: its status and paths."""
    return answer.status, answer.paths


async def test_a_thread_is_started_answered_resolved_and_read_at_once(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "commenter")
    path = f"/api/boards/{board_id}/comments"

    made = await ada.api.post(path, {"anchor": ANCHOR, "text": "Look, @Grace", "mention": [grace.user_id]})
    thread = f"{path}/{made.body['thread_id']}"
    replied = await grace.api.post(f"{thread}/replies", {"text": "Yes"})
    mine = replied.body["comments"][1]["comment_id"]
    edited = await grace.api.call("PATCH", f"{thread}/replies/{mine}", {"text": "Yes!"})
    resolved = await grace.api.post(f"{thread}/resolve")
    listed = await ada.api.get(path)

    assert (made.status, replied.status, edited.status, resolved.status) == (201, 201, 200, 200)
    assert listed.body == {"items": [resolved.body], "next": None}
    [shown] = listed.body["items"]
    assert (shown["anchor"], shown["resolved"], shown["resolved_by"]) == (ANCHOR, True, grace.user_id)
    assert [(each["author_name"], each["text"], each["mention"]) for each in shown["comments"]] == [
        ("Ada", "Look, @Grace", [grace.user_id]),
        ("Grace", "Yes!", []),
    ]
    assert [each["edited_at"] is not None for each in shown["comments"]] == [False, True]
    again = await ada.api.post(f"{thread}/replies", {"text": "Not yet"})
    assert (again.body["resolved"], again.body["resolved_at"]) == (False, None)
    moved = await ada.api.post(f"{thread}/move", {"anchor": {"x": 0, "y": 0}})
    assert moved.body["anchor"] == {"x": 0, "y": 0}
    for each in again.body["comments"]:
        assert (await ada.api.call("DELETE", f"{thread}/replies/{each['comment_id']}")).status == 204
    assert (await ada.api.get(path)).body["items"] == []


async def test_a_walk_meets_each_thread_once_and_can_leave_out_what_is_resolved(ada: Person) -> None:
    board_id = await ada.board()
    path = f"/api/boards/{board_id}/comments"
    made = [await started(ada, board_id, str(number)) for number in range(5)]
    await ada.api.post(f"{path}/{made[1]}/resolve")

    seen: list[str] = []
    cursor = ""
    while True:
        page = (await ada.api.get(f"{path}?limit=2{cursor}")).body
        seen += [thread["thread_id"] for thread in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    only = (await ada.api.get(f"{path}?resolved=true")).body["items"]
    others = (await ada.api.get(f"{path}?resolved=false")).body["items"]

    assert seen == list(reversed(made))
    assert [thread["thread_id"] for thread in only] == [made[1]]
    assert [thread["thread_id"] for thread in others] == [each for each in seen if each != made[1]]
    assert problem(await ada.api.get(f"{path}?resolved=maybe")) == (422, ["/resolved"])


async def test_viewers_read_and_strangers_do_not_know(ada: Person, grace: Person, stranger: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    path = f"/api/boards/{board_id}/comments"
    thread_id = await started(ada, board_id)

    assert [each["thread_id"] for each in (await grace.api.get(path)).body["items"]] == [thread_id]
    assert (await grace.api.post(f"{path}/{thread_id}/replies", {"text": "x"})).code == "forbidden"
    assert (await grace.api.get(f"/api/boards/{board_id}/people")).code == "forbidden"
    assert (await stranger.api.get(path)).code == "not_found"
    assert (await stranger.api.post(path, {"anchor": ANCHOR, "text": "x"})).code == "not_found"


async def test_words_of_somebody_else_and_threads_of_another_board(ada: Person, grace: Person) -> None:
    board_id, other = await ada.board(), await ada.board()
    await ada.grant(board_id, grace, "editor")
    made = (await ada.api.post(f"/api/boards/{board_id}/comments", {"anchor": ANCHOR, "text": "Mine"})).body
    thread_id, comment_id = made["thread_id"], made["comments"][0]["comment_id"]
    replies = f"/api/boards/{board_id}/comments/{thread_id}/replies"

    assert (await grace.api.call("PATCH", f"{replies}/{comment_id}", {"text": "x"})).code == "forbidden"
    assert (await grace.api.call("DELETE", f"{replies}/{comment_id}")).code == "forbidden"
    elsewhere = await ada.api.post(f"/api/boards/{other}/comments/{thread_id}/replies", {"text": "x"})
    assert elsewhere.code == "not_found"


async def test_a_comment_mentions_people_of_the_board_alone(ada: Person, grace: Person, stranger: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    body = {"anchor": ANCHOR, "text": "x", "mention": [grace.user_id, stranger.user_id]}

    answer = await ada.api.post(f"/api/boards/{board_id}/comments", body)
    people = (await ada.api.get(f"/api/boards/{board_id}/people")).body["items"]

    assert problem(answer) == (422, ["/mention/1"])
    assert people == [{"user_id": ada.user_id, "name": "Ada"}, {"user_id": grace.user_id, "name": "Grace"}]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"text": ""}, "/text"),
        ({"text": "x" * 4001}, "/text"),
        ({"anchor": {"x": 1}}, "/anchor/y"),
        ({"anchor": {"x": 1, "y": 1e999}}, ""),
        ({"mention": ["Grace"]}, "/mention/0"),
        ({"guest_name": "Somebody"}, "/guest_name"),
    ],
)
async def test_a_comment_that_is_none_is_refused_with_its_path(
    ada: Person, change: dict[str, object], path: str
) -> None:
    board_id = await ada.board()

    answer = await ada.api.post(f"/api/boards/{board_id}/comments", {"anchor": ANCHOR, "text": "x", **change})

    assert answer.status == (422 if path else 400), answer
    assert answer.paths == ([path] if path else [])


async def test_nobody_comments_on_a_board_that_is_put_away(ada: Person) -> None:
    board_id = await ada.board()
    path = f"/api/boards/{board_id}/comments"
    await started(ada, board_id)

    await ada.api.post(f"/api/boards/{board_id}/archive")
    archived = await ada.api.post(path, {"anchor": ANCHOR, "text": "x"})
    read = await ada.api.get(path)
    await ada.api.call("DELETE", f"/api/boards/{board_id}")
    trashed = await ada.api.get(path)

    assert (archived.code, len(read.body["items"]), trashed.code) == ("conflict", 1, "conflict")


async def test_the_room_hears_a_thread_in_order_and_who_joins_late_reads_it(
    api: Api, ada: Person, grace: Person, stranger: Person
) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")

    async with (
        connected(api, ada.token) as one,
        connected(api, grace.token) as two,
        connected(api, stranger.token) as three,
    ):
        await one.join(board_id)
        joined = await two.join(board_id)
        await three.send(kind="join", room=f"board:{board_id}", since=None, id="no")
        assert (await three.kind("reject", id="no"))["code"] == "not_found"
        await one.send(
            kind="send",
            id="t",
            type="comments.start_thread",
            data={"board_id": board_id, "anchor": ANCHOR, "text": "Live"},
        )
        answer = await one.kind("answer", id="t")
        thread_id = answer["facts"][0]["data"]["thread_id"]
        await ada.api.post(f"/api/boards/{board_id}/comments/{thread_id}/replies", {"text": "Again"})
        await ada.api.post(f"/api/boards/{board_id}/comments/{thread_id}/resolve")
        for socket in (one, two):
            await socket.event(board_id, lambda event: event["type"] == "comments.thread_resolved")
        heard = [event for event in two.events(board_id) if event["type"].startswith("comments.")]
        async with connected(api, grace.token) as late:
            await late.join(board_id, since=joined["cursor"])
            await late.event(board_id, lambda event: event["type"] == "comments.thread_resolved")
            replayed = [event for event in late.events(board_id) if event["type"].startswith("comments.")]
        frames = str(three.frames)

    assert [event["type"].partition(".")[2] for event in heard] == [
        "thread_started",
        "comment_added",
        "thread_resolved",
    ]
    assert [event["data"]["revision"] for event in heard] == [1, 2, 3]
    assert heard[0]["actor"] == ada.user_id
    assert (heard[0]["data"]["text"], heard[0]["data"]["anchor"]) == ("Live", ANCHOR)
    assert replayed == heard
    assert thread_id not in frames, "nobody hears of a board that he has no role on"
    [read] = (await grace.api.get(f"/api/boards/{board_id}/comments")).body["items"]
    assert [each["text"] for each in read["comments"]] == ["Live", "Again"]


async def test_a_guest_comments_when_his_link_says_so(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    path = f"/api/boards/{board_id}/comments"
    opened = {
        role: (await api.post(f"/api/links/{(await ada.link(board_id, role))['token']}/open", {"name": role})).body
        for role in ("commenter", "viewer")
    }
    commenter, viewer = (api.as_token(opened[role]["access_token"]) for role in ("commenter", "viewer"))

    made = await commenter.post(path, {"anchor": ANCHOR, "text": "By a guest"})
    refused = await viewer.post(path, {"anchor": ANCHOR, "text": "x"})
    [shown] = (await viewer.get(path)).body["items"]
    before = (await commenter.get(f"/api/boards/{board_id}/people")).body["items"]
    await started(ada, board_id)
    after = (await commenter.get(f"/api/boards/{board_id}/people")).body["items"]

    assert (made.status, refused.code) == (201, "forbidden")
    assert [(each["author_name"], each["text"]) for each in shown["comments"]] == [("commenter", "By a guest")]
    assert (before, after) == ([], [{"user_id": ada.user_id, "name": "Ada"}])


async def test_the_same_key_says_a_thing_once(ada: Person) -> None:
    board_id = await ada.board()
    path, key = f"/api/boards/{board_id}/comments", {"Idempotency-Key": f"say-{board_id}"}

    answers = [
        await ada.api.post(path, {"anchor": ANCHOR, "text": text}, headers=key) for text in ("once", "once", "other")
    ]

    assert [answer.status for answer in answers] == [201, 201, 409]
    assert answers[0].body["thread_id"] == answers[1].body["thread_id"]
    assert len((await ada.api.get(path)).body["items"]) == 1


async def test_somebody_who_is_gone_leaves_his_words(api: Api, ada: Person) -> None:
    board_id, leaving = await ada.board(), await register(api, "Leaving")
    await ada.grant(board_id, leaving, "commenter")
    await started(leaving, board_id, "I was here")

    async with connected(api, ada.token) as owner:
        await owner.join(board_id)
        gone = await leaving.api.call("DELETE", "/api/me", {"password": leaving.password})
        await owner.event(board_id, lambda event: event["type"] == "comments.person_forgotten")
    [shown] = (await ada.api.get(f"/api/boards/{board_id}/comments")).body["items"]

    assert gone.status == 204
    assert [(each["author_id"], each["author_name"], each["text"]) for each in shown["comments"]] == [
        (None, None, "I was here")
    ]
