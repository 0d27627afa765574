"""Workspaces as they are decided and kept: races, invites, the beginning and the end of accounts."""

import pytest

from consumers.tests.court import Court, Someone, Verdict, at_once
from schemas.ids import new_id
from schemas.registry import registry

pytestmark = pytest.mark.integration

ROLES = "select user_id::text, role from workspace_decider.members_v1 where workspace_id = $1"


async def act(court: Court, who: Someone, name: str, workspace_id: str, /, **data: object) -> Verdict:
    """Something that a person asks of a workspace."""
    return await court.say(f"workspaces.{name}", {"workspace_id": workspace_id, **data}, actor=who.user_id)


async def workspace(court: Court, admin: Someone, name: str = "Birds") -> str:
    """A new workspace."""
    made = await act(court, admin, "create_workspace", new_id(), name=name, created_by=admin.user_id)
    assert made.code is None, made.answer
    return str(made["workspace_created"]["workspace_id"])


async def invite(court: Court, admin: Someone, workspace_id: str, role: str = "user", email: str | None = None) -> str:
    """An invite, with an address sealed as the edge does it."""
    more = {} if email is None else {"email": email}
    made = await act(court, admin, "create_invite", workspace_id, invite_id=new_id(), role=role, **more)
    assert made.code is None, made.answer
    return str(made["invite_created"]["invite_id"])


async def accept(court: Court, who: Someone, workspace_id: str, invite_id: str) -> Verdict:
    """Come in by an invite."""
    return await act(court, who, "accept_invite", workspace_id, invite_id=invite_id, user_id=who.user_id)


async def join(court: Court, admin: Someone, workspace_id: str, who: Someone, role: str = "user") -> None:
    """Make somebody a member."""
    joined = await accept(court, who, workspace_id, await invite(court, admin, workspace_id, role))
    assert joined.code is None, joined.answer


async def roles(court: Court, workspace_id: str) -> dict[str, str]:
    """Who is in a workspace, by every reader's view."""
    return {row["user_id"]: row["role"] for row in await court.rows(ROLES, workspace_id)}


def test_every_action_of_the_topic_has_a_rule() -> None:
    from consumers.workspace_decider.handler import RULES

    assert set(RULES) == {mt.name for mt in registry().of_topic("workspaces.actions")}


async def test_a_registration_that_no_edge_followed_up_still_opens_a_personal_workspace(court: Court) -> None:
    ada = await court.register("Ada")  # the court asks nothing but the registration

    assert await roles(court, ada.workspace_id) == {ada.user_id: "admin"}


async def test_a_personal_workspace_is_opened_once_however_often_and_at_once_it_is_asked_for(court: Court) -> None:
    ada = await court.register()

    again = await at_once(*(act(court, ada, "open_personal", ada.workspace_id, user_id=ada.user_id) for _ in range(6)))

    assert [verdict.code for verdict in again] == [None] * 6
    assert [verdict.names for verdict in again] == [[]] * 6
    elsewhere = await act(court, ada, "open_personal", new_id(), user_id=ada.user_id)
    assert elsewhere.code == "not_found"


async def test_a_personal_workspace_is_called_as_its_person_and_the_log_names_nobody(court: Court) -> None:
    ada = await court.register("Augusta Ada King")

    async def name() -> str:
        [row] = await court.rows(
            "select name from workspace_decider.workspaces_v1 where workspace_id = $1", ada.workspace_id
        )
        return str(row["name"])

    assert await name() == "Augusta Ada King"
    assert "Augusta" not in str((await court.dump())["workspace_decider.workspaces"])
    await court.say("identity.update_profile", {"user_id": ada.user_id, "name": "Ada"}, actor=ada.user_id)
    assert await name() == "Ada"
    await act(court, ada, "rename_workspace", ada.workspace_id, name="Desk")
    assert await name() == "Desk"


async def test_two_requests_that_remove_the_last_two_admins_at_once_one_wins(court: Court) -> None:
    for _ in range(5):
        ada, grace, eve = await court.register(), await court.register(), await court.register()
        place = await workspace(court, ada)
        await join(court, ada, place, grace, "admin")
        await join(court, ada, place, eve)

        verdicts = await at_once(
            act(court, ada, "remove_member", place, user_id=grace.user_id),
            act(court, grace, "remove_member", place, user_id=ada.user_id),
        )

        assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "not_found"], "the loser is no member now"
        assert list((await roles(court, place)).values()).count("admin") == 1


