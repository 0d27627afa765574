"""Every role and every action, op and read, by REST, by socket and past the edge: as the one table says, and nobody copied it."""

import pytest

from edge.http.routes import routes
from edge.ws.tests.house import Edge
from schemas.ids import new_id
from schemas.registry import MessageType, registry
from tests.rights.scene import ALLOWED, BUSY, Scene, on_a_board

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SENDABLE = [mt for mt in registry().types() if mt.sendable and mt.allow is not None and registry().get(mt.name) is mt]
# What a read needs; a route that is missing here fails.
READS = {
    "/api/boards/{board_id}": "board.view",
    "/api/boards/{board_id}/comments": "board.view",
    "/api/boards/{board_id}/elements": "board.view",
    "/api/boards/{board_id}/export": "board.export",
    "/api/boards/{board_id}/grants": "board.list_grants",
    "/api/boards/{board_id}/history": "board.history",
    "/api/boards/{board_id}/links": "board.link",
    "/api/boards/{board_id}/ops": "board.history",
    "/api/boards/{board_id}/people": "board.comment",
    "/api/boards/{board_id}/versions": "board.history",
    "/api/workspaces/{workspace_id}": "workspace.see_members",
    "/api/workspaces/{workspace_id}/members": "workspace.see_members",
    "/api/workspaces/{workspace_id}/invites": "workspace.invite",
    "/api/workspaces/{workspace_id}/activity": "workspace.view_reports",
    "/api/workspaces/{workspace_id}/audit": "workspace.audit",
    "/api/workspaces/{workspace_id}/audit/export": "workspace.audit",
    "/api/workspaces/{workspace_id}/webhooks": "workspace.webhooks",
    "/api/workspaces/{workspace_id}/webhooks/{subscription_id}": "workspace.webhooks",
    "/api/workspaces/{workspace_id}/webhooks/{subscription_id}/deliveries": "workspace.webhooks",
}


@pytest.fixture
async def scene(edge: Edge) -> Scene:
    return await on_a_board(edge)


@pytest.mark.parametrize("mt", SENDABLE, ids=lambda mt: mt.name)
async def test_the_table_holds_for_every_role_and_way(mt: MessageType, scene: Scene) -> None:
    ways = {"REST": scene.by_rest, "socket": scene.by_socket}
    if mt.kind == "action":
        ways["log"] = scene.past_the_edge
    found, wanted = {}, {}

    # Refusals change nothing, so all of them see one scene; what is allowed may change it and comes last.
    for subject in sorted(scene.subjects, key=lambda each: each.expected(mt) == ALLOWED):
        for way, ask in ways.items():
            expected = subject.expected(mt)
            wanted[subject.name, way] = expected
            if expected == ALLOWED and mt.route is not None and mt.route.method == "DELETE":
                await scene.renew()
            while (code := await ask(subject, mt)) == BUSY:
                pass
            found[subject.name, way] = code

    assert {who: code for who, code in found.items() if code != wanted[who]} == {}, wanted


async def test_the_table_holds_for_every_read(scene: Scene) -> None:
    rows = [route.path for route in routes() if route.method == "GET" and "_id}" in route.path]
    shown = {path for path in rows if "{board_id}" in path or "{workspace_id}" in path}
    assert shown == set(READS), "a read that the matrix does not know"
    wrong = {}

    for path, permission in READS.items():
        for subject in scene.subjects:
            url = subject.api.base_url + path.format(**scene.ids)
            async with subject.api.http.get(url, headers={"Authorization": f"Bearer {subject.api.token}"}) as answer:
                code = (await answer.json(content_type=None))["code"] if answer.status >= 400 else ALLOWED
            if code != subject.verdict(permission):
                wrong[subject.name, path] = (code, subject.verdict(permission))

    assert wrong == {}


async def test_what_is_hidden_answers_in_the_same_bytes_as_what_is_not_there(scene: Scene) -> None:
    nobody = next(each for each in scene.subjects if each.name == "nobody")
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    nowhere = {name: new_id() for name in scene.ids}
    asked: list[tuple[str, str, MessageType | None]] = [("GET", path, None) for path in READS]
    asked += [
        (mt.route.method, mt.route.path, mt)
        for mt in SENDABLE
        if mt.route is not None and ("{board_id}" in mt.route.path or "{workspace_id}" in mt.route.path)
    ]

    for method, path, mt in asked:
        answers = []
        for ids in (scene.ids, nowhere):
            body = None
            if mt is not None:
                body = {name: value for name, value in scene.data(mt).items() if f"{{{name}}}" not in path}
            named = {**(scene.data(mt) if mt is not None else {}), **ids}
            url = nobody.api.base_url + path.format(**named)
            headers = {**trace, "Authorization": f"Bearer {nobody.api.token}"}
            async with nobody.api.http.request(method, url, headers=headers, json=body) as answer:
                answers.append((answer.status, await answer.read()))
        assert answers[0][0] == 404, (method, path, answers[0])
        assert answers[0] == answers[1], (method, path)


async def test_admins_are_invited_by_admins_alone(scene: Scene) -> None:
    manager = next(each for each in scene.subjects if each.name == "workspace manager")
    mt = registry().get("workspaces.create_invite")
    data = scene.data(mt) | {"role": "admin"}

    refused = await manager.api.post(f"/api/workspaces/{data['workspace_id']}/invites", {"role": "admin"})

    assert (refused.status, refused.code) == (403, "forbidden")
