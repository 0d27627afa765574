"""Ids of things that there are, by the names that paths give them: what is hostile shall get past `not_found`."""

import asyncio
from typing import Any, Final

import pytest

from schemas.ids import new_id
from tests.edge.client import Person, rectangle

Json = dict[str, Any]
FILE: Final = {"name": "a.png", "mime": "image/png", "size": 10, "sha256": "0" * 64}
# How often a machine under load is asked the same again.
PATIENCE: Final = 5
# Rows after which the thing of the row is no more, or is closed to the rows that follow.
ENDING: Final = ("/archive", "/restore")
# Rows after which whoever asked is nobody.
FAREWELLS: Final = frozenset(
    {
        ("POST", "/api/auth/logout"),
        ("POST", "/api/me/password"),
        ("DELETE", "/api/me"),
        ("DELETE", "/api/me/sessions"),
        ("DELETE", "/api/me/sessions/{session_id}"),
    }
)


def ends_what_it_names(method: str, path: str) -> bool:
    """Whether a row takes away what it names."""
    return path.startswith(("/api/boards/{", "/api/workspaces/{")) and (method == "DELETE" or path.endswith(ENDING))


def ends_who_asks(method: str, path: str) -> bool:
    """Whether a row takes away the session that it is asked in."""
    return (method, path) in FAREWELLS


async def belongings(person: Person, other: Person) -> Json:
    """A board of somebody and one thing of each kind that a board and a workspace have."""
    board_id = (await made(person, "/api/boards", {"title": "A board"}))["board_id"]
    board, element = f"/api/boards/{board_id}", rectangle()
    [place, *_] = (await person.api.get("/api/workspaces")).body["items"]
    workspace = f"/api/workspaces/{place['workspace_id']}"
    await made(person, f"{board}/grants/{other.user_id}", {"role": "editor"}, "PUT")
    await made(person, f"{board}/elements", {"elements": [element]})
    thread = await made(person, f"{board}/comments", {"anchor": {"x": 1, "y": 2}, "text": "Look"})
    version = await made(person, f"{board}/versions", {"name": "Before"})
    link = await made(person, f"{board}/links", {"role": "viewer"})
    invite = await made(person, f"{workspace}/invites", {"role": "user"})
    hook = await made(
        person, f"{workspace}/webhooks", {"url": "http://127.0.0.1:9/hook", "types": ["boards.board_renamed"]}
    )
    file = await made(person, "/api/files", {"board_id": board_id, **FILE})
    return {
        "board_id": board_id,
        "source_board_id": board_id,
        "workspace_id": place["workspace_id"],
        "user_id": other.user_id,
        "session_id": new_id(),
        "element_id": element["id"],
        "thread_id": thread["thread_id"],
        "comment_id": thread["comments"][0]["comment_id"],
        "version_id": version["version_id"],
        "link_id": link["link_id"],
        "token": link["token"],
        "invite_id": invite["invite_id"],
        "subscription_id": hook["subscription_id"],
        "delivery_id": new_id(),
        "file_id": file["file_id"],
        "purpose": "analytics",
        "type": "boards.create_board",
        "template": "retro",
    }


async def made(person: Person, path: str, body: Json, method: str = "POST") -> Json:
    """What a good request to make something gives; a busy machine that knows no answer in time is asked again."""
    key = {"Idempotency-Key": new_id()}
    for _ in range(PATIENCE):
        answer = await person.api.call(method, path, body, headers=key)
        if answer.status < 300:
            return answer.body
        assert "Retry-After" in answer.headers, (path, answer)
        await asyncio.sleep(int(answer.headers["Retry-After"]))
    pytest.fail(f"{path}: {answer}")