async def test_the_last_two_admins_who_leave_at_once_one_stays(court: Court) -> None:
    for _ in range(5):
        ada, grace, eve = await court.register(), await court.register(), await court.register()
        place = await workspace(court, ada)
        await join(court, ada, place, grace, "admin")
        await join(court, ada, place, eve)

        verdicts = await at_once(
            act(court, ada, "remove_member", place, user_id=ada.user_id),
            act(court, grace, "change_role", place, user_id=grace.user_id, role="user"),
        )

        assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict"]
        assert list((await roles(court, place)).values()).count("admin") == 1


async def test_an_admin_who_leaves_while_the_other_ends_his_account(court: Court) -> None:
    for _ in range(5):
        ada, grace, eve = await court.register(), await court.register(), await court.register()
        place = await workspace(court, ada)
        await join(court, ada, place, grace, "admin")
        await join(court, ada, place, eve)

        verdicts = await at_once(
            act(court, ada, "remove_member", place, user_id=ada.user_id),
            court.say("identity.delete_user", {"user_id": grace.user_id}, actor=grace.user_id),
        )

        assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict"]
        assert list((await roles(court, place)).values()).count("admin") == 1


async def test_an_invite_is_good_once_also_for_two_at_once(court: Court) -> None:
    ada, grace, eve = await court.register(), await court.register(), await court.register()
    place = await workspace(court, ada)
    ticket = await invite(court, ada, place)

    verdicts = await at_once(accept(court, grace, place, ticket), accept(court, eve, place, ticket))

    assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "gone"]
    assert len(await roles(court, place)) == 2


