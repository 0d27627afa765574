"""Boards in PostgreSQL: what the facts say is what the views show, whatever comes at once."""

from datetime import timedelta

import asyncpg
import pytest

from consumers.tests.court import Court, Someone, Verdict, at_once
from schemas.ids import new_id
from schemas.registry import registry

pytestmark = pytest.mark.integration


async def act(court: Court, who: Someone, name: str, board_id: str, **data: object) -> Verdict:
    return await court.say(f"boards.{name}", {"board_id": board_id, **data}, actor=who.user_id)


async def row(court: Court, board_id: str) -> dict[str, object]:
    [found] = await court.rows("select * from board_decider.boards_v1 where board_id = $1", board_id)
    return found


async def link(court: Court, who: Someone, board_id: str, role: str = "viewer", **data: object) -> str:
    link_id = new_id()
    verdict = await act(court, who, "create_link", board_id, link_id=link_id, role=role, **data)
    assert verdict.code is None
    return link_id


async def test_a_new_board_is_in_the_personal_workspace_and_its_makers(court: Court) -> None:
    ada = await court.register()

    board_id = await court.board(ada, "План")

    board = await row(court, board_id)
    assert (board["title"], str(board["workspace_id"]), board["revision"]) == ("План", ada.workspace_id, 1)
    assert (board["archived_at"], board["trashed_at"], board["hidden"]) == (None, None, False)
    assert await court.roles(board_id) == {(ada.user_id, "owner", "grant"), (ada.user_id, "owner", "workspace")}


async def test_a_board_goes_into_no_workspace_of_others(court: Court) -> None:
    ada, grace = await court.register(), await court.register()

    for workspace_id in (grace.workspace_id, new_id()):
        verdict = await act(court, ada, "create_board", new_id(), title="x", workspace_id=workspace_id)
        assert verdict.code == "not_found"
    own = await act(court, ada, "create_board", new_id(), title="x", workspace_id=ada.workspace_id)
    assert own.code is None


async def test_the_life_of_a_board(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada)

    steps = ["rename_board", "archive_board", "trash_board", "restore_board", "restore_board"]
    told = []
    for name in steps:
        verdict = await act(court, ada, name, board_id, **({"title": "Line"} if name == "rename_board" else {}))
        told += [(each.partition(".")[2], data["revision"]) for each, data in verdict.told]
        board = await row(court, board_id)
        told.append((board["archived_at"] is not None, board["trashed_at"] is not None))

    assert told == [
        ("board_renamed", 2),
        (False, False),
        ("board_archived", 3),
        (True, False),
        ("board_trashed", 4),
        (True, True),
        ("board_restored", 5),
        (True, False),
        ("board_restored", 6),
        (False, False),
    ]
    assert (await row(court, board_id))["title"] == "Line"


async def test_facts_tell_the_workspace_they_happened_in(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada)

    verdict = await act(court, ada, "rename_board", board_id, title="Line")

    assert [envelope.workspace for envelope in verdict.envelopes] == [ada.workspace_id]


async def test_a_hidden_board_is_nobodys_until_it_is_revealed(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada, hidden=True)

    assert await court.roles(board_id) == set()
    assert (await act(court, ada, "rename_board", board_id, title="x")).code == "not_found"
    assert (await act(court, ada, "reveal_board", board_id)).names == ["board_revealed"]
    assert (ada.user_id, "owner", "grant") in await court.roles(board_id)


