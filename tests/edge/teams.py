"""Workspaces with people in them, made by the public contract."""

from typing import Any

from tests.edge.client import Person

Json = dict[str, Any]


async def workspace(admin: Person, name: str = "Birds") -> str:
    """A new workspace; its id."""
    made = await admin.api.post("/api/workspaces", {"name": name})
    assert made.status == 201, made
    return str(made.body["workspace_id"])


async def invited(admin: Person, place: str, role: str = "user", **more: Any) -> tuple[Json, str]:
    """An invite and its token."""
    made = await admin.api.post(f"/api/workspaces/{place}/invites", {"role": role, **more})
    assert made.status == 201, made
    return made.body, str(made.body["token"])


async def joined(admin: Person, place: str, who: Person, role: str = "user") -> None:
    """Bring somebody in."""
    _, token = await invited(admin, place, role)
    accepted = await who.api.post(f"/api/invites/{token}/accept", {})
    assert (accepted.status, accepted.body["role"]) == (200, role), accepted


async def role_of(who: Person, place: str) -> str:
    """Somebody's own role."""
    return str((await who.api.get(f"/api/workspaces/{place}")).body["role"])
