"""Files as they are decided and kept: rights from the boards' own tables, quotas under races, copies, cleaning."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from consumers.tests.court import QUOTA_BYTES, Court, Someone, Verdict, at_once
from edge.queries import spent_files
from schemas.ids import new_id
from topics.errors import Retry

pytestmark = pytest.mark.integration
SHA = "ab" * 32
REACH = "select board_id::text from file_decider.reach_v1 where file_id = $1"


async def act(court: Court, action: str, board_id: str, who: Someone | None, /, **data: Any) -> Verdict:
    """Something asked of files; `via` is a guest's link."""
    via = data.pop("via", None)
    actor = None if who is None else who.user_id
    return await court.say(f"files.{action}", {"board_id": board_id, **data}, actor=actor, via=via)


async def request(court: Court, board_id: str, who: Someone, size: int = 100, **more: Any) -> Verdict:
    """A place for a file."""
    told = {"file_id": new_id(), "name": "birds.png", "mime": "image/png", "size": size, "sha256": SHA}
    while True:
        try:
            return await act(court, "request_upload", board_id, who, **{**told, **more})
        except Retry:  # the engine would do it again in its place
            await asyncio.sleep(0.01)


async def ready(court: Court, board_id: str, who: Someone, size: int = 100) -> str:
    """A file that was found good."""
    file_id = str((await request(court, board_id, who, size))["file_requested"]["file_id"])
    await act(court, "complete_upload", board_id, who, file_id=file_id)
    good = {"file_id": file_id, "reason": None, "width": 8, "height": 8, "thumbnail": True}
    assert (await act(court, "settle_file", board_id, None, **good)).names == ["file_ready"]
    return file_id


async def status(court: Court, file_id: str) -> str:
    """How far a file is."""
    [row] = await court.rows("select status from file_decider.files_v1 where file_id = $1", file_id)
    return str(row["status"])


async def test_rights_are_those_of_the_board_and_of_a_guests_link_while_it_is_valid(court: Court) -> None:
    ada, grace = await court.register("Ada"), await court.register("Grace")
    board_id = await court.board(ada)
    links = {}
    for role in ("editor", "viewer"):
        links[role] = new_id()
        data = {"board_id": board_id, "link_id": links[role], "role": role}
        await court.say("boards.create_link", data, actor=ada.user_id)

    before = await request(court, board_id, grace)
    by_link = {role: await request(court, board_id, grace, via=link) for role, link in links.items()}
    revoked = {"board_id": board_id, "link_id": links["editor"]}
    await court.say("boards.revoke_link", revoked, actor=ada.user_id)
    after = await request(court, board_id, grace, via=links["editor"])
    await court.grant(ada, board_id, grace, "commenter")

    assert (before.code, after.code) == ("not_found", "not_found")
    assert (by_link["editor"].code, by_link["viewer"].code) == (None, "forbidden")
    assert (await request(court, board_id, grace)).code == "forbidden"


