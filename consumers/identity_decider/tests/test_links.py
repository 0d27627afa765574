"""Links, addresses, bans and provider identities in PostgreSQL: what was decided is what counts afterwards."""

from pathlib import Path

import pytest

from consumers.tests.court import Court, Someone, Verdict, at_once, sitting
from schemas import proofs
from schemas.ids import new_id

pytestmark = pytest.mark.integration

ISSUER = "https://id.example.org"


async def user(court: Court, user_id: str) -> dict[str, object]:
    [row] = await court.rows("select * from identity_decider.users_v1 where user_id = $1", user_id)
    return row


async def operate(court: Court, name: str, user_id: str, **data: object) -> Verdict:
    id_ = new_id()
    proof = proofs.operators(court.keyring, name, id_, user_id)
    return await court.say(name, {"user_id": user_id, "proof": proof, **data}, id=id_)


async def visit(court: Court, user_id: str, subject: str, **data: object) -> Verdict:
    told = {"issuer": ISSUER, "subject": subject, "email_verified": True, "name": "From elsewhere"}
    ids = {"user_id": user_id, "session_id": new_id()}
    return await court.say("identity.sign_in_with_provider", {**told, **ids, **data})


async def test_a_link_works_once_and_spends_the_others(court: Court) -> None:
    ada = await court.register()
    links = [new_id(), new_id()]
    for link in links:
        await operate(court, "identity.request_reset", ada.user_id, reset_id=link, by="operator")
        court.later(seconds=1)

    async def use(link: str) -> Verdict:
        return await court.say(
            "identity.reset_password", {"user_id": ada.user_id, "reset_id": link, "password": "new hash"}
        )

    first, again, other = await use(links[0]), await use(links[0]), await use(links[1])

    assert first.names == ["password_changed", "session_closed"]
    assert [first.code, again.code, other.code] == [None, "gone", "gone"]


async def test_a_link_of_somebody_else_opens_nothing(court: Court) -> None:
    ada, eve, link = await court.register(), await court.register("Eve"), new_id()
    await operate(court, "identity.request_reset", eve.user_id, reset_id=link, by="operator")

    stolen = await court.say(
        "identity.reset_password", {"user_id": ada.user_id, "reset_id": link, "password": "eve's hash"}
    )

    assert stolen.code == "gone"


async def test_a_proof_is_good_for_one_action_on_one_person(court: Court) -> None:
    ada, eve, id_ = await court.register(), await court.register("Eve"), new_id()
    proof = proofs.operators(court.keyring, "identity.appoint_admin", id_, ada.user_id)

    elsewhere = await court.say("identity.appoint_admin", {"user_id": ada.user_id, "proof": proof})
    another = await court.say("identity.appoint_admin", {"user_id": eve.user_id, "proof": proof}, id=id_)
    right = await operate(court, "identity.appoint_admin", ada.user_id)

    assert [elsewhere.code, another.code, right.code] == ["forbidden", "forbidden", None]
    assert (await user(court, ada.user_id))["admin"] is True


async def test_of_many_first_accounts_at_once_one_administers(
    stack_environment: dict[str, str], tmp_path: Path
) -> None:
    async with sitting(stack_environment["DOSKA_POSTGRES_DSN"], tmp_path) as fresh:
        people = await at_once(
            *(fresh.try_to_register(Someone(new_id(), f"{n}@example.org", new_id(), new_id())) for n in range(6))
        )

        admins = await fresh.rows("select count(*) from identity_decider.users_v1 where admin")

    assert [person.code for person in people] == [None] * 6
    assert admins[0]["count"] == 1


async def test_an_administrator_bans_and_lifts_the_ban(court: Court) -> None:
    ada, eve = await court.register(), await court.register("Eve")
    await operate(court, "identity.appoint_admin", ada.user_id)

    by_eve = await court.say("identity.ban_user", {"user_id": ada.user_id}, actor=eve.user_id)
    by_ada = await court.say("identity.ban_user", {"user_id": eve.user_id}, actor=ada.user_id)
    login = await court.say("identity.open_session", {"user_id": eve.user_id, "session_id": new_id()})
    await court.say("identity.unban_user", {"user_id": eve.user_id}, actor=ada.user_id)
    after = await court.say("identity.open_session", {"user_id": eve.user_id, "session_id": new_id()})

    assert [by_eve.code, by_ada.code, login.code, after.code] == ["forbidden", None, "forbidden", None]
    assert by_ada["session_closed"]["reason"] == "banned"


