"""Webhooks as they are decided and kept: who may, which addresses, secrets, and what ends them."""

from datetime import timedelta
from typing import Any

import pytest

from consumers.tests.court import Court, Someone, Verdict, at_once
from consumers.webhook_decider.handler import MOST, MOST_SECRETS, RULES
from schemas.ids import new_id
from schemas.registry import registry

pytestmark = pytest.mark.integration

URL = "https://hooks.example.org/doska?token=s3cret-token"
HOOK = "select * from webhook_decider.subscriptions_v1 where subscription_id = $1"


async def act(court: Court, who: Someone, name: str, workspace_id: str, /, **data: object) -> Verdict:
    return await court.say(f"webhooks.{name}", {"workspace_id": workspace_id, **data}, actor=who.user_id)


async def create(court: Court, who: Someone, workspace_id: str, /, **data: object) -> Verdict:
    asked = {"subscription_id": new_id(), "url": URL, "types": ["boards.*"], **data}
    return await act(court, who, "create_subscription", workspace_id, **asked)


async def a_hook(court: Court, who: Someone, **data: object) -> dict[str, str]:
    made = await create(court, who, who.workspace_id, **data)
    assert made.code is None, made.answer
    return {"subscription_id": str(made["subscription_created"]["subscription_id"])}


async def kept(court: Court, hook: dict[str, str]) -> dict[str, Any] | None:
    """What those see who deliver."""
    [bench] = [each for each in court.benches if each.manifest.name == "webhook_decider"]
    row = await bench.pool.fetchrow(HOOK, hook["subscription_id"])
    return None if row is None else dict(row)


def test_every_action_of_the_topic_has_a_rule() -> None:
    assert set(RULES) == {mt.name for mt in registry().of_topic("webhooks.actions")}


async def test_a_webhook_is_kept_and_no_fact_holds_its_address(court: Court) -> None:
    ada = await court.register()

    made = await create(court, ada, ada.workspace_id, types=["workspaces.member_joined", "boards.*", "boards.*"])

    fact = made["subscription_created"]
    assert (fact["host"], fact["types"], fact["boards"], fact["secret_version"]) == (
        "https://hooks.example.org",
        ["boards.*", "workspaces.member_joined"],
        [],
        1,
    )
    assert "s3cret" not in str(made.told) + str(made.answer)
    dump = await court.dump()
    secrets = dump["webhook_decider.secrets"]
    assert all("whsec" not in row for row in secrets)


async def test_only_admins_may_and_a_stranger_learns_nothing(court: Court) -> None:
    ada, eve, bob = await court.register(), await court.register(), await court.register()
    place, invite = new_id(), new_id()
    told = {"workspace_id": place, "name": "Birds", "created_by": ada.user_id}
    await court.say("workspaces.create_workspace", told, actor=ada.user_id)
    await court.say(
        "workspaces.create_invite",
        {"workspace_id": place, "invite_id": invite, "role": "manager"},
        actor=ada.user_id,
    )
    await court.say(
        "workspaces.accept_invite",
        {"workspace_id": place, "invite_id": invite, "user_id": bob.user_id},
        actor=bob.user_id,
    )

    assert (await create(court, ada, place)).code is None
    assert (await create(court, bob, place)).code == "forbidden"
    hidden, nowhere = await create(court, eve, place), await create(court, eve, new_id())
    assert (hidden.code, hidden.answer["detail"]) == ("not_found", nowhere.answer["detail"])
    guest = {"subscription_id": new_id(), "url": URL, "types": ["*"], "workspace_id": place}
    assert (await court.say("webhooks.create_subscription", guest, actor=ada.user_id, via=new_id())).code == "forbidden"
    assert (await court.say("webhooks.create_subscription", guest)).code == "unauthenticated"


async def test_a_webhook_of_another_workspace_is_not_there(court: Court) -> None:
    ada, eve = await court.register(), await court.register()
    hook = await a_hook(court, ada)

    for name in ("delete_subscription", "pause_subscription", "rotate_secret", "update_subscription"):
        assert (await act(court, eve, name, eve.workspace_id, **hook)).code == "not_found"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://ada:secret@hooks.example.org/",
        "https://hooks.example.org:22/",
        "https://localhost/",
    ],
)
async def test_an_address_that_may_not_be_called_is_refused_at_its_path(court: Court, url: str) -> None:
    ada = await court.register()

    refused = await create(court, ada, ada.workspace_id, url=url)

    assert refused.code == "schema_invalid"
    assert [each["path"] for each in refused.answer["errors"]] == ["/url"]
    assert not refused.told


async def test_an_address_is_kept_as_the_url_standard_writes_it(court: Court) -> None:
    ada = await court.register()

    hook = await a_hook(court, ada, url="https:\\\\hooks.example.org\\@evil.example/x")

    found = await kept(court, hook)
    assert found is not None
    assert found["url"] == "https://hooks.example.org/@evil.example/x"


@pytest.mark.parametrize(
    "pattern", ["bords.*", "boards.board_craeted", "identity.*", "boards.draw", "webhooks.test_requested"]
)
async def test_a_pattern_that_means_no_fact_is_refused(court: Court, pattern: str) -> None:
    ada = await court.register()

    refused = await create(court, ada, ada.workspace_id, types=["boards.*", pattern])

    assert refused.code == "schema_invalid"
    assert [each["path"] for each in refused.answer["errors"]] == ["/types/1"]