async def test_a_quota_holds_when_many_ask_at_once_on_several_boards(court: Court) -> None:
    ada = await court.register("Ada")
    boards = [await court.board(ada) for _ in range(4)]

    asked = await at_once(*(request(court, board_id, ada, QUOTA_BYTES // 4) for board_id in boards * 2))

    codes = [verdict.code for verdict in asked]
    assert (codes.count(None), codes.count("conflict")) == (4, 4)
    refused = next(verdict for verdict in asked if verdict.code == "conflict")
    assert refused.answer["errors"][0]["path"] == "/size"
    court.later(hours=2)
    assert (await request(court, boards[0], ada, QUOTA_BYTES)).code is None


async def test_a_finding_counts_once_and_refused_bytes_take_no_room(court: Court) -> None:
    ada = await court.register("Ada")
    board_id = await court.board(ada)
    file_id = str((await request(court, board_id, ada, QUOTA_BYTES))["file_requested"]["file_id"])
    bad = {"file_id": file_id, "reason": {"path": "/mime", "message": "is broken"}, "width": None, "height": None}

    uploaded = await act(court, "complete_upload", board_id, ada, file_id=file_id)
    twice = [await act(court, "settle_file", board_id, None, thumbnail=False, **bad) for _ in range(2)]

    assert [uploaded.names, *(verdict.names for verdict in twice)] == [["file_uploaded"], ["file_rejected"], []]
    assert await status(court, file_id) == "rejected"
    assert (await act(court, "complete_upload", board_id, ada, file_id=file_id)).code is None
    assert (await request(court, board_id, ada, QUOTA_BYTES)).code is None


async def test_a_copy_of_a_copy_shows_the_file_and_a_stranger_gets_none_by_copying(court: Court) -> None:
    ada, grace = await court.register("Ada"), await court.register("Grace")
    first, second, third = [await court.board(ada) for _ in range(3)]
    hers = await court.board(grace)
    file_id, private = await ready(court, first, ada), await ready(court, third, ada)
    ids = {"file_ids": [file_id, private, new_id()]}

    copied = await act(court, "share_files", second, ada, source_board_id=first, **ids)
    again = await act(court, "share_files", second, ada, source_board_id=first, **ids)
    refused = await act(court, "share_files", hers, grace, source_board_id=first, **ids)
    await court.grant(ada, second, grace, "viewer")
    taken = await act(court, "share_files", hers, grace, source_board_id=second, **ids)

    assert (copied["files_shared"]["file_ids"], again.names) == ([file_id], [])
    assert refused.code == "not_found"
    assert taken["files_shared"]["file_ids"] == [file_id]
    assert {row["board_id"] for row in await court.rows(REACH, file_id)} == {first, second, hers}
    assert {row["board_id"] for row in await court.rows(REACH, private)} == {third}


async def test_what_nobody_finished_and_what_no_element_names_is_found_and_goes(court: Court) -> None:
    ada = await court.register("Ada")
    board_id, copy = await court.board(ada), await court.board(ada)
    asked = str((await request(court, board_id, ada))["file_requested"]["file_id"])
    shown, copied, erased, forgotten = [await ready(court, board_id, ada) for _ in range(4)]
    shared = {"source_board_id": board_id, "file_ids": [copied]}
    await act(court, "share_files", copy, ada, **shared)
    now = court.now
    long_ago, later = now - timedelta(days=90), now + timedelta(days=40)
    pool = court.benches[0].pool
    elements = [(board_id, shown, False, long_ago), (copy, copied, False, long_ago), (board_id, erased, True, later)]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role doska_board_store")
        for board, file_id, deleted, updated in elements:
            body = f'{{"fileId": "{file_id}", "updated": {int(updated.timestamp() * 1000)}}}'
            await connection.execute(
                "insert into board_store.elements values ($1, $2, 1, 1, $3, 'a0', $4, 'g', 0, 1)",
                board,
                file_id,
                deleted,
                body,
            )

    early = await spent_files.orphans(pool, now - timedelta(days=1))
    unfinished = await spent_files.unfinished(pool, now + timedelta(days=1))
    orphans = [
        each for each in await spent_files.orphans(pool, now + timedelta(days=1)) if each["board_id"] == board_id
    ]
    gone = [await act(court, "delete_file", board_id, None, file_id=each, why="orphan") for each in (forgotten, asked)]

    assert [each for each in early if each["board_id"] == board_id] == []
    assert asked in [each["file_id"] for each in unfinished]
    assert [each["file_id"] for each in orphans] == [forgotten]
    assert [verdict.names for verdict in gone] == [["file_deleted"], []]
    assert await status(court, forgotten) == "deleted"
    assert (await act(court, "complete_upload", board_id, ada, file_id=forgotten)).code == "not_found"


async def test_what_is_put_where_a_settled_file_was_put_is_needed_by_nobody(court: Court) -> None:
    ada = await court.register("Ada")
    board_id = await court.board(ada)
    asked = str((await request(court, board_id, ada))["file_requested"]["file_id"])
    good, bad = (
        await ready(court, board_id, ada),
        str((await request(court, board_id, ada))["file_requested"]["file_id"]),
    )
    await act(court, "complete_upload", board_id, ada, file_id=bad)
    reason = {"path": "/mime", "message": "is no picture"}
    await act(
        court, "settle_file", board_id, None, file_id=bad, reason=reason, width=None, height=None, thumbnail=False
    )
    pool, every = court.benches[0].pool, [asked, good, bad, new_id()]

    uploads = await spent_files.needed(pool, every, spent_files.UPLOAD_NEEDED)
    contents = await spent_files.needed(pool, every, spent_files.CONTENT_NEEDED)

    assert await status(court, bad) == "rejected"
    assert (uploads, contents) == ({asked}, {asked, good})
