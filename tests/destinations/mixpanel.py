"""A stand-in of Mixpanel's ingestion API: `/import` in strict mode and `/engage`, with their limits and their answers."""

import re
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from tests.destinations.faults import Faults, never_answered
from tests.loopback import listening

FORBIDDEN_IDS = {
    "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined",
    "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
}  # fmt: skip
REQUIRED = ("time", "distinct_id", "$insert_id")
OPERATIONS = {"$set", "$set_once", "$add", "$union", "$append", "$remove", "$unset", "$delete"}
EARLIEST_MS = 31_536_000_000
Key = tuple[str, str, int, str]


@dataclass
class Mixpanel:
    """One project. `events` are those that its reports would show: what came twice is there once."""

    token: str = "project-token"
    account: tuple[str, str, str] = ("robot", "s3cret", "4711")
    body_bytes: int = 2_097_152
    refuse_event: str | None = None
    faults: Faults = field(default_factory=Faults)
    events: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    received: int = 0
    requests: int = 0
    first_seen: dict[str, float] = field(default_factory=dict)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """The insert ids of what the reports show."""
        return [key[3] for key in self.events]

    async def on_import(self, request: web.Request) -> web.StreamResponse:  # noqa: PLR0911 - a list of what it refuses
        """POST /import."""
        self.requests += 1
        fault = self.faults.take()
        if isinstance(fault, int):
            return self.faults.refusal(fault)
        if not self._is_let_in(request):
            return _answer(401, "Unauthorized", error="Invalid credentials")
        body = await request.read()  # aiohttp has unpacked it
        if len(body) > self.body_bytes:
            return _answer(
                413, "Request Entity Too Large", error=f"request exceeds max limit of {self.body_bytes} bytes"
            )
        events = _array(body)
        if request.query.get("strict") != "1" or events is None or request.content_type != "application/json":
            return _answer(400, "Bad Request", error="the body is no JSON array of a strict import")
        if len(events) > 2000:
            return _answer(400, "Bad Request", error="too many events in batch: the limit is 2000")
        failed = self._keep(events)
        if fault in ("lost", "hang"):
            return await never_answered(request, fault)
        taken = len(events) - len(failed)
        if failed:
            return _answer(
                400,
                "Bad Request",
                error="some data points in the request failed validation",
                num_records_imported=taken,
                failed_records=failed,
            )
        return _answer(200, "OK", num_records_imported=taken)

    async def on_engage(self, request: web.Request) -> web.StreamResponse:
        """POST /engage: 200 whatever comes; it asks for no login and unpacks nothing."""
        self.requests += 1
        fault = self.faults.take()
        if isinstance(fault, int):
            return self.faults.refusal(fault)
        updates = _array(await request.read()) if "Content-Encoding" not in request.headers else None
        if updates is None or len(updates) > 2000:
            return web.json_response({"status": 0, "error": "data, invalid JSON"})
        for update in updates:
            operations = [name for name in update if name in OPERATIONS]
            if len(operations) != 1 or not isinstance(update.get("$distinct_id"), str) or "$token" not in update:
                return web.json_response({"status": 0, "error": "$distinct_id, $token and one operation are needed"})
        for update in updates:
            if update["$token"] == self.token:  # a wrong one is not reported
                self._update(update)
        if fault in ("lost", "hang"):
            return await never_answered(request, fault)
        return web.json_response({"status": 1, "error": None})

    def _is_let_in(self, request: web.Request) -> bool:
        name, secret, project = self.account
        by_token = f"Basic {b64encode(f'{self.token}:'.encode()).decode()}"
        by_account = f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"
        given = request.headers.get("Authorization")
        return given == by_token or (given == by_account and request.query.get("project_id") == project)

    def _keep(self, events: list[Any]) -> list[dict[str, Any]]:
        """Keep the good ones; tell of the others."""
        failed = []
        for index, event in enumerate(events):
            self.received += 1
            problem = self._problem(event)
            properties = event.get("properties", {}) if isinstance(event, dict) else {}
            if problem is not None:
                place, why = problem
                failed.append(
                    {"index": index, "insert_id": properties.get("$insert_id"), "field": place, "message": why}
                )
                continue
            key = (event["event"], properties["distinct_id"], properties["time"], properties["$insert_id"])
            self.events[key] = event
            self.first_seen.setdefault(key[3], time.time())
        return failed

    def _problem(self, event: Any) -> tuple[str, str] | None:  # noqa: PLR0911 - a list of what it refuses
        if not isinstance(event, dict) or not isinstance(event.get("event"), str) or not event["event"]:
            return "event", "'event' is required"
        if self.refuse_event is not None and event["event"] == self.refuse_event:
            return "event", "'event' is on the block list"
        properties = event.get("properties")
        if not isinstance(properties, dict):
            return "properties", "'properties' is required"
        for name in REQUIRED:
            if name not in properties:
                return f"properties.{name}", f"'properties.{name}' is required"
        if properties["distinct_id"] in FORBIDDEN_IDS or properties["$insert_id"] in FORBIDDEN_IDS:
            return "properties.distinct_id", "is a forbidden value"
        if not re.fullmatch(r"[A-Za-z0-9-]{1,36}", str(properties["$insert_id"])):
            return "properties.$insert_id", "must be alphanumeric or - and at most 36 bytes"
        at = properties["time"]
        if not isinstance(at, int) or not EARLIEST_MS <= at <= (time.time() + 3600) * 1000:
            return "properties.time", "must be after 1971 and at most an hour ahead"
        if len(orjson.dumps(event)) >= 1_000_000 or len(properties) >= 255:
            return "properties", "is too large"
        return None

    def _update(self, update: Mapping[str, Any]) -> None:
        profile = self.profiles.setdefault(update["$distinct_id"], {})
        if "$delete" in update:
            del self.profiles[update["$distinct_id"]]
        profile.update(update.get("$set", {}))
        for name in update.get("$unset", ()):
            profile.pop(name, None)


@asynccontextmanager
async def serving(mixpanel: Mixpanel, port: int = 0) -> AsyncIterator[Mixpanel]:
    """The stand-in on a free port of this machine."""
    app = web.Application(client_max_size=64 * 1024**2)
    app.add_routes([web.post("/import", mixpanel.on_import), web.post("/engage", mixpanel.on_engage)])
    async with listening(app, port) as mixpanel.url:
        yield mixpanel


def _array(body: bytes) -> list[Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, list) else None


def _answer(code: int, status: str, **more: Any) -> web.Response:
    return web.json_response({"code": code, "status": status, **more}, status=code)
