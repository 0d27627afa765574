"""Links and those who come through them, with an account and without."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.http.tests.documented import DocumentedApi
from edge.http.tests.waiting import until
from tests.edge.client import Api, Person, rectangle, register
from tests.product import Product

pytestmark = pytest.mark.integration


async def guest(api: Api, link: dict[str, object], **body: object) -> Api:
    """A new guest through a link."""
    opened = await api.post(f"/api/links/{link['token']}/open", body)
    assert opened.status == 200, opened
    return api.as_token(opened.body["access_token"])


async def test_a_guest_sees_one_board_and_makes_nothing(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    visitor = await guest(api, await ada.link(board_id, "editor"), name="Гостья")

    me = (await visitor.get("/api/me")).body
    assert set(me) == {"user_id", "name", "color", "locale", "guest"}
    assert (me["name"], me["guest"]) == ("Гостья", True)
    assert (await visitor.get(f"/api/boards/{board_id}")).body["role"] == "editor"
    assert (await visitor.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle()]})).status == 200
    assert (await visitor.get(f"/api/boards/{board_id}/export")).status == 200
    assert (await visitor.call("PATCH", f"/api/boards/{board_id}", {"title": "By a guest"})).status == 200
    for method, path, body in [
        ("GET", "/api/boards", None),
        ("GET", "/api/workspaces", None),
        ("POST", "/api/workspaces", {"name": "x"}),
        ("POST", "/api/boards", {"title": "x"}),
        ("POST", "/api/boards/import", {"elements": []}),
        ("POST", f"/api/boards/{board_id}/duplicate", {}),
        ("PATCH", "/api/me", {"name": "x"}),
        ("DELETE", "/api/me", {"password": "x"}),
        ("GET", "/api/me/sessions", None),
        ("POST", "/api/auth/logout", None),
        ("GET", f"/api/boards/{board_id}/grants", None),
        ("POST", f"/api/boards/{board_id}/links", {"role": "viewer"}),
        ("DELETE", f"/api/boards/{board_id}", None),
    ]:
        answer = await visitor.call(method, path, body)
        assert (answer.status, answer.code) == (403, "forbidden"), (method, path, answer)


async def test_a_returning_guest_is_himself_with_a_token_past_its_end(product: Product, api: Api, ada: Person) -> None:
    short = await product.edge(DOSKA_ACCESS_TOKEN_SECONDS="8")
    door = DocumentedApi(short.base_url, api.http)
    link = await ada.link(await ada.board(), "viewer")
    visitor = await guest(door, link, name="Once")
    before = (await api.as_token(visitor.token).get("/api/me")).body

    async def ended() -> bool:
        return (await visitor.get("/api/me")).status == 401

    await until(ended, 30)
    again = await visitor.post(f"/api/links/{link['token']}/open", {})
    first = (await api.as_token(again.body["access_token"]).get("/api/me")).body
    renamed = await visitor.post(f"/api/links/{link['token']}/open", {"name": "Twice"})
    second = (await api.as_token(renamed.body["access_token"]).get("/api/me")).body
    assert again.body["expires_in"] == 8
    assert (before["user_id"], before["name"], before["color"]) == (first["user_id"], "Once", first["color"])
    assert (second["user_id"], second["name"]) == (before["user_id"], "Twice")


async def test_somebody_new_is_somebody_else_each_time(api: Api, ada: Person) -> None:
    link = await ada.link(await ada.board(), "viewer")

    visitors = [(await (await guest(api, link)).get("/api/me")).body for _ in range(2)]

    assert visitors[0]["user_id"] != visitors[1]["user_id"]
    assert visitors[0]["name"]


@pytest.mark.parametrize("token", ["junk", "a.b.c"])
async def test_a_bad_token_opens_nothing(api: Api, ada: Person, token: str) -> None:
    link = await ada.link(await ada.board(), "viewer")

    answer = await api.as_token(token).post(f"/api/links/{link['token']}/open", {})

    assert (answer.status, answer.code) == (401, "unauthenticated")


async def test_a_guests_token_ends_with_its_link(api: Api, ada: Person) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    link = await ada.link(await ada.board(), "viewer", expires_at=soon)

    opened = await api.post(f"/api/links/{link['token']}/open", {})

    assert link["expires_at"].startswith(soon[:19])
    assert 0 < opened.body["expires_in"] <= 30


async def test_an_expired_link_is_gone(api: Api, ada: Person) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=5)).isoformat().replace("+00:00", "Z")
    link = await ada.link(await ada.board(), "viewer", expires_at=past)

    opened = await api.post(f"/api/links/{link['token']}/open", {})

    assert (opened.status, opened.code) == (410, "gone")


async def test_a_trashed_board_takes_its_guests_along(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "viewer")
    visitor = await guest(api, link)

    await ada.api.call("DELETE", f"/api/boards/{board_id}")

    opened = await api.post(f"/api/links/{link['token']}/open", {})
    assert (opened.status, opened.code) == (410, "gone")
    assert (await visitor.get("/api/me")).status == 401


async def test_ten_wrong_passwords_a_minute_close_a_link_for_everybody(api: Api, ada: Person) -> None:
    link = await ada.link(await ada.board(), "viewer", password="open sesame")
    path = f"/api/links/{link['token']}/open"

    missing = [await api.post(path, {}) for _ in range(12)]
    wrong = [await api.post(path, {"password": "no"}) for _ in range(10)]
    right = await api.post(path, {"password": "open sesame"})

    assert {answer.status for answer in missing} == {403}
    assert {(answer.status, *answer.paths) for answer in wrong} == {(403, "/password")}
    assert (right.status, right.code) == (429, "rate_limited")
    assert 1 <= int(right.headers["Retry-After"]) <= 60


async def test_a_link_can_be_opened_twice_with_an_account_and_ends_for_it_too(api: Api, ada: Person) -> None:
    person = await register(api)
    board_id = await ada.board()
    link = await ada.link(board_id, "commenter")

    opened = [await person.api.post(f"/api/links/{link['token']}/open", {}) for _ in range(2)]
    seen = await person.api.get(f"/api/boards/{board_id}")
    await ada.api.call("DELETE", f"/api/boards/{board_id}/links/{link['link_id']}")

    assert [answer.body["role"] for answer in opened] == ["commenter", "commenter"]
    assert seen.body["role"] == "commenter"

    async def gone() -> bool:
        return (await person.api.get(f"/api/boards/{board_id}")).status == 404

    await until(gone, 30)
    assert (await person.api.get("/api/me")).status == 200


async def test_an_owner_who_opens_a_link_stays_the_owner(ada: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "viewer")

    opened = await ada.api.post(f"/api/links/{link['token']}/open", {})

    assert opened.body["role"] == "owner"


@pytest.mark.parametrize(
    ("body", "path"), [({"name": ""}, "/name"), ({"name": "x" * 101}, "/name"), ({"more": 1}, "/more")]
)
async def test_a_bad_opening_is_refused_with_its_path(
    api: Api, ada: Person, body: dict[str, object], path: str
) -> None:
    link = await ada.link(await ada.board(), "viewer")

    answer = await api.post(f"/api/links/{link['token']}/open", body)

    assert (answer.status, answer.paths) == (422, [path])
