"""People in PostgreSQL: what the facts say is what the views show, whatever comes at once."""

import asyncio

import asyncpg
import pytest

from consumers.tests.court import Court, Someone, at_once, someone
from schemas.ids import new_id
from topics.bus.decide_locks import lock

pytestmark = pytest.mark.integration


async def credentials(court: Court, email: str) -> list[dict[str, object]]:
    # Only the edge may: the court's own connections cannot.
    connection = await asyncpg.connect(court.settings.postgres_dsn, server_settings={"role": "doska_edge"})
    try:
        query = "select * from identity_decider.credentials_v1 where email_lower = lower($1)"
        return [dict(row) for row in await connection.fetch(query, email)]
    finally:
        await connection.close()


async def sessions(court: Court, person: Someone) -> dict[str, tuple[int, bool]]:
    rows = await court.rows(
        "select session_id::text, generation, closed_at from identity_decider.sessions_v1 where user_id = $1",
        person.user_id,
    )
    return {row["session_id"]: (row["generation"], row["closed_at"] is None) for row in rows}


async def rotate(court: Court, person: Someone, generation: int) -> object:
    data = {"user_id": person.user_id, "session_id": person.session_id, "generation": generation}
    return await court.say("identity.rotate_session", data)


async def test_a_registered_person_is_in_every_view(court: Court) -> None:
    ada = await court.register("Ада Лавлейс", "Ада@Пример.рф")

    [user] = await court.rows("select * from identity_decider.users_v1 where user_id = $1", ada.user_id)
    assert (user["email"], user["name"], user["locale"], user["erased"]) == (
        "Ада@Пример.рф",
        "Ада Лавлейс",
        "en",
        False,
    )
    [found] = await credentials(court, "аДА@ПРИМЕР.РФ")
    assert (str(found["user_id"]), found["password_hash"]) == (ada.user_id, "hash of Ада Лавлейс")
    assert await sessions(court, ada) == {ada.session_id: (1, True)}
    [workspace] = await court.rows(
        "select w.name, w.personal, m.role from workspace_decider.workspaces_v1 w"
        " join workspace_decider.members_v1 m using (workspace_id) where m.user_id = $1",
        ada.user_id,
    )
    assert workspace == {"name": "Ада Лавлейс", "personal": True, "role": "admin"}


async def test_other_consumers_do_not_see_the_hashes(court: Court) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await court.benches[1].pool.fetch("select * from identity_decider.credentials_v1")


async def test_a_taken_address_is_a_conflict_whatever_its_case(court: Court) -> None:
    ada = await court.register(email="Same.Case@example.org")
    other = someone(ada.email.swapcase())

    assert (await court.try_to_register(other)).code == "conflict"


async def test_of_many_registrations_of_one_address_at_once_one_wins(court: Court) -> None:
    people = [someone("Race@example.org") for _ in range(10)]

    verdicts = await at_once(*(court.try_to_register(person) for person in people))

    assert sorted(verdict.answer["status"] for verdict in verdicts) == ["accepted"] + ["rejected"] * 9
    assert {verdict.code for verdict in verdicts} == {None, "conflict"}
    assert len(await credentials(court, "race@example.org")) == 1


