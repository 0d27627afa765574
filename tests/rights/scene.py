"""A workspace and a board with somebody in every role on it, and three ways to ask for something."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from edge.actions.asking import Asker
from edge.actions.authority import NOT_FOR_GUESTS
from edge.errors import ApiError
from edge.ws.tests.house import Edge
from schemas.codec import client_schema
from schemas.ids import new_id
from schemas.permissions import BOARD_ROLES, WORKSPACE_ROLES, allows
from schemas.registry import MessageType
from tests.edge.client import Api, Person, connected, rectangle
from tests.edge.teams import invited, joined, workspace

Json = dict[str, Any]
LINK_ROLES = ("editor", "commenter", "viewer")
ALLOWED = "allowed"
# Nothing happened: a busy machine says so, and is asked again.
BUSY = "unavailable"
TOLD = ("unauthenticated", "forbidden", "not_found", BUSY)
DELIVERY_SECONDS = 30


@dataclass(frozen=True)
class Subject:
    """Somebody who asks, and the role that the table knows him by on a board and in a workspace."""

    name: str
    api: Api
    user_id: str
    board_role: str | None
    workspace_role: str | None
    link_id: str | None = None

    def expected(self, mt: MessageType) -> str:
        """What the table says of an action; a code, or `allowed`."""
        assert mt.allow is not None
        return self.verdict(mt.allow.permission)

    def verdict(self, permission: str) -> str:
        """What the table says of a permission."""
        kind = permission.partition(".")[0]
        if self.link_id is not None and kind == "workspace":
            return "forbidden"  # a guest is told so before anything is looked up
        role = self.board_role if kind == "board" else self.workspace_role
        if role is None:
            return "not_found"
        if not allows(permission, role) or (self.link_id is not None and permission in NOT_FOR_GUESTS):
            return "forbidden"
        return ALLOWED


@dataclass
class Scene:
    """The things that actions name, by the names of their fields."""

    edge: Edge
    owner: Person
    target: Person
    subjects: list[Subject]
    ids: dict[str, str]

    def data(self, mt: MessageType) -> Json:
        """What a client sends: the schema's fullest example, about the things here."""
        example = dict(max(client_schema(mt)["examples"], key=len))
        made = {name: self.ids.get(name, value) for name, value in example.items()}
        if mt.allow is not None and mt.allow.resource.startswith("board:"):
            made.pop("workspace_id", None)  # a second thing, with a permission of its own
        if "mention" in made:
            made["mention"] = [self.owner.user_id]
        if "elements" in made:
            made["elements"] = [rectangle()]
        return made

    async def asked(self, subject: Subject, mt: MessageType) -> Json:
        """The same as this subject asks it: of comments, what only their author may do is asked about one's own."""
        if mt.domain == "comments" and "{thread_id}" in (mt.route.path if mt.route else ""):
            author = subject.api if subject.expected(mt) == ALLOWED else self.owner.api
            self.ids.update(await commented(author, self.ids["board_id"]))
        if mt.name == "webhooks.redeliver":
            self.ids["delivery_id"] = await delivery(self.owner, self.ids["workspace_id"], self.ids["subscription_id"])
        return self.data(mt)

    async def renew(self) -> None:
        """Bring back what a deletion took: the board, its target's role, a member, a link, an invite."""
        board, place = self.ids["board_id"], self.ids["workspace_id"]
        await self.owner.api.post(f"/api/boards/{board}/restore")
        await self.owner.api.call("PUT", f"/api/boards/{board}/grants/{self.ids['user_id']}", {"role": "viewer"})
        if (await self.target.api.get(f"/api/workspaces/{place}")).status == 404:
            await joined(self.owner, place, self.target)
        self.ids["link_id"] = (await self.owner.link(board, "viewer"))["link_id"]
        self.ids["invite_id"] = (await invited(self.owner, place))[0]["invite_id"]
        self.ids["version_id"] = await version(self.owner, board)
        self.ids["subscription_id"] = await webhook(self.owner, place)

    async def by_rest(self, subject: Subject, mt: MessageType) -> str:
        """Ask by the action's own route."""
        assert mt.route is not None
        data, path = await self.asked(subject, mt), mt.route.path
        for name in tuple(data):
            if f"{{{name}}}" in path:
                path = path.replace(f"{{{name}}}", str(data.pop(name)))
        answer = await subject.api.call(mt.route.method, path, data)
        return answer.code if answer.code in TOLD else ALLOWED

    async def by_socket(self, subject: Subject, mt: MessageType) -> str:
        """Ask by a frame."""
        data = await self.asked(subject, mt)
        async with connected(subject.api, subject.api.token) as socket:
            await socket.send(kind="send", id="m", type=mt.name, data=data)
            frame = await socket.wait(lambda each: each.get("id") == "m")
        code = str(frame.get("code", ALLOWED))
        return code if code in TOLD else ALLOWED

    async def past_the_edge(self, subject: Subject, mt: MessageType) -> str:
        """Produce a record that no edge has authorised, and hear the decider."""
        made = {"new_id": new_id, "actor": lambda: subject.user_id}
        data = await self.asked(subject, mt) | {
            name: made[source]() for name, source in mt.edge_fields.items() if source in made
        }
        example = max(mt.schema["examples"], key=len)
        data |= {name: example[name] for name in mt.schema["required"] if name not in data}
        actions, action_id = self.edge.parts.actions, new_id()
        try:
            sealed = await actions.sealed(mt, data, action_id)
            await actions.ask(mt.name, sealed, Asker(subject.user_id, subject.link_id), action_id=action_id)
        except ApiError as error:
            return error.code if error.code in TOLD else ALLOWED
        return ALLOWED