async def test_a_copy_is_hidden_and_belongs_to_who_copies(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    board_id, copy_id = await court.board(ada), new_id()
    await court.grant(ada, board_id, grace, "viewer")

    verdict = await act(court, grace, "duplicate_board", copy_id, source_board_id=board_id)

    created = verdict["board_created"]
    assert (created["title"], created["created_by"], created["hidden"]) == ("Plane (copy)", grace.user_id, True)
    assert created["workspace_id"] == grace.workspace_id


async def test_roles_come_from_grants_workspaces_and_links(court: Court) -> None:
    ada, grace, eve = await court.register(), await court.register(), await court.register()
    board_id = await court.board(ada)
    await court.grant(ada, board_id, grace, "commenter")
    link_id = await link(court, ada, board_id, "editor")

    await act(court, eve, "open_link", board_id, link_id=link_id, user_id=eve.user_id)
    await act(court, grace, "open_link", board_id, link_id=link_id, user_id=grace.user_id)

    assert await court.roles(board_id) == {
        (ada.user_id, "owner", "grant"),
        (ada.user_id, "owner", "workspace"),
        (grace.user_id, "commenter", "grant"),
        (grace.user_id, "editor", "link"),
        (eve.user_id, "editor", "link"),
    }
    assert (await act(court, eve, "rename_board", board_id, title="by link")).code is None
    assert (await act(court, grace, "rename_board", board_id, title="the higher role")).code is None
    await act(court, ada, "revoke_link", board_id, link_id=link_id)
    assert (await act(court, eve, "rename_board", board_id, title="too late")).code == "not_found"
    assert (await act(court, grace, "rename_board", board_id, title="too late")).code == "forbidden"


async def test_an_expired_link_gives_nothing(court: Court) -> None:
    ada, eve = await court.register(), await court.register()
    board_id = await court.board(ada)
    end = (court.now + timedelta(seconds=60)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    link_id = await link(court, ada, board_id, "editor", expires_at=end)

    assert (await act(court, eve, "open_link", board_id, link_id=link_id, user_id=eve.user_id)).code is None
    [found] = await court.rows("select expires_at from board_decider.roles_v1 where user_id = $1", eve.user_id)
    assert found["expires_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z") == end
    court.later(seconds=61)

    assert (await act(court, eve, "rename_board", board_id, title="x")).code == "not_found"
    late = await act(court, ada, "open_link", board_id, link_id=link_id, user_id=ada.user_id)
    assert late.code == "gone"


async def test_a_guest_acts_through_his_link_and_owns_nothing(court: Court) -> None:
    ada = await court.register()
    board_id, other = await court.board(ada), await court.board(ada)
    link_id = await link(court, ada, board_id, "editor")
    guest = {"actor": new_id(), "via": link_id}

    assert (await court.say("boards.rename_board", {"board_id": board_id, "title": "by a guest"}, **guest)).code is None
    assert (await court.say("boards.rename_board", {"board_id": other, "title": "x"}, **guest)).code == "not_found"
    copy = {"board_id": new_id(), "source_board_id": board_id}
    assert (await court.say("boards.duplicate_board", copy, **guest)).code == "forbidden"
    assert (await court.say("boards.create_board", {"board_id": new_id(), "title": "x"}, **guest)).code == "forbidden"
    archive = await court.say("boards.archive_board", {"board_id": board_id}, **guest)
    assert archive.code == "forbidden"


async def test_a_links_password_is_kept_for_the_edge_alone(court: Court) -> None:
    ada = await court.register()
    board_id, link_id, id_ = await court.board(ada), new_id(), new_id()
    data = {
        "board_id": board_id,
        "link_id": link_id,
        "role": "viewer",
        "password": court.sealed("boards.create_link", id_, "hash of it"),
    }

    verdict = await court.say("boards.create_link", data, actor=ada.user_id, id=id_)

    assert verdict["link_created"]["has_password"] is True
    assert "hash of it" not in str(verdict.told)
    # The court's first connection is identity_decider's: it may not read the view with the hashes.
    with pytest.raises(Exception, match="permission denied"):
        await court.rows("select password_hash from board_decider.links_v1 where link_id = $1", link_id)
    found = await court.benches[1].pool.fetchval("select password_hash from links where link_id = $1", link_id)
    assert found == "hash of it"


async def test_who_is_removed_or_leaves_has_no_way_in_left(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    board_id = await court.board(ada)
    link_id = await link(court, ada, board_id, "viewer")
    for remover in (ada, grace):
        await court.grant(ada, board_id, grace, "editor")
        await act(court, grace, "open_link", board_id, link_id=link_id, user_id=grace.user_id)

        assert (await act(court, remover, "revoke_role", board_id, user_id=grace.user_id)).code is None

        assert grace.user_id not in {user_id for user_id, _, _ in await court.roles(board_id)}


async def test_nobody_of_that_id_gets_no_role(court: Court) -> None:
    ada, gone = await court.register(), await court.register()
    board_id = await court.board(ada)
    await court.say("identity.delete_user", {"user_id": gone.user_id}, actor=gone.user_id)

    assert (await court.grant(ada, board_id, gone, "viewer")).code == "not_found"
    assert (await court.grant(ada, board_id, Someone(new_id(), "", "", ""), "viewer")).code == "not_found"


async def test_two_owners_who_leave_at_once_do_not_both_go(court: Court) -> None:
    for _ in range(6):
        ada, grace, eve = await court.register(), await court.register(), await court.register()
        board_id = await court.board(ada)
        await court.grant(ada, board_id, grace, "owner")
        await court.grant(ada, board_id, eve, "viewer")

        verdicts = await at_once(
            act(court, ada, "revoke_role", board_id, user_id=ada.user_id),
            act(court, grace, "revoke_role", board_id, user_id=grace.user_id),
        )

        assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict"]


async def test_of_the_same_new_id_twice_at_once_one_is_a_conflict(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    board_id = new_id()

    verdicts = await at_once(
        act(court, ada, "create_board", board_id, title="x"), act(court, grace, "create_board", board_id, title="y")
    )

    assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict"]
    link_id, other = new_id(), await court.board(ada)
    first = await court.board(ada)
    links = await at_once(
        act(court, ada, "create_link", first, link_id=link_id, role="viewer"),
        act(court, ada, "create_link", other, link_id=link_id, role="viewer"),
    )
    assert sorted(str(verdict.code) for verdict in links) == ["None", "conflict"]


async def test_every_example_twice_gives_the_same_answer_and_the_same_tables(court: Court) -> None:
    examples = [
        (mt, dict(example))
        for bench in court.benches
        for topic in bench.manifest.reads
        for mt in registry().of_topic(topic)
        for example in mt.examples
    ]
    assert {mt.name for mt, _ in examples} >= court.benches[0].decider.handles | court.benches[1].decider.handles
    for mt, example in examples:
        key = example[str(mt.key).removeprefix("/")]
        for actor in (example.get("user_id", "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"), None):
            sent = court.envelope(mt.name, key, actor=actor)

            first = await court.hear(sent, example)
            before = await court.dump()
            second = await court.hear(sent, example)

            assert second.answer == first.answer, mt.name
            assert second.told == [], mt.name
            assert await court.dump() == before, mt.name


async def drawn(court: Court, board_id: str, elements: int, following: int, *, log: str = "a") -> None:
    """Elements as board_store has them once they were drawn by the op before `following`."""
    connection = await asyncpg.connect(court.settings.postgres_dsn)
    try:
        await connection.executemany(
            "insert into board_store.elements values ($1, $2, 1, 1, false, 'a0', '{}', $3, 1, $4)"
            " on conflict (board_id, id) do update set generation = excluded.generation, next_offset = excluded.next_offset",
            [(board_id, str(number), log, following) for number in range(elements)],
        )
    finally:
        await connection.close()


async def listed(court: Court, board_id: str) -> list[tuple[object, ...]]:
    rows = await court.rows(
        'select kind, name, log, "offset", elements, bytes, changes from board_decider.versions_v1'
        " where board_id = $1 order by created_at, version_id",
        board_id,
    )
    return [tuple(row.values()) for row in rows]


async def test_a_version_holds_what_the_store_has_and_counts_what_was_touched_since_the_last(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada)
    position = {"log": "a", "partition": 1, "offset": 0, "index": 0}
    await drawn(court, board_id, 3, following=7)

    data = {"board_id": board_id, "version_id": new_id(), "name": "First", "position": position}
    first = await court.say("boards.save_version", data, actor=ada.user_id)
    await drawn(court, board_id, 2, following=9)
    await court.say("boards.keep_version", {"board_id": board_id, "version_id": new_id()})
    again = await court.say("boards.keep_version", {"board_id": board_id, "version_id": new_id()})

    assert first.code is None
    assert again.told == [], "nothing was touched since"
    assert await listed(court, board_id) == [
        ("saved", "First", "a", 6, 3, 6, 3),
        ("automatic", None, "a", 8, 3, 6, 2),
    ]


async def test_a_version_is_named_and_deleted(court: Court) -> None:
    ada = await court.register()
    board_id, version_id = await court.board(ada), new_id()
    await drawn(court, board_id, 1, following=3)
    await court.say("boards.keep_version", {"board_id": board_id, "version_id": version_id})

    named_so = {"board_id": board_id, "version_id": version_id, "name": "Named"}
    await court.say("boards.rename_version", named_so, actor=ada.user_id)
    named = await listed(court, board_id)
    await act(court, ada, "delete_version", board_id, version_id=version_id)

    assert [each[:2] for each in named] == [("automatic", "Named")]
    assert await listed(court, board_id) == []


async def test_after_a_new_life_of_the_log_everything_counts_as_touched(court: Court) -> None:
    ada = await court.register()
    board_id = await court.board(ada)
    await drawn(court, board_id, 2, following=90)
    await court.say("boards.keep_version", {"board_id": board_id, "version_id": new_id()})

    await drawn(court, board_id, 2, following=4, log="b")
    await court.say("boards.keep_version", {"board_id": board_id, "version_id": new_id()})

    assert [each[2:] for each in await listed(court, board_id)] == [("a", 89, 2, 4, 2), ("b", 3, 2, 4, 2)]


async def test_a_branch_remembers_its_source(court: Court) -> None:
    ada = await court.register()
    source, board_id = await court.board(ada), new_id()
    position = {"log": "a", "partition": 2, "offset": 41, "index": 3}

    made = await act(court, ada, "branch_board", board_id, source_board_id=source, at="x", position=position)

    [row_of_it] = await court.rows("select * from board_decider.branches_v1 where board_id = $1", board_id)
    assert made["board_created"]["branched_from"] == {"board_id": source, "position": position}
    assert (str(row_of_it["source_board_id"]), row_of_it["offset"], row_of_it["index"]) == (source, 41, 3)
