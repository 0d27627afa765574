"""Nothing that opens a door stands in a log, whatever was done with it: a log goes to many more people."""

import asyncio
import json
from pathlib import Path
from secrets import token_hex
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest

from tests.edge.client import Api, Person, connected
from tests.edge.samples import png
from tests.edge.test_files import put, read, requested
from tests.hostile.wire import Said, exchange
from tests.product import Edge, Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
Json = dict[str, Any]
PASSWORD: Final = "s3same-0pen-first"
NEW_PASSWORD: Final = "s3same-0pen-second"
WRONG_PASSWORD: Final = "s3same-0pen-wr0ng"
LINK_PASSWORD: Final = "s3same-0pen-link"
HOOK_KEY: Final = "h00k-key-in-an-address"
# Shorter ones (of a stack in containers) may stand in any word.
SHORTEST: Final = 12


async def account(api: Api, secrets: dict[str, str]) -> Person:
    """Somebody who has registered, was mistaken, changed the password and came back."""
    email = f"{token_hex(6)}.log@example.org"
    made = (await api.post("/api/auth/register", {"email": email, "password": PASSWORD, "name": "Ada"})).body
    person = Person(
        api.as_token(made["access_token"]), email, PASSWORD, made["user"], made["session_id"], made["refresh_token"]
    )
    assert (await api.post("/api/auth/login", {"email": email, "password": WRONG_PASSWORD})).status == 401
    refreshed = (await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})).body
    changed = await person.api.post("/api/me/password", {"password": PASSWORD, "new_password": NEW_PASSWORD})
    assert changed.status == 204, changed
    secrets |= {
        "password": PASSWORD,
        "new password": NEW_PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "access token": person.token,
        "refresh token": person.refresh_token,
        "second access token": refreshed["access_token"],
        "second refresh token": refreshed["refresh_token"],
    }
    return person


async def doors(person: Person, secrets: dict[str, str]) -> None:
    """Links, invitations, webhooks and uploads of somebody, each used rightly and wrongly."""
    api = person.api
    board_id = await person.board()
    link = await person.link(board_id, "viewer", password=LINK_PASSWORD)
    open_it = f"/api/links/{link['token']}/open"
    assert (await api.as_token(None).post(open_it, {"password": WRONG_PASSWORD, "name": "G"})).status == 403
    guest = (await api.as_token(None).post(open_it, {"password": LINK_PASSWORD, "name": "G"})).body
    invited = (await api.post(f"/api/boards/{board_id}/grants", {"email": "log@example.org", "role": "viewer"})).body
    await api.post(f"/api/invites/{invited['token']}/accept")
    [place, *_] = (await api.get("/api/workspaces")).body["items"]
    hooks = f"/api/workspaces/{place['workspace_id']}/webhooks"
    hook = (await api.post(hooks, {"url": f"http://127.0.0.1:9/?key={HOOK_KEY}", "types": ["*"]})).body
    rotated = (await api.post(f"{hooks}/{hook['subscription_id']}/rotate")).body
    assert (await api.post(f"{hooks}/{hook['subscription_id']}/test")).status < 300
    uploaded, shown = await files(api, board_id)
    secrets |= {
        "password of a link": LINK_PASSWORD,
        "token of a link": link["token"],
        "token of a guest": guest["access_token"],
        "token of an invitation": invited["token"],
        "secret of a webhook": hook["secret"],
        "new secret of a webhook": rotated["secret"],
        "key in the address of a webhook": HOOK_KEY,
        "signature of an upload": signature(uploaded),
        "signature of a file": signature(shown),
    }


async def files(api: Api, board_id: str) -> tuple[str, str]:
    """Where a picture was put, after what S3 refused, and where it is read."""
    content = png()
    refused, told = await requested(api, board_id, content), await requested(api, board_id, content)
    assert await put(api, refused["upload"], b"something else") >= 400
    assert (await api.post(f"/api/files/{refused['file_id']}/complete")).status == 409
    assert await put(api, told["upload"], content) < 300
    assert (await api.post(f"/api/files/{told['file_id']}/complete")).status == 200
    shown = await read(api, told["file_id"])
    return told["upload"]["url"], shown.headers["Location"]


