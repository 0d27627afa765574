"""Lists: walks, filters, parameters, and whose they are."""

import secrets
from typing import Any

import pytest

from tests.edge.client import Api, Person, register

pytestmark = pytest.mark.integration


async def walk(api: Api, path: str, limit: int = 1) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        answer = await api.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{after}")
        assert answer.status == 200, answer
        assert len(answer.body["items"]) <= limit
        found += answer.body["items"]
        cursor = answer.body["next"]
        assert len(found) < 1000
    return found


async def test_sessions_are_walked_and_closed(api: Api) -> None:
    person = await register(api)
    for _ in range(3):
        await api.post("/api/auth/login", {"email": person.email, "password": person.password})

    listed = await walk(person.api, "/api/me/sessions", 2)
    closed = await person.api.call("DELETE", f"/api/me/sessions/{listed[0]['session_id']}")
    left = await walk(person.api, "/api/me/sessions", 50)

    assert [one["current"] for one in listed] == [False, False, False, True]
    assert set(listed[0]) == {"session_id", "client", "address", "created_at", "seen_at", "current"}
    assert listed[0]["created_at"].endswith("Z")
    assert listed == sorted(listed, key=lambda one: one["created_at"], reverse=True)
    assert closed.status == 204
    assert left == listed[1:]


async def test_a_session_of_somebody_else_is_not_found(ada: Person, grace: Person) -> None:
    theirs = await ada.api.call("DELETE", f"/api/me/sessions/{grace.session_id}")
    junk = await ada.api.call("DELETE", "/api/me/sessions/junk")

    assert (theirs.status, junk.status) == (404, 404)
    assert {**theirs.body, "trace_id": ""} == {**junk.body, "trace_id": ""}
    assert (await grace.api.get("/api/me")).status == 200


async def test_closing_the_own_session_is_a_logout(api: Api) -> None:
    person = await register(api)

    closed = await person.api.call("DELETE", f"/api/me/sessions/{person.session_id}")

    assert closed.status == 204
    assert (await person.api.get("/api/me")).status == 401


async def test_the_personal_workspace_and_its_members_are_seen_by_its_member_alone(ada: Person, grace: Person) -> None:
    [workspace] = await walk(ada.api, "/api/workspaces")
    path = f"/api/workspaces/{workspace['workspace_id']}"

    assert (await ada.api.get(path)).body == workspace
    assert set(workspace) == {"workspace_id", "name", "role", "personal", "created_at"}
    [member] = await walk(ada.api, f"{path}/members")
    assert member == {"user_id": ada.user_id, "name": "Ada", "email": ada.email, "role": "admin"}
    for other in (await grace.api.get(path), await grace.api.get(f"{path}/members"), await ada.api.get(f"{path}x")):
        assert (other.status, other.code) == (404, "not_found")


async def test_boards_are_filtered(ada: Person) -> None:
    mark = secrets.token_hex(5)
    plain, archived, trashed, both = [await ada.board(f"{mark} {name}") for name in "abcd"]
    for board_id in (archived, both):
        await ada.api.post(f"/api/boards/{board_id}/archive")
    for board_id in (trashed, both):
        await ada.api.call("DELETE", f"/api/boards/{board_id}")
    [workspace] = await walk(ada.api, "/api/workspaces")

    async def ids(query: str) -> list[str]:
        return [one["board_id"] for one in await walk(ada.api, f"/api/boards?q={mark}{query}")]

    assert await ids("") == [plain]
    assert await ids("&archived=true") == [archived]
    assert await ids("&trashed=true") == [both, trashed]
    assert await ids("&trashed=true&archived=true") == [both]
    assert await ids("&trashed=true&archived=false") == [trashed]
    assert await ids(f"&workspace_id={workspace['workspace_id']}") == [plain]
    assert await ids("&workspace_id=01890000-0000-7000-8000-000000000000") == []


async def test_a_walk_is_not_disturbed_by_new_boards(ada: Person) -> None:
    mark = secrets.token_hex(5)
    made = [await ada.board(f"{mark} {number}") for number in range(4)]

    first = (await ada.api.get(f"/api/boards?q={mark}&limit=2")).body
    await ada.board(f"{mark} late")
    second = (await ada.api.get(f"/api/boards?q={mark}&limit=2&cursor={first['next']}")).body

    seen = [one["board_id"] for one in (*first["items"], *second["items"])]
    assert (seen, second["next"]) == (made[::-1], None)


async def test_boards_of_others_are_seen_by_their_grants_alone(ada: Person, grace: Person) -> None:
    mark = secrets.token_hex(5)
    given, kept = await ada.board(f"{mark} given"), await ada.board(f"{mark} kept")
    await ada.grant(given, grace, "commenter")

    [seen] = await walk(grace.api, f"/api/boards?q={mark}")

    assert (seen["board_id"], seen["role"]) == (given, "commenter")
    assert (await grace.api.get(f"/api/boards/{kept}")).status == 404
    await ada.api.call("DELETE", f"/api/boards/{given}")
    assert await walk(grace.api, f"/api/boards?q={mark}&trashed=true") == []


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=1.5", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=%D9%A3", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("archived=yes", "/archived"),
        ("trashed=1", "/trashed"),
        ("workspace_id=x", "/workspace_id"),
        ("q=a%00b", "/q"),
        ("q=" + "x" * 201, "/q"),
        ("cursor=", "/cursor"),
        ("cursor=WyJib2FyZHMiLDEsIngiXQ", "/cursor"),
        ("cursor=WyJib2FyZHMiLCIxIiwiMDE4OTAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIl0", "/cursor"),
    ],
)
async def test_a_bad_parameter_is_refused_with_its_name(ada: Person, query: str, path: str) -> None:
    answer = await ada.api.get(f"/api/boards?{query}")

    assert (answer.status, answer.code, answer.paths) == (422, "schema_invalid", [path])


async def test_a_cursor_is_of_one_list(api: Api) -> None:
    person = await register(api)
    for _ in range(2):
        await person.board()
    cursor = (await person.api.get("/api/boards?limit=1")).body["next"]

    answer = await person.api.get(f"/api/workspaces?cursor={cursor}")

    assert (answer.status, answer.paths) == (422, ["/cursor"])


async def test_grants_and_links_are_walked(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    made = [await ada.link(board_id, "viewer") for _ in range(3)]
    await ada.api.call("DELETE", f"/api/boards/{board_id}/links/{made[1]['link_id']}")

    grants = await walk(ada.api, f"/api/boards/{board_id}/grants")
    links = await walk(ada.api, f"/api/boards/{board_id}/links")

    assert [(one["name"], one["role"]) for one in grants] == [("Grace", "viewer"), ("Ada", "owner")]
    assert set(grants[0]) == {"user_id", "name", "email", "role"}
    assert [one["link_id"] for one in links] == [made[2]["link_id"], made[0]["link_id"]]
    assert links[0] == {name: value for name, value in made[2].items() if name not in ("token", "url")}


async def test_schemas_are_walked(ada: Person) -> None:
    listed = await walk(ada.api, "/api/schemas", 7)

    assert len({(one["type"], one["version"]) for one in listed}) == len(listed) > 30
    for one in listed[:3]:
        schema = await ada.api.get(one["url"])
        assert (schema.status, schema.headers["Content-Type"]) == (200, "application/schema+json")
    for path in ("/api/schemas/no.such", "/api/schemas/boards.draw?version=99"):
        assert (await ada.api.get(path)).status == 404
    assert (await ada.api.get("/api/schemas/boards.draw?version=x")).paths == ["/version"]
