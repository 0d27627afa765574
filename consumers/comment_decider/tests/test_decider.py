"""Comments in PostgreSQL: what the facts say is what the views show, whatever comes at once."""

from typing import Any

import pytest

from consumers.tests.court import Court, Someone, Verdict, at_once
from edge.queries import comments as queries
from edge.queries.pages import Page, read_cursor
from schemas.ids import new_id

pytestmark = pytest.mark.integration
ANCHOR = {"x": 10, "y": 20.5, "element_id": "PyTn5rsB4S0vV2RkyAhX9", "dx": 1, "dy": 2}


async def act(
    court: Court, who: Someone | None, name: str, board_id: str, *, via: str | None = None, **data: object
) -> Verdict:
    envelope: dict[str, Any] = {} if via is None else {"via": via}
    actor = None if who is None else who.user_id
    return await court.say(f"comments.{name}", {"board_id": board_id, **data}, actor=actor, **envelope)


async def thread(court: Court, who: Someone, board_id: str, **data: object) -> tuple[str, str]:
    """A new thread and its first comment."""
    ids = {"thread_id": new_id(), "comment_id": new_id()}
    verdict = await act(court, who, "start_thread", board_id, **{"anchor": ANCHOR, "text": "Look", **ids, **data})
    assert verdict.code is None, verdict.answer
    return ids["thread_id"], ids["comment_id"]


async def comments(court: Court, thread_id: str) -> list[dict[str, Any]]:
    return await court.rows(
        "select author_id::text, guest_name, text, mention::text[] as mention, edited_at"
        " from comment_decider.comments_v1 where thread_id = $1 order by written_at, comment_id",
        thread_id,
    )


async def test_the_life_of_a_thread(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    board_id = await court.board(ada)
    await court.grant(ada, board_id, grace, "commenter")

    thread_id, first = await thread(court, ada, board_id, mention=[grace.user_id])
    reply_id = new_id()
    await act(court, ada, "resolve_thread", board_id, thread_id=thread_id)
    again = await act(court, grace, "reply", board_id, thread_id=thread_id, comment_id=reply_id, text="Yes")
    await act(court, grace, "edit_comment", board_id, thread_id=thread_id, comment_id=reply_id, text="Yes!")
    said = await comments(court, thread_id)
    await act(court, ada, "delete_comment", board_id, thread_id=thread_id, comment_id=reply_id)
    last = await act(court, ada, "delete_comment", board_id, thread_id=thread_id, comment_id=first)

    assert again.names == ["thread_reopened", "comment_added"]
    assert [(each["author_id"], each["text"], each["mention"]) for each in said] == [
        (ada.user_id, "Look", [grace.user_id]),
        (grace.user_id, "Yes!", []),
    ]
    assert [each["edited_at"] is None for each in said] == [True, False]
    assert last["comment_deleted"]["thread_ended"] is True
    assert last["comment_deleted"]["revision"] == 7
    assert await court.rows("select * from comment_decider.threads_v1 where thread_id = $1", thread_id) == []


async def test_a_guest_comments_by_his_link_and_is_named_in_the_table_alone(court: Court) -> None:
    ada = await court.register()
    board_id, link_id, guest = await court.board(ada), new_id(), new_id()
    await court.say(
        "boards.create_link", {"board_id": board_id, "link_id": link_id, "role": "commenter"}, actor=ada.user_id
    )
    data = {"thread_id": new_id(), "comment_id": new_id(), "anchor": ANCHOR, "text": "Hi", "guest_name": "Марина"}
    whole = {"board_id": board_id, **data}

    told = await court.say("comments.start_thread", whole, actor=guest, via=link_id)
    [said] = await comments(court, data["thread_id"])
    await court.say("boards.revoke_link", {"board_id": board_id, "link_id": link_id}, actor=ada.user_id)
    late = {"board_id": board_id, "thread_id": data["thread_id"], "comment_id": new_id(), "text": "late"}
    refused = await court.say("comments.reply", late, actor=guest, via=link_id)

    assert (said["author_id"], said["guest_name"]) == (guest, "Марина")
    assert "Марина" not in str(told.told)
    assert refused.code == "not_found"


async def test_the_name_of_an_account_is_not_kept_here_whatever_the_record_says(court: Court) -> None:
    ada = await court.register()
    thread_id, _ = await thread(court, ada, await court.board(ada), guest_name="Somebody")

    assert [each["guest_name"] for each in await comments(court, thread_id)] == [None]


async def test_an_erased_person_leaves_words_without_an_author(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    board_id = await court.board(ada)
    await court.grant(ada, board_id, grace, "commenter")
    thread_id, _ = await thread(court, ada, board_id, mention=[grace.user_id, ada.user_id])
    await act(court, grace, "reply", board_id, thread_id=thread_id, comment_id=new_id(), text="Yes")

    gone = await court.say("identity.delete_user", {"user_id": grace.user_id}, actor=grace.user_id)

    assert "person_forgotten" in gone.names, gone.answer
    said = await comments(court, thread_id)
    assert [(each["author_id"], each["text"], each["mention"]) for each in said] == [
        (ada.user_id, "Look", [ada.user_id]),
        (None, "Yes", []),
    ]
    assert grace.user_id not in str((await court.dump())["comment_decider.comments"])
    late = await act(court, grace, "reply", board_id, thread_id=thread_id, comment_id=new_id(), text="late")
    assert late.code == "not_found"


async def test_replies_at_once_have_numbers_of_their_own(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada)
    thread_id, _ = await thread(court, ada, board_id)

    verdicts = await at_once(
        *(act(court, ada, "reply", board_id, thread_id=thread_id, comment_id=new_id(), text=str(n)) for n in range(5))
    )

    # On the log they stand one after the other; the author's lock keeps even two owners of a partition apart.
    assert sorted(verdict["comment_added"]["revision"] for verdict in verdicts) == [2, 3, 4, 5, 6]
    assert len(await comments(court, thread_id)) == 6


async def test_a_page_of_threads_ends_where_it_grows_heavy_and_the_next_goes_on(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada)
    made = [(await thread(court, ada, board_id))[0] for _ in range(4)]
    pool = court.benches[0].pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role doska_comment_decider")
        for thread_id in made[:3]:
            await connection.execute(
                "insert into comment_decider.comments (comment_id, thread_id, board_id, text, mention, written_at)"
                " select gen_random_uuid(), $1, $2, repeat('Д', 4000), '{}', now() from generate_series(1, 300)",
                thread_id,
                board_id,
            )

    found, pages, cursor = list[str](), list[int](), None
    while not pages or cursor is not None:
        page = await queries.threads(pool, board_id, None, Page(200, read_cursor("comments", cursor)))
        pages.append(len(page["items"]))
        found += [each["thread_id"] for each in page["items"]]
        cursor = page["next"]

    assert found == made[::-1]
    # The light one and a heavy one, and then two of more than two megabytes are too much for one answer.
    assert pages == [2, 1, 1]
