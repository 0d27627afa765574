"""The documents say what the server does: every route, every schema, every reference."""

import html.parser
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from edge.http.asyncapi import asyncapi
from edge.http.docs_page import docs_page
from edge.http.documents import CONSUMERS, documented
from edge.http.openapi import openapi
from edge.http.routes import routes
from schemas.problems import STATUS
from schemas.registry import registry
from topics.bus.catalog import catalog
from topics.graph.flow import flow, manifests_in
from topics.graph.svg import svg

Json = dict[str, Any]
ADDRESS = "https://board.example"
TABLE = documented(routes(), ADDRESS)
HTTP = openapi(TABLE, ADDRESS, "1.2.3")
FLOW = flow(manifests_in(CONSUMERS), catalog())
LOG = asyncapi(ADDRESS, "1.2.3", FLOW)
BOARD = {
    "board_id": "b",
    "title": "Ours",
    "workspace_id": "w",
    "role": "commenter",
    "created_at": "",
    "archived": False,
}
OPERATIONS = [(path, method, one) for path, methods in HTTP["paths"].items() for method, one in methods.items()]


def every(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from every(one)
    elif isinstance(value, list):
        for one in value:
            yield from every(one)


def at(document: Json, reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


@pytest.mark.parametrize("document", [HTTP, LOG], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(document: Json) -> None:
    payloads = [one["payload"]["schema"] for one in LOG["components"]["messages"].values()]
    inside = {id(part) for payload in payloads for part in every(payload)}

    for part in every(document):
        reference = part.get("$ref")
        if isinstance(reference, str) and id(part) not in inside:
            assert at(document, reference)


def test_every_route_of_a_schema_is_there() -> None:
    wanted = {(mt.route.path, mt.route.method.lower()) for mt in registry().types() if mt.route is not None}

    assert wanted
    assert wanted <= {(path, method) for path, method, _ in OPERATIONS}


def test_every_route_is_there_once() -> None:
    rows = [(route.path, route.method) for route in TABLE]

    assert len(rows) == len(set(rows))
    assert len({operation["operationId"] for _, _, operation in OPERATIONS}) == len(OPERATIONS) == len(rows)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=[f"{m} {p}" for p, m, _ in OPERATIONS])
def test_an_operation_is_whole(path: str, method: str, operation: Json) -> None:
    named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
    assert named == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
    assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")

    statuses = set(operation["responses"])
    assert any(status.startswith(("2", "3")) for status in statuses)
    assert all(answer["description"] for answer in operation["responses"].values())
    for status, answer in operation["responses"].items():
        if status[0] in "45" and "application/problem+json" in answer.get("content", {}):
            assert answer["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/problem"}
    if operation["security"]:
        assert "401" in statuses
    # The form of a logout at the provider is its own standard's.
    if method in ("post", "patch", "put") and not path.startswith(("/api/links", "/api/auth/oidc/backchannel")):
        assert {"400", "413", "415", "422"} <= statuses
    if operation["security"] and method != "get":
        assert "429" in statuses
    for status in statuses & {"429", "503", "504"}:
        if "content" in operation["responses"][status] and path not in ("/readyz", "/healthz"):
            assert "Retry-After" in operation["responses"][status]["headers"]


@pytest.mark.parametrize("shown", [{"workspace_id": "w", "role": "agent"}, BOARD])
def test_an_accepted_invite_shows_a_workspace_or_a_board(shown: Json) -> None:
    accepted = HTTP["paths"]["/api/invites/{token}/accept"]["post"]["responses"]["200"]

    jsonschema.validate(shown, accepted["content"]["application/json"]["schema"])


def test_every_schema_is_a_schema_without_our_marks() -> None:
    schemas = [part["schema"] for part in every(HTTP["paths"]) if isinstance(part.get("schema"), dict)]
    payloads = [one["payload"]["schema"] for one in LOG["components"]["messages"].values()]

    assert len(schemas) > 50
    for schema in [*schemas, *payloads]:
        if "$ref" not in schema:
            jsonschema.Draft202012Validator.check_schema(schema)
        assert not [key for part in every(schema) for key in part if str(key).startswith("x-")]


def test_the_problem_schema_knows_every_code() -> None:
    assert set(HTTP["components"]["schemas"]["problem"]["properties"]["code"]["enum"]) == set(STATUS)


def test_the_log_document_has_every_topic_and_every_type() -> None:
    topics = {mt.topic for mt in registry().types() if mt.topic}
    addresses = {channel["address"] for channel in LOG["channels"].values()}

    assert LOG["asyncapi"].startswith("3.")
    assert topics | {"/ws"} <= addresses
    assert set(LOG["components"]["messages"]) == {mt.dataschema.replace("/", ".") for mt in registry().types()}
    assert {operation["action"] for operation in LOG["operations"].values()} == {"send", "receive"}


def test_the_page_needs_nobody_else_and_is_well_formed() -> None:
    page = docs_page(HTTP, LOG, svg(FLOW))

    class Reader(html.parser.HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.outside: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "br"):
                self.open.append(tag)
            for name, value in attrs:
                if name in ("src", "href") and not (value or "").startswith("/"):
                    self.outside.append(f"{tag} {value}")

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    reader = Reader()
    reader.feed(page)
    assert (reader.open, reader.outside) == ([], [])
    assert "<script" not in page
    for path, _, _ in OPERATIONS:
        assert path in page


def test_each_topic_says_who_writes_and_who_reads_it_and_the_page_draws_it() -> None:
    ops = LOG["channels"]["boards_ops"]
    assert ops["x-written-by"] == ["edge"]
    assert "board_store" in ops["x-read-by"]

    page = docs_page(HTTP, LOG, svg(FLOW))

    assert page.count("<svg ") == 1
    assert all(f"<code>{name}</code>" in page for each in FLOW for name in each.readers)