async def commented(author: Api, board_id: str) -> dict[str, str]:
    """A new thread of somebody's, by the names of its fields."""
    made = await author.post(f"/api/boards/{board_id}/comments", {"anchor": {"x": 1, "y": 2}, "text": "Look"})
    assert made.status == 201, made
    return {"thread_id": made.body["thread_id"], "comment_id": made.body["comments"][0]["comment_id"]}


async def webhook(owner: Person, place: str) -> str:
    """A new webhook of a workspace, whose endpoint nobody can reach; its id."""
    asked = {"url": "https://hooks.doska.invalid/", "types": ["workspaces.workspace_renamed"]}
    made = await owner.api.post(f"/api/workspaces/{place}/webhooks", asked)
    assert made.status == 201, made
    return str(made.body["subscription_id"])


async def delivery(owner: Person, place: str, subscription_id: str) -> str:
    """A delivery that is kept; its id."""
    path = f"/api/workspaces/{place}/webhooks/{subscription_id}"
    assert (await owner.api.post(f"{path}/test", {})).status == 202
    async with asyncio.timeout(DELIVERY_SECONDS):
        while not (kept := (await owner.api.get(f"{path}/deliveries")).body["items"]):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)
    return str(kept[0]["delivery_id"])


async def version(owner: Person, board_id: str) -> str:
    """A new version of a board; its id."""
    made = await owner.api.post(f"/api/boards/{board_id}/versions", {})
    assert made.status == 201, made
    return str(made.body["version_id"])


async def on_a_board(edge: Edge) -> Scene:
    """A board in a workspace: grants of every role, guests of every link, members of every role, and nobody."""
    owner, target = await edge.person("Owner"), await edge.person("Target")
    place = await workspace(owner)
    made = await owner.api.post("/api/boards", {"title": "Plan", "workspace_id": place})
    board_id = made.body["board_id"]
    subjects = [Subject("owner", owner.api, owner.user_id, "owner", "admin")]
    for role in BOARD_ROLES[1:]:
        person = await edge.person(role)
        await owner.grant(board_id, person, role)
        subjects.append(Subject(role, person.api, person.user_id, role, None))
    for role in WORKSPACE_ROLES:
        person = await edge.person(f"workspace {role}")
        await joined(owner, place, person, role)
        # An admin of the workspace is an owner of its boards; membership alone gives nothing.
        on_board = "owner" if role == "admin" else None
        subjects.append(Subject(f"workspace {role}", person.api, person.user_id, on_board, role))
    for role in LINK_ROLES:
        link = await owner.link(board_id, role)
        token = await edge.guest(link)
        me = await edge.api.as_token(token).get("/api/me")
        subjects.append(
            Subject(f"guest {role}", edge.api.as_token(token), me.body["user_id"], role, None, link["link_id"])
        )
    stranger = await edge.person("Stranger")
    subjects.append(Subject("nobody", stranger.api, stranger.user_id, None, None))
    await owner.grant(board_id, target, "viewer")
    await joined(owner, place, target)
    link, (invite, _) = await owner.link(board_id, "viewer"), await invited(owner, place)
    ids = {
        "board_id": board_id,
        "source_board_id": board_id,
        "workspace_id": place,
        "user_id": target.user_id,
        "link_id": link["link_id"],
        "invite_id": invite["invite_id"],
        "subscription_id": await webhook(owner, place),
        **await commented(owner.api, board_id),
        "email": f"{secrets.token_hex(6)}@example.net",
        "version_id": await version(owner, board_id),
    }
    return Scene(edge, owner, target, subjects, ids)