async def test_an_address_moves_when_its_token_comes_back(court: Court) -> None:
    ada, link = await court.register(), new_id()
    change = {"user_id": ada.user_id, "email": "moved@example.org", "password_version": 1, "confirmation_id": link}
    await court.say("identity.change_email", change, actor=ada.user_id)
    before = await user(court, ada.user_id)

    moved = await court.say("identity.confirm_email", {"user_id": ada.user_id, "confirmation_id": link})
    again = await court.say("identity.confirm_email", {"user_id": ada.user_id, "confirmation_id": link})
    after = await user(court, ada.user_id)

    assert (before["email"], before["email_proof"]) == (ada.email, "word")
    assert (after["email"], after["email_proof"]) == ("moved@example.org", "mail")
    assert moved["person"]["email"] == "moved@example.org"
    assert again.code == "gone"


async def test_of_two_who_move_to_one_address_one_wins(court: Court) -> None:
    people = [await court.register() for _ in range(4)]

    verdicts = await at_once(
        *(
            court.say(
                "identity.change_email",
                {"user_id": one.user_id, "email": "Wanted@example.org", "password_version": 1},
                actor=one.user_id,
            )
            for one in people
        )
    )

    assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict", "conflict", "conflict"]


async def test_a_stranger_with_my_address_gets_nothing_before_it_is_verified(court: Court) -> None:
    eve = await court.register("Eve", "victim@example.org")

    linked = await visit(court, eve.user_id, "victim", email="victim@example.org")
    fresh = await visit(court, new_id(), "victim", email="Victim@example.org")

    assert (linked.code, fresh.code) == ("forbidden", "forbidden")


async def test_of_many_first_visits_of_one_identity_one_makes_the_account(court: Court) -> None:
    verdicts = await at_once(*(visit(court, new_id(), "raced", email="raced@example.org") for _ in range(6)))

    assert sorted(str(verdict.code) for verdict in verdicts) == ["None"] + ["conflict"] * 5
    [winner] = [verdict for verdict in verdicts if verdict.code is None]
    user_id = winner["user_registered"]["user_id"]
    again = await visit(court, user_id, "raced", provider_session="sid-1")
    assert again.names == ["session_opened"]
    row = await user(court, user_id)
    assert (row["email_proof"], row["name"]) == ("provider", "From elsewhere")
    [session] = await court.rows(
        "select provider_issuer, provider_session from identity_decider.sessions_v1 where session_id = $1",
        again["session_opened"]["session_id"],
    )
    assert session == {"provider_issuer": ISSUER, "provider_session": "sid-1"}


async def test_a_use_moves_the_last_use_and_tells_nobody(court: Court) -> None:
    ada = await court.register()
    court.later(minutes=5)

    used = await court.say(
        "identity.touch_session",
        {"user_id": ada.user_id, "session_id": ada.session_id, "address": "203.0.113.9"},
        actor=ada.user_id,
    )

    [session] = await court.rows(
        "select address, seen_at > created_at as moved from identity_decider.sessions_v1 where session_id = $1",
        ada.session_id,
    )
    assert session == {"address": "203.0.113.9", "moved": True}
    assert (used.code, used.told) == (None, [])


async def test_an_erased_person_leaves_nothing_in_any_table(court: Court) -> None:
    ada = Someone(new_id(), "gone@example.org", new_id(), new_id())
    await court.try_to_register(ada, "Erasmus")
    await visit(court, ada.user_id, "subject-of-erasmus", password_version=1)
    await court.say(
        "identity.change_email",
        {"user_id": ada.user_id, "email": "later@example.org", "password_version": 1, "confirmation_id": new_id()},
        actor=ada.user_id,
    )
    await court.say("identity.update_profile", {"user_id": ada.user_id, "avatar": "🦊"}, actor=ada.user_id)

    await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)

    left = str(await court.dump())
    for word in ("Erasmus", "gone@example.org", "later@example.org", "subject-of-erasmus", "🦊"):
        assert word not in left
    outbox = await court.rows(
        "select count(*) from outbox where topic = 'identity.people' and value is not null and key = $1",
        ada.user_id.encode(),
    )
    assert outbox[0]["count"] == 0
