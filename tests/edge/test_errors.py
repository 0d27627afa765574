"""Every error of section 1: its code, its status, its path, and its form."""

import io
import json
from typing import Any

import pytest

from tests.edge.client import Api, Person

pytestmark = pytest.mark.integration

NESTED_33 = "[" * 32 + "]" * 32  # inside the body's own object: 33 levels
NESTED_32 = "[" * 31 + "]" * 31


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ("{", 400, "malformed", None),
        ("", 422, "schema_invalid", "/title"),
        ("[]", 422, "schema_invalid", ""),
        ("null", 422, "schema_invalid", ""),
        ('{"title":"a","title":"b"}', 400, "malformed", None),
        ('{"title":NaN}', 400, "malformed", None),
        ('{"title":Infinity}', 400, "malformed", None),
        ('{"title":' + NESTED_33 + "}", 400, "malformed", None),
        ('{"title":' + NESTED_32 + "}", 422, "schema_invalid", "/title"),
        ("{}", 422, "schema_invalid", "/title"),
        ('{"title":""}', 422, "schema_invalid", "/title"),
        ('{"title":7}', 422, "schema_invalid", "/title"),
        (json.dumps({"title": "я" * 201}), 422, "schema_invalid", "/title"),
        ('{"title":"a\\u0000b"}', 422, "schema_invalid", "/title"),
        ('{"title":"a\\ud800b"}', 422, "schema_invalid", "/title"),
        ('{"title":"a","__proto__":1}', 422, "schema_invalid", "/__proto__"),
        ('{"title":"a","constructor":1}', 422, "schema_invalid", "/constructor"),
        ('{"title":"a","more":1}', 422, "schema_invalid", "/more"),
        ('{"title":"a","a/b~c":1}', 422, "schema_invalid", "/a~1b~0c"),
        ('{"title":9007199254740992}', 422, "schema_invalid", "/title"),
        ('{"title":"a","board_id":"01890000-0000-7000-8000-000000000000"}', 422, "schema_invalid", "/board_id"),
        ('{"title":"a","workspace_id":"not-an-id"}', 422, "schema_invalid", "/workspace_id"),
    ],
)
async def test_a_bad_body_is_refused_with_its_path(
    ada: Person, body: str, status: int, code: str, path: str | None
) -> None:
    answer = await ada.api.post("/api/boards", data=body.encode(), headers={"Content-Type": "application/json"})

    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert isinstance(answer.body["errors"], list)
    if path is not None:
        assert path in answer.paths


async def test_a_problem_has_every_member_of_its_form(ada: Person) -> None:
    body = (await ada.api.post("/api/boards", {})).body

    assert set(body) == {"type", "title", "status", "detail", "code", "errors", "trace_id"}
    assert body["status"] == 422
    assert all(set(error) == {"path", "message"} for error in body["errors"])


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        ({"Content-Type": "text/plain"}, b'{"title":"a"}'),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"title=a"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"\x1f\x8b"),
    ],
)
async def test_a_body_that_is_not_plain_json_is_unsupported(ada: Person, headers: dict[str, str], data: bytes) -> None:
    answer = await ada.api.post("/api/boards", data=data, headers=headers)

    assert (answer.status, answer.code) == (415, "unsupported_media_type")


async def test_a_body_over_two_mebibytes_is_too_large(ada: Person) -> None:
    body = json.dumps({"title": "a" * (2 * 1024 * 1024)}).encode()

    answer = await ada.api.post("/api/boards", data=io.BytesIO(body), headers={"Content-Type": "application/json"})

    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.parametrize("token", [None, "junk", "a.b.c"])
async def test_without_a_good_token_nothing_is_given(api: Api, token: str | None) -> None:
    answer = await api.as_token(token).get("/api/boards")

    assert (answer.status, answer.code) == (401, "unauthenticated")


async def test_an_unknown_path_and_an_unknown_method_are_problems_too(ada: Person) -> None:
    missing = await ada.api.get("/api/nothing")
    method = await ada.api.call("PUT", "/api/boards", {})

    assert (missing.status, missing.code, missing.body["errors"]) == (404, "not_found", [])
    assert (method.status, method.code) == (405, "method_not_allowed")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit="])
async def test_a_bad_limit_has_the_path_of_its_parameter(ada: Person, query: str) -> None:
    answer = await ada.api.get(f"/api/boards?{query}")

    assert (answer.status, answer.code, answer.paths) == (422, "schema_invalid", ["/limit"])


@pytest.mark.parametrize("cursor", ["junk", "%00", "e30"])
async def test_an_unreadable_list_cursor_is_refused(ada: Person, cursor: str) -> None:
    answer = await ada.api.get(f"/api/boards?cursor={cursor}")

    assert (answer.status, answer.code, answer.paths) == (422, "schema_invalid", ["/cursor"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("POST", "/archive", None),
        ("POST", "/restore", None),
        ("POST", "/duplicate", {}),
        ("GET", "/grants", None),
        ("GET", "/links", None),
        ("POST", "/links", {"role": "viewer"}),
        ("GET", "/elements", None),
        ("GET", "/export", None),
    ],
)
async def test_a_board_without_a_role_answers_like_one_that_does_not_exist(
    ada: Person, stranger: Person, method: str, path: str, body: Any
) -> None:
    board_id = await ada.board()
    nowhere = "01890000-0000-7000-8000-000000000000"

    theirs = await stranger.api.call(method, f"/api/boards/{board_id}{path}", body)
    nothing = await stranger.api.call(method, f"/api/boards/{nowhere}{path}", body)

    assert (theirs.status, theirs.code) == (404, "not_found"), theirs
    without = {"trace_id"}
    assert {k: v for k, v in theirs.body.items() if k not in without} == {
        k: v for k, v in nothing.body.items() if k not in without
    }


async def test_a_role_that_is_too_low_is_forbidden(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")

    for method, path, body in [
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("POST", "/archive", None),
        ("GET", "/grants", None),
        ("GET", "/links", None),
        ("POST", "/links", {"role": "viewer"}),
        ("POST", "/elements", {"elements": []}),
    ]:
        answer = await grace.api.call(method, f"/api/boards/{board_id}{path}", body)
        expected = {(403, "forbidden")} | ({(422, "schema_invalid")} if path == "/elements" else set())
        assert (answer.status, answer.code) in expected, (method, path, answer)