async def test_the_index_alone_would_do(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(court.benches[0].decider, "locks", lambda _action: [])
    people = [someone("unlocked@example.org") for _ in range(10)]

    verdicts = await at_once(*(court.try_to_register(person) for person in people))

    assert sorted(verdict.answer["status"] for verdict in verdicts) == ["accepted"] + ["rejected"] * 9


async def test_a_session_rotates_repeats_and_closes_on_reuse(court: Court) -> None:
    ada = await court.register()

    first = await rotate(court, ada, 1)
    again = await rotate(court, ada, 1)
    assert first["session_rotated"]["generation"] == again["session_rotated"]["generation"] == 2
    assert await sessions(court, ada) == {ada.session_id: (2, True)}

    second = await rotate(court, ada, 2)
    assert second["session_rotated"]["generation"] == 3
    reuse = await rotate(court, ada, 1)
    assert (reuse.code, reuse["session_closed"]["reason"]) == ("unauthenticated", "reuse")
    assert await sessions(court, ada) == {ada.session_id: (3, False)}
    assert (await rotate(court, ada, 3)).code == "unauthenticated"


async def test_the_thirty_seconds_count_from_the_rotation_and_not_from_the_repeat(court: Court) -> None:
    ada = await court.register()
    await rotate(court, ada, 1)
    court.later(seconds=20)
    assert (await rotate(court, ada, 1)).code is None
    court.later(seconds=20)

    assert (await rotate(court, ada, 1)).code == "unauthenticated"


async def test_revisions_have_no_gaps(court: Court) -> None:
    ada = await court.register()
    verdicts = [
        await rotate(court, ada, 1),
        await court.say("identity.update_profile", {"user_id": ada.user_id, "name": "Countess"}, actor=ada.user_id),
        await rotate(court, ada, 2),
        await court.say(
            "identity.close_session", {"user_id": ada.user_id, "session_id": ada.session_id}, actor=ada.user_id
        ),
    ]

    told = [data["revision"] for verdict in verdicts for name, data in verdict.told if name != "identity.person"]
    assert told == [3, 4, 5, 6]


async def test_a_new_password_counts_at_once_and_a_login_with_the_old_one_does_not(court: Court) -> None:
    ada = await court.register()
    phone, id_ = new_id(), new_id()
    await court.say("identity.open_session", {"user_id": ada.user_id, "session_id": phone})
    [before] = await credentials(court, ada.email)

    changed = await court.say(
        "identity.change_password",
        {
            "user_id": ada.user_id,
            "keep_session_id": ada.session_id,
            "password": court.sealed("identity.change_password", id_, "new hash"),
        },
        actor=ada.user_id,
        id=id_,
    )

    assert changed["session_closed"]["session_id"] == phone
    assert {name: alive for name, (_, alive) in (await sessions(court, ada)).items()} == {
        ada.session_id: True,
        phone: False,
    }
    [after] = await credentials(court, ada.email)
    assert (after["password_hash"], after["password_version"]) == ("new hash", 2)
    # The edge had verified the old password a moment before, and would even store it again.
    late = new_id()
    stale = await court.say(
        "identity.open_session",
        {
            "user_id": ada.user_id,
            "session_id": new_id(),
            "password_version": before["password_version"],
            "password": court.sealed("identity.open_session", late, "old hash, better parameters"),
        },
        id=late,
    )
    assert stale.code == "unauthenticated"
    assert (await credentials(court, ada.email))[0]["password_hash"] == "new hash"


async def test_a_login_may_bring_a_better_hash(court: Court) -> None:
    ada = await court.register()
    id_ = new_id()
    data = {
        "user_id": ada.user_id,
        "session_id": new_id(),
        "client": "web/1.0",
        "address": "203.0.113.7",
        "password_version": 1,
        "password": court.sealed("identity.open_session", id_, "better hash"),
    }

    verdict = await court.say("identity.open_session", data, id=id_)

    assert verdict.names == ["session_opened"]
    [found] = await credentials(court, ada.email)
    assert (found["password_hash"], found["password_version"]) == ("better hash", 1)
    [session] = await court.rows(
        "select client, address from identity_decider.sessions_v1 where session_id = $1", data["session_id"]
    )
    assert session == {"client": "web/1.0", "address": "203.0.113.7"}


async def test_a_secret_sealed_for_another_action_does_not_open(court: Court) -> None:
    person = someone("sealed@example.org")
    data = {
        "user_id": person.user_id,
        "email": person.email,
        "name": "Eve",
        "session_id": person.session_id,
        "password": court.sealed("identity.register_user", new_id(), "hash"),
    }

    verdict = await court.say("identity.register_user", data)

    assert verdict.code == "schema_invalid"
    assert verdict.answer["errors"][0]["path"] == "/password"
    assert await credentials(court, person.email) == []


async def test_an_erased_person_leaves_no_name_and_the_address_is_free(court: Court) -> None:
    ada = await court.register("Erasmus", "erased@example.org")
    board_id = await court.board(ada)

    verdict = await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)

    assert verdict.names[:3] == ["session_closed", "user_erased", "person"]
    assert ("identity.person", None) in verdict.told, "a tombstone on identity.people"
    assert verdict.answer["facts"] == [{"type": name, "data": data} for name, data in verdict.told[:2]], (
        "the answer tells of the account alone"
    )
    [user] = await court.rows("select * from identity_decider.users_v1 where user_id = $1", ada.user_id)
    assert (user["email"], user["name"], user["erased"]) == (None, None, True)
    assert await sessions(court, ada) == {}
    assert await court.rows("select * from workspace_decider.members_v1 where user_id = $1", ada.user_id) == []
    assert "Erasmus" not in str(await court.dump()).replace(board_id, "")
    assert (await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)).code == "not_found"
    assert (await court.register("Again", "Erased@example.org")).user_id != ada.user_id