async def test_boards_must_be_of_the_workspace(court: Court) -> None:
    ada, eve = await court.register(), await court.register()
    mine = await court.board(ada, workspace_id=ada.workspace_id)
    hers = await court.board(eve, workspace_id=eve.workspace_id)

    assert (await create(court, ada, ada.workspace_id, boards=[mine])).code is None
    refused = await create(court, ada, ada.workspace_id, boards=[mine, hers])
    assert [each["path"] for each in refused.answer["errors"]] == ["/boards/1"]


async def test_a_change_leaves_what_it_does_not_name(court: Court) -> None:
    ada = await court.register()
    hook = await a_hook(court, ada)

    changed = await act(court, ada, "update_subscription", ada.workspace_id, **hook, types=["*"])
    moved = await act(court, ada, "update_subscription", ada.workspace_id, **hook, url="https://other.example/")
    nothing = await act(court, ada, "update_subscription", ada.workspace_id, **hook)

    assert changed["subscription_updated"]["host"] == "https://hooks.example.org"
    assert moved["subscription_updated"]["types"] == ["*"]
    assert (nothing.code, nothing.names) == (None, [])
    found = await kept(court, hook)
    assert found is not None
    assert (found["url"], found["types"]) == ("https://other.example/", ["*"])


async def test_a_workspace_has_so_many_and_no_more_also_for_two_at_once(court: Court) -> None:
    ada = await court.register()
    for _ in range(MOST - 1):
        await a_hook(court, ada)

    verdicts = await at_once(create(court, ada, ada.workspace_id), create(court, ada, ada.workspace_id))

    assert sorted(str(verdict.code) for verdict in verdicts) == ["None", "conflict"]


async def test_a_rotated_secret_is_valid_for_a_day_beside_the_new_one(court: Court) -> None:
    ada = await court.register()
    hook = await a_hook(court, ada)

    rotated = await act(court, ada, "rotate_secret", ada.workspace_id, **hook)

    assert rotated["secret_rotated"]["secret_version"] == 2
    found = await kept(court, hook)
    assert found is not None
    assert found["secret_versions"] == [2, 1]
    assert found["secret_ends"][0] is None
    assert abs(found["secret_ends"][1] - court.now - timedelta(hours=24)) < timedelta(seconds=1)
    court.later(hours=25)
    await act(court, ada, "rotate_secret", ada.workspace_id, **hook)
    found = await kept(court, hook)
    assert found is not None
    assert found["secret_versions"] == [3, 2], "the first one ended"


async def test_secrets_cannot_be_piled_up(court: Court) -> None:
    ada = await court.register()
    hook = await a_hook(court, ada)

    codes = [(await act(court, ada, "rotate_secret", ada.workspace_id, **hook)).code for _ in range(MOST_SECRETS)]

    assert codes == [None] * (MOST_SECRETS - 1) + ["conflict"]


async def test_pause_and_resume_twice_are_as_once_and_nothing_is_sent_to_a_paused_one(court: Court) -> None:
    ada = await court.register()
    hook = await a_hook(court, ada)

    paused = [await act(court, ada, "pause_subscription", ada.workspace_id, **hook) for _ in range(2)]
    test = await act(court, ada, "send_test", ada.workspace_id, **hook, delivery_id=new_id())
    resumed = [await act(court, ada, "resume_subscription", ada.workspace_id, **hook) for _ in range(2)]

    assert [each.names for each in paused] == [["subscription_paused"], []]
    assert paused[0]["subscription_paused"]["reason"] == "asked"
    assert test.code == "conflict"
    assert [each.names for each in resumed] == [["subscription_resumed"], []]


async def test_a_webhook_that_is_given_up_pauses_once_and_a_late_verdict_counts_for_nothing(court: Court) -> None:
    ada = await court.register()
    hook = await a_hook(court, ada)
    verdict = {"workspace_id": ada.workspace_id, **hook, "reason": "failing", "stint": 1}

    first = await court.say("webhooks.suspend_subscription", verdict)
    again = await court.say("webhooks.suspend_subscription", verdict)
    await act(court, ada, "resume_subscription", ada.workspace_id, **hook)
    late = await court.say("webhooks.suspend_subscription", verdict)
    now = await court.say("webhooks.suspend_subscription", {**verdict, "stint": 2, "reason": "gone"})

    assert first["subscription_paused"]["reason"] == "failing"
    assert (again.names, late.names) == ([], [])
    assert now["subscription_paused"]["reason"] == "gone"


async def test_what_is_not_kept_is_not_sent_again(court: Court) -> None:
    ada = await court.register()
    hook = await a_hook(court, ada)

    refused = await act(court, ada, "redeliver", ada.workspace_id, **hook, delivery_id=new_id())

    assert refused.code == "not_found"


async def test_the_webhooks_of_a_workspace_go_with_it(court: Court) -> None:
    ada = await court.register()
    place = new_id()
    made = {"workspace_id": place, "name": "Birds", "created_by": ada.user_id}
    await court.say("workspaces.create_workspace", made, actor=ada.user_id)
    hooks = [(await create(court, ada, place))["subscription_created"]["subscription_id"] for _ in range(2)]

    asked_too_early = await court.say("webhooks.forget_workspace", {"workspace_id": place})
    left = {"workspace_id": place, "user_id": ada.user_id}
    gone = await court.say("workspaces.remove_member", left, actor=ada.user_id)

    assert asked_too_early.names == []
    assert gone.names.count("subscription_deleted") == 2
    assert [await kept(court, {"subscription_id": each}) for each in hooks] == [None, None]


async def test_revisions_count_on_through_all_webhooks_of_a_workspace(court: Court) -> None:
    ada = await court.register()

    first, second = await create(court, ada, ada.workspace_id), await create(court, ada, ada.workspace_id)

    assert second["subscription_created"]["revision"] == first["subscription_created"]["revision"] + 1