def signature(address: str) -> str:
    """What makes a presigned address work."""
    [found] = parse_qs(urlsplit(address).query)["X-Amz-Signature"]
    return found


async def mistakes(edge: Edge, api: Api, token: str) -> None:
    """Requests and frames that hold a good token and are refused for something else, also by the library below us."""
    bearer = ("Authorization", b"Bearer " + token.encode())
    for said in (
        Said("GET", "/api/me", (("Authorization", bearer[1] + b"\0"),)),
        Said("GET", "/api/me", (bearer, bearer)),
        Said("GET", f"/api/me?token={token}", (bearer, (" X", b"\0"))),
        Said("GET", f"/api/links/{token}\x01/open", (bearer,)),
        Said("POST", "/api/boards", (bearer, ("Content-Type", b"application/json")), b'{"title": "' + token.encode()),
        Said("POST", "/api/boards", (bearer, ("Transfer-Encoding", b"chunked")), token.encode(), length=False),
        Said(token[:200], "/api/me", (bearer,)),
    ):
        assert (await exchange(edge.base_url, said)).status in (400, 401, 415, 422), said
    async with connected(api) as socket:
        await socket.hello(token)
        await socket.ws.send_str(json.dumps({"kind": "hello", "token": token, "more": 1}))
        await socket.ws.send_str(json.dumps({"kind": token}))
        await socket.ws.send_str('{"kind": "hello", "token": "' + token)
        await socket.wait(lambda _: sum(frame["kind"] == "reject" for frame in socket.frames) == 3)


def of_the_house(environment: dict[str, str]) -> dict[str, str]:
    """What opens the parts themselves, and the keys that sign."""
    keyring = Path(environment["DOSKA_DATA_DIR"], "keyring.json").read_text()
    found = {name: value for name, value in environment.items() if name.endswith(("_SECRET_KEY", "_PASSWORD"))}
    found |= {f"key {place}": text for place, text in enumerate(texts_of(json.loads(keyring))) if len(text) >= 32}
    dsn = urlsplit(environment["DOSKA_POSTGRES_DSN"])
    found |= {"password of PostgreSQL": dsn.password or ""}
    return {name: value for name, value in found.items() if len(value) >= SHORTEST}


def texts_of(value: Any) -> list[str]:
    """Every text in a document."""
    if isinstance(value, dict | list):
        return [text for inner in (value.values() if isinstance(value, dict) else value) for text in texts_of(inner)]
    return [value] if isinstance(value, str) else []


async def test_no_log_holds_a_secret_of_anybody_s_session(
    product: Product, http: aiohttp.ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secrets: dict[str, str] = {}

    async with product.without_more_edges():
        edge = await product.edge(DOSKA_LOG_LEVEL="debug")
        api = Api(edge.base_url, http)
        person = await account(api, secrets)
        again = (await api.post("/api/auth/login", {"email": person.email, "password": NEW_PASSWORD})).body
        person.api.token = secrets["third access token"] = again["access_token"]
        await doors(person, secrets)
        await mistakes(edge, api, person.token)
    secrets |= of_the_house(product.environment)
    logs = await asyncio.to_thread(all_logs, product, tmp_path_factory.getbasetemp())

    written = logs[edge.process.log.name]
    assert "a request cannot be read" in written, "the edge told nothing: this proves nothing"
    assert len(secrets) >= 20
    held = {
        (name, log)
        for log, text in logs.items()
        for name, secret in secrets.items()
        if secret in text or quote(secret, safe="") in text
    }
    assert held == set()


def all_logs(product: Product, session: Path) -> dict[str, str]:
    """The logs of every process so far, and those of the parts where they are this session's own."""
    found = [*product.logs.glob("*.log"), *session.glob("stack*/logs/*.log")]
    return {path.name: path.read_text(errors="replace") for path in found}
