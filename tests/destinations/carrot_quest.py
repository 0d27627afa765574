"""A stand-in of Carrot Quest's Web API: events and properties of users, with its forms, its envelope and its refusals."""

import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.destinations.faults import Faults, never_answered
from tests.loopback import listening

FALSE = {"", "0", "false"}
OPERATIONS = {"update_or_create", "add", "set_once"}


class Refused(Exception):
    """An error of the API's own."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error = status, error


@dataclass
class CarrotQuest:
    """One app. It knows no idempotency: an event that comes twice is there twice."""

    token: str = "app.1.secret"
    refuse_event: str | None = None
    faults: Faults = field(default_factory=Faults)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: int = 0
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """The marks of all events, as often as they came."""
        return [each["props"]["event_uid"] for events in self.events.values() for each in events]

    async def on_request(self, request: web.Request) -> web.StreamResponse:
        """Any request: faults, login, envelope."""
        self.requests += 1
        fault = self.faults.take()
        if isinstance(fault, int):
            return self.faults.refusal(fault)
        try:
            self._let_in(request)
            found = await self._route(request)
        except Refused as error:
            meta = {"status": error.status, "error": error.error, "error_message": str(error)}
            return web.json_response({"meta": meta, "data": {}}, status=error.status)
        if fault in ("lost", "hang"):
            return await never_answered(request, fault)
        return web.json_response({"meta": {"status": 200}, "data": found})

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") not in (f"Token {self.token}", f"Bearer {self.token}"):
            raise Refused(401, "NotAuthenticated", "bad token")

    async def _route(self, request: web.Request) -> Any:
        match = re.fullmatch(r"/users/([^/]+)/(events|props)", request.path)
        if match is None:
            raise Refused(404, "Error404", "no such path")
        if request.method == "GET":
            user_id = self._user(match[1], dict(request.query))
            return list(reversed(self.events.get(user_id, [])))
        if request.content_type != "application/x-www-form-urlencoded":
            raise Refused(400, "BadRequest", "parameters go as a form")
        form = {name: str(value) for name, value in (await request.post()).items()}
        user_id = self._user(match[1], form)
        return self._event(user_id, form) if match[2] == "events" else self._props(user_id, form)

    def _user(self, user_id: str, form: Mapping[str, str]) -> str:
        if form.get("by_user_id", "").lower() in FALSE and not user_id.isdecimal():
            raise Refused(400, "LookupError", "there is no such user")
        self.users.setdefault(user_id, {})  # unknown users are made
        return user_id

    def _event(self, user_id: str, form: Mapping[str, str]) -> Any:
        name = form.get("event", "")
        if not 1 <= len(name) <= 255 or name == self.refuse_event:
            raise Refused(400, "ValidationError", "event: must have 1 to 255 characters and be none that is refused")
        props = _decoded(form.get("params", "{}"), dict, "params")
        if "created" in form and not re.fullmatch(r"\d+(\.\d+)?", form["created"]):
            raise Refused(400, "ValidationError", "created: seconds since the epoch")
        created = float(form["created"]) if "created" in form else time.time()
        found = {"id": sum(map(len, self.events.values())) + 1, "created": created, "type": {"name": name}}
        self.events.setdefault(user_id, []).append({**found, "props": props, "triggers": "created" not in form})
        return found

    def _props(self, user_id: str, form: Mapping[str, str]) -> Any:
        operations = _decoded(form.get("operations", ""), list, "operations")
        if not 1 <= len(operations) <= 250:
            raise Refused(400, "ValidationError", "operations: 1 to 250")
        for each in operations:
            if not isinstance(each, dict) or each.get("op") not in OPERATIONS or not isinstance(each.get("key"), str):
                raise Refused(400, "ValidationError", "operations: op, key, value")
            _check_value(each.get("value"))
        for each in operations:
            known = self.users[user_id]
            if each["op"] == "add":
                known[each["key"]] = known.get(each["key"], 0) + each["value"]
            elif each["op"] == "update_or_create" or each["key"] not in known:
                known[each["key"]] = each["value"]
        return {}


def _decoded(text: str, kind: type, what: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused(400, "ValidationError", f"{what}: is no JSON") from None
    if not isinstance(found, kind):
        raise Refused(400, "ValidationError", f"{what}: is no {kind.__name__}")
    return found


def _check_value(value: Any) -> None:
    good = (
        isinstance(value, bool)
        or (isinstance(value, int) and abs(value) <= 2**53)
        or (isinstance(value, str) and len(value) <= 255)
        or (isinstance(value, list) and len(value) <= 30 and all(isinstance(each, str) for each in value))
    )
    if not good:
        raise Refused(400, "ValidationError", f"operations: {value!r} is no value of a property")


@asynccontextmanager
async def serving(carrot: CarrotQuest, port: int = 0) -> AsyncIterator[CarrotQuest]:
    """The stand-in on a free port of this machine."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", carrot.on_request)
    async with listening(app, port) as carrot.url:
        yield carrot