async def test_the_boards_of_an_erased_person_go_to_the_trash_and_his_roles_elsewhere_end(court: Court) -> None:
    ada, grace = await court.register(), await court.register("Grace")
    alone = await court.board(ada)
    shared = await court.board(ada)
    hers = await court.board(grace)
    await court.grant(ada, shared, grace, "owner")
    await court.grant(grace, hers, ada, "editor")

    verdict = await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)

    revoked = [data["board_id"] for name, data in verdict.told if name == "boards.role_revoked"]
    assert sorted(revoked) == sorted([alone, shared, hers])
    assert [data["board_id"] for name, data in verdict.told if name == "boards.board_trashed"] == [alone]
    assert await court.roles(shared) == {(grace.user_id, "owner", "grant")}
    assert {user_id for user_id, _, _ in await court.roles(hers)} == {grace.user_id}
    assert await court.roles(alone) == set()


async def test_the_last_owner_of_a_shared_board_cannot_be_erased(court: Court) -> None:
    ada, grace = await court.register(), await court.register("Grace")
    board_id = await court.board(ada)
    await court.grant(ada, board_id, grace, "viewer")

    assert (await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)).code == "conflict"
    await court.say("boards.trash_board", {"board_id": board_id}, actor=ada.user_id)
    assert (await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)).code is None


async def test_a_board_keeps_an_owner_when_both_go_at_once(court: Court) -> None:
    for _ in range(6):
        ada, grace, eve = await court.register(), await court.register("Grace"), await court.register("Eve")
        board_id = await court.board(ada)
        await court.grant(ada, board_id, grace, "owner")
        await court.grant(ada, board_id, eve, "viewer")

        verdicts = await at_once(
            court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id),
            court.say("boards.revoke_role", {"board_id": board_id, "user_id": grace.user_id}, actor=grace.user_id),
        )

        assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict"]
        rows = await court.rows("select role from board_decider.grants_v1 where board_id = $1", board_id)
        assert "owner" in {row["role"] for row in rows}


async def test_nobody_gets_a_role_while_his_account_ends(court: Court) -> None:
    ada, grace = await court.register(), await court.register("Grace")
    board_id = await court.board(ada)
    waiting = (
        "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )

    async with court.benches[0].pool.acquire() as ending, ending.transaction():
        # What the end of an account holds until it is committed.
        await lock(ending, [f"account:{grace.user_id}"])
        granting = asyncio.create_task(court.grant(ada, board_id, grace, "editor"))
        async with asyncio.timeout(60):
            while not (await court.rows(waiting))[0]["count"]:
                assert not granting.done()
                await asyncio.sleep(0.02)
        await ending.execute(
            "update users set email = null, name = null, color = null, locale = null, password_hash = null,"
            " email_proof = null, erased_at = now() where user_id = $1",
            grace.user_id,
        )

    assert (await granting).code == "not_found"
    assert {user_id for user_id, _, _ in await court.roles(board_id)} == {ada.user_id}
