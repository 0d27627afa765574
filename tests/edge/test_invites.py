"""Invites to workspaces, by the public contract: once, seven days, for whom they are."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from tests.edge.client import Api, Person, register
from tests.edge.teams import invited, joined, role_of, workspace
from tests.product import Product

pytestmark = pytest.mark.integration


async def test_an_invite_shows_its_token_once_and_is_good_for_seven_days(ada: Person) -> None:
    place = await workspace(ada)

    made, token = await invited(ada, place, "manager")
    listed = await ada.api.get(f"/api/workspaces/{place}/invites")

    assert set(made) >= {"invite_id", "token", "url", "expires_at"}
    assert made["url"].endswith(f"#{token}")
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    [item] = listed.body["items"]
    assert (item["invite_id"], item["role"], item["email"]) == (made["invite_id"], "manager", None)
    assert token not in str(listed.body)


async def test_an_invite_is_used_once(ada: Person, grace: Person, stranger: Person) -> None:
    place = await workspace(ada)
    _, token = await invited(ada, place, "agent")

    first = await grace.api.post(f"/api/invites/{token}/accept", {})
    second = await stranger.api.post(f"/api/invites/{token}/accept", {})
    again = await grace.api.post(f"/api/invites/{token}/accept", {})

    assert (first.status, first.body["workspace_id"], first.body["role"]) == (200, place, "agent")
    assert [(answer.status, answer.code) for answer in (second, again)] == [(410, "gone")] * 2
    assert (await ada.api.get(f"/api/workspaces/{place}/invites")).body["items"] == []


async def test_two_who_accept_at_once_one_gets_in(ada: Person, grace: Person, stranger: Person) -> None:
    place = await workspace(ada)
    _, token = await invited(ada, place)

    answers = await asyncio.gather(*(who.api.post(f"/api/invites/{token}/accept", {}) for who in (grace, stranger)))

    assert sorted(answer.status for answer in answers) == [200, 410]


async def test_the_same_key_gives_the_same_answer_and_the_same_invite(ada: Person, grace: Person) -> None:
    place, key = await workspace(ada), {"Idempotency-Key": secrets.token_hex(8)}

    made = [await ada.api.post(f"/api/workspaces/{place}/invites", {"role": "user"}, headers=key) for _ in range(2)]
    took = [await grace.api.post(f"/api/invites/{made[0].body['token']}/accept", {}, headers=key) for _ in range(2)]

    assert made[0].body == made[1].body
    assert [answer.status for answer in took] == [200, 200]


async def test_an_invite_with_an_address_is_for_that_account_alone(
    ada: Person, grace: Person, stranger: Person
) -> None:
    place = await workspace(ada)
    _, token = await invited(ada, place, email=grace.email.upper())

    wrong = await stranger.api.post(f"/api/invites/{token}/accept", {})
    right = await grace.api.post(f"/api/invites/{token}/accept", {})

    assert (wrong.status, wrong.code) == (403, "forbidden")
    assert right.status == 200


async def test_a_revoked_invite_is_gone(ada: Person, grace: Person) -> None:
    place = await workspace(ada)
    made, token = await invited(ada, place)

    revoked = await ada.api.call("DELETE", f"/api/workspaces/{place}/invites/{made['invite_id']}")
    accepted = await grace.api.post(f"/api/invites/{token}/accept", {})

    assert revoked.status == 204
    assert (accepted.status, accepted.code) == (410, "gone")
    nowhere = await ada.api.call("DELETE", f"/api/workspaces/{place}/invites/{ada.user_id}")
    assert (nowhere.status, nowhere.code) == (404, "not_found")


async def test_admins_are_invited_by_admins_alone(ada: Person, grace: Person, stranger: Person) -> None:
    place = await workspace(ada)
    await joined(ada, place, grace, "manager")
    path = f"/api/workspaces/{place}/invites"

    assert (await grace.api.post(path, {"role": "agent"})).status == 201
    refused = await grace.api.post(path, {"role": "admin"})
    assert (refused.status, refused.code) == (403, "forbidden")
    made, _ = await invited(ada, place, "admin")
    assert (await grace.api.call("DELETE", f"{path}/{made['invite_id']}")).status == 403
    await joined(ada, place, stranger, "user")
    for answer in (await stranger.api.get(path), await stranger.api.post(path, {"role": "user"})):
        assert (answer.status, answer.code) == (403, "forbidden")
    assert await role_of(grace, place) == "manager"


async def test_a_guessed_token_is_nothing_and_guessing_is_limited(product: Product, api: Api, ada: Person) -> None:
    place = await workspace(ada)
    _, token = await invited(ada, place)
    edge = await product.edge()
    guesser = await register(Api(edge.base_url, api.http), "Guesser")

    answers = [await guesser.api.post(f"/api/invites/{token[:-4]}{guess:04d}/accept", {}) for guess in range(70)]

    assert {answer.status for answer in answers[:50]} == {404}
    assert answers[-1].status == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "body", [{}, {"role": "owner"}, {"role": "user", "email": "nonsense"}, {"role": "user", "invite_id": "x"}]
)
async def test_an_invite_has_a_role_and_perhaps_an_address(ada: Person, body: dict[str, object]) -> None:
    place = await workspace(ada)

    answer = await ada.api.post(f"/api/workspaces/{place}/invites", body)

    assert (answer.status, answer.code) == (422, "schema_invalid")