async def test_an_invite_ends_after_seven_days_and_by_revocation(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    place = await workspace(court, ada)
    old, other = await invite(court, ada, place, email=grace.email), await invite(court, ada, place)

    revoked = await act(court, ada, "revoke_invite", place, invite_id=other)

    assert revoked.names == ["invite_revoked"]
    assert (await act(court, ada, "revoke_invite", place, invite_id=other)).names == []
    assert (await accept(court, grace, place, other)).code == "gone"
    court.later(days=7)
    assert (await accept(court, grace, place, old)).code == "gone"
    assert (await accept(court, grace, place, new_id())).code == "not_found"


async def test_an_invite_with_an_address_is_for_its_account_and_forgets_the_address(court: Court) -> None:
    ada, grace, eve = await court.register(), await court.register(), await court.register()
    place = await workspace(court, ada)
    ticket = await invite(court, ada, place, "manager", grace.email.upper())
    stale = await invite(court, ada, place, email="nobody@example.net")

    wrong = await accept(court, eve, place, ticket)
    right = await accept(court, grace, place, ticket)

    assert (wrong.code, right.code) == ("forbidden", None)
    assert right.names == ["invite_accepted", "member_joined"]
    assert grace.email.upper() not in str(await court.dump())
    court.later(days=8)
    await act(court, ada, "rename_workspace", place, name="Fishes")
    assert "nobody@example.net" not in str(await court.dump()), f"the expired {stale} still has its address"


async def test_the_address_stands_in_no_fact(court: Court) -> None:
    ada = await court.register()
    place = await workspace(court, ada)

    made = await act(court, ada, "create_invite", place, invite_id=new_id(), role="user", email="new@example.net")

    assert made["invite_created"]["with_email"] is True
    assert "example.net" not in str(made.told)


async def test_who_is_removed_takes_along_the_invites_he_made(court: Court) -> None:
    ada, grace, eve = await court.register(), await court.register(), await court.register()
    place = await workspace(court, ada)
    await join(court, ada, place, grace, "admin")
    back_door = await invite(court, grace, place, "admin")
    side_door = await invite(court, grace, place, "user")

    lowered = await act(court, ada, "change_role", place, user_id=grace.user_id, role="manager")
    assert lowered.names == ["member_role_changed", "invite_revoked"], "a manager may still invite users"
    assert (await accept(court, eve, place, back_door)).code == "gone"
    removed = await act(court, ada, "remove_member", place, user_id=grace.user_id)
    assert removed.names == ["member_removed", "invite_revoked"]
    assert (await accept(court, eve, place, side_door)).code == "gone"


async def test_an_erased_account_leaves_every_workspace_and_takes_the_personal_one_along(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    place = await workspace(court, ada)
    await join(court, ada, place, grace)

    gone = await court.say("identity.delete_user", {"user_id": grace.user_id}, actor=grace.user_id)

    assert gone.code is None
    assert [name for name in gone.names if name.startswith(("member", "workspace"))] == [
        "member_removed",
        "workspace_deleted",
        "member_removed",
    ] or sorted(name for name in gone.names if name.startswith(("member", "workspace"))) == [
        "member_removed",
        "member_removed",
        "workspace_deleted",
    ]
    assert await roles(court, place) == {ada.user_id: "admin"}
    assert grace.user_id not in str((await court.dump())["workspace_decider.members"])
    kept = await act(court, ada, "forget_person", place, user_id=ada.user_id)
    assert kept.code == "forbidden", "nobody forgets the living"


async def test_the_last_admin_of_others_cannot_end_his_account(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    place = await workspace(court, ada)
    await join(court, ada, place, grace)

    assert (await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)).code == "conflict"
    await act(court, ada, "change_role", place, user_id=grace.user_id, role="admin")
    assert (await court.say("identity.delete_user", {"user_id": ada.user_id}, actor=ada.user_id)).code is None


async def test_with_its_last_member_a_workspace_goes_and_its_boards_stay_with_their_people(court: Court) -> None:
    ada = await court.register()
    place = await workspace(court, ada)
    board_id = await court.board(ada, workspace_id=place)

    left = await act(court, ada, "remove_member", place, user_id=ada.user_id)

    assert left.names == ["member_removed", "workspace_deleted"]
    assert await court.roles(board_id) == {(ada.user_id, "owner", "grant")}


async def test_an_admin_of_a_workspace_owns_its_boards_until_he_is_none(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    place = await workspace(court, ada)
    await join(court, ada, place, grace, "admin")
    board_id = await court.board(ada, workspace_id=place)
    assert (grace.user_id, "owner", "workspace") in await court.roles(board_id)

    await act(court, ada, "change_role", place, user_id=grace.user_id, role="manager")

    assert grace.user_id not in str(await court.roles(board_id)), "membership alone gives nothing"


async def test_a_manager_invites_but_makes_no_admins_and_changes_nobody(court: Court) -> None:
    ada, grace, eve = await court.register(), await court.register(), await court.register()
    place = await workspace(court, ada)
    await join(court, ada, place, grace, "manager")
    await join(court, ada, place, eve)
    admins = await invite(court, ada, place, "admin")

    assert (await act(court, grace, "create_invite", place, invite_id=new_id(), role="admin")).code == "forbidden"
    assert (await act(court, grace, "revoke_invite", place, invite_id=admins)).code == "forbidden"
    assert (await act(court, grace, "create_invite", place, invite_id=new_id(), role="manager")).code is None
    assert (await act(court, grace, "change_role", place, user_id=eve.user_id, role="agent")).code == "forbidden"
    assert (await act(court, grace, "remove_member", place, user_id=eve.user_id)).code == "forbidden"
    assert (await act(court, eve, "remove_member", place, user_id=eve.user_id)).code is None, "one may always leave"
    assert (await act(court, eve, "rename_workspace", place, name="x")).code == "not_found", "he is out now"


async def test_too_low_a_role_is_told_before_any_conflict(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    place = await workspace(court, ada)
    await join(court, ada, place, grace)

    assert (await act(court, grace, "remove_member", place, user_id=ada.user_id)).code == "forbidden"
    assert (await act(court, ada, "remove_member", place, user_id=ada.user_id)).code == "conflict"
    assert (await act(court, ada, "change_role", place, user_id=ada.user_id, role="user")).code == "conflict"


async def test_the_person_of_a_personal_workspace_stays_its_admin(court: Court) -> None:
    ada, grace = await court.register(), await court.register()
    await join(court, ada, ada.workspace_id, grace, "admin")

    assert (await act(court, grace, "remove_member", ada.workspace_id, user_id=ada.user_id)).code == "conflict"
    lowered = await act(court, grace, "change_role", ada.workspace_id, user_id=ada.user_id, role="user")
    assert lowered.code == "conflict"


async def test_a_forged_actor_makes_and_accepts_nothing_for_others(court: Court) -> None:
    ada, eve = await court.register(), await court.register()
    place = await workspace(court, ada)
    ticket = await invite(court, ada, place)

    forged = await act(court, eve, "accept_invite", place, invite_id=ticket, user_id=ada.user_id)
    made = await act(court, eve, "create_workspace", new_id(), name="x", created_by=ada.user_id)

    assert (forged.code, made.code) == ("forbidden", "forbidden")
