"""Files by the public contract: put straight into S3, checked, read by whoever sees the board."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import pytest

from schemas.ids import new_id
from tests.edge.client import Answer, Api, Person, rectangle
from tests.edge.samples import PDF, bomb, png, svg, with_archive

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
Json = dict[str, Any]


def described(board_id: str, content: bytes, **more: Any) -> Json:
    """What is told of a file before it is uploaded."""
    told = {"board_id": board_id, "name": "birds.png", "mime": "image/png", "size": len(content)}
    return {**told, "sha256": hashlib.sha256(content).hexdigest(), **more}


async def requested(api: Api, board_id: str, content: bytes, **more: Any) -> Json:
    """A place for a file."""
    answer = await api.post("/api/files", described(board_id, content, **more))
    assert answer.status == 201, answer
    return answer.body


async def put(api: Api, upload: Json, content: bytes, **headers: str) -> int:
    """Put bytes where they belong, as a browser does."""
    headers = {**upload["headers"], "Origin": "https://elsewhere.example", **headers}
    async with api.http.request(upload["method"], upload["url"], data=content, headers=headers) as answer:
        await answer.read()
        return answer.status


async def uploaded(api: Api, board_id: str, content: bytes, **more: Any) -> tuple[str, Answer]:
    """A file from the request to the checker's word."""
    asked = await requested(api, board_id, content, **more)
    assert await put(api, asked["upload"], content) == 200
    return asked["file_id"], await api.post(f"/api/files/{asked['file_id']}/complete")


async def read(api: Api, file_id: str, query: str = "") -> Answer:
    """Ask where a file is, without going there."""
    return await api.get(f"/api/files/{file_id}{query}", allow_redirects=False)


async def fetched(api: Api, answer: Answer) -> Answer:
    """Go where an answer says, as a browser does: without the token."""
    url = answer.headers["Location"]
    return await Api("", api.http).get(url)


def picture(file_id: str) -> Json:
    """An element that shows a file."""
    return rectangle(type="image", fileId=file_id, status="saved", scale=[1, 1], crop=None)


async def test_a_picture_is_put_into_s3_checked_and_read_by_who_sees_the_board(
    ada: Person, grace: Person, stranger: Person
) -> None:
    board_id, content = await ada.board(), png(900, 600)
    await ada.grant(board_id, grace, "viewer")
    asked = await requested(ada.api, board_id, content, name="Птицы 1.png")
    before = (await read(ada.api, asked["file_id"]), await ada.api.post(f"/api/files/{asked['file_id']}/complete"))

    assert await put(ada.api, asked["upload"], content) == 200
    done = await ada.api.post(f"/api/files/{asked['file_id']}/complete")
    again = await ada.api.post(f"/api/files/{asked['file_id']}/complete")

    assert [answer.status for answer in before] == [404, 409]
    assert urlsplit(asked["upload"]["url"]).netloc != urlsplit(ada.api.base_url).netloc
    assert done.status == 200, done
    told = described(board_id, content, name="Птицы 1.png")
    assert done.body == {**told, "file_id": asked["file_id"], "status": "ready", "width": 900, "height": 600}
    assert (again.status, again.body) == (200, done.body)
    for reader in (ada, grace):
        where = await read(reader.api, asked["file_id"])
        assert (where.status, where.headers["Cache-Control"]) == (302, "no-store")
        got = await fetched(reader.api, where)
        assert (got.status, got.body, got.headers["Content-Type"]) == (200, content, "image/png")
        assert got.headers["Content-Disposition"].startswith('inline; filename="_____ 1.png"')
        assert "immutable" in got.headers["Cache-Control"]
    small = await fetched(grace.api, await read(grace.api, asked["file_id"], "?thumbnail=true"))
    assert (small.headers["Content-Type"], small.body[8:12]) == ("image/webp", b"WEBP")
    assert (await read(stranger.api, asked["file_id"])).status == 404
    assert (await read(Api(ada.api.base_url, ada.api.http), asked["file_id"])).status == 401


async def test_who_may_upload_is_who_may_draw(ada: Person, grace: Person, stranger: Person) -> None:
    board_id, content = await ada.board(), png()
    await ada.grant(board_id, grace, "commenter")
    link = await ada.link(board_id, "editor")
    opened = await stranger.api.as_token(None).post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    guest = ada.api.as_token(opened.body["access_token"])
    told = described(board_id, content)

    refused = [await who.api.post("/api/files", told) for who in (grace, stranger)]
    file_id, done = await uploaded(guest, board_id, content)

    assert [answer.code for answer in refused] == ["forbidden", "not_found"]
    assert done.status == 200, done
    assert (await grace.api.post(f"/api/files/{file_id}/complete")).code == "forbidden"
    assert (await stranger.api.post(f"/api/files/{file_id}/complete")).code == "not_found"
    assert (await read(guest, file_id)).status == (await read(grace.api, file_id)).status == 302
    await ada.api.post(f"/api/boards/{board_id}/archive")
    assert (await ada.api.post("/api/files", told)).code == "conflict"
    assert (await read(grace.api, file_id)).status == 302


@pytest.mark.parametrize(
    ("content", "mime", "path"),
    [
        (b"GIF89a" + b"\0" * 60, "image/png", "/mime"),
        (svg("<script>alert(1)</script>"), "image/svg+xml", "/mime"),
        (svg(), "image/png", "/mime"),
        (with_archive(png()), "image/png", "/mime"),
        (bomb(), "image/png", "/size"),
    ],
    ids=["called png", "script in svg", "svg called png", "archive in picture", "bomb"],
)
async def test_a_file_that_is_not_what_it_was_said_to_be_is_refused_and_deleted(
    ada: Person, content: bytes, mime: str, path: str
) -> None:
    board_id = await ada.board()

    file_id, done = await uploaded(ada.api, board_id, content, mime=mime)
    again = await ada.api.post(f"/api/files/{file_id}/complete")

    assert (done.code, done.paths) == ("schema_invalid", [path]), done
    assert (again.code, again.body["errors"]) == (done.code, done.body["errors"])
    assert (await read(ada.api, file_id)).status == 404


async def test_s3_itself_takes_nothing_but_what_was_told(ada: Person) -> None:
    content = png()
    asked = await requested(ada.api, await ada.board(), content)
    other = base64.b64encode(hashlib.sha256(b"x").digest()).decode()

    tried = [
        await put(ada.api, asked["upload"], content[:-1] + b"!"),
        await put(ada.api, asked["upload"], content + b"!"),
        await put(ada.api, asked["upload"], content, **{"content-type": "text/html"}),
        await put(ada.api, asked["upload"], b"x", **{"x-amz-checksum-sha256": other}),
    ]

    assert all(status in (400, 403) for status in tried), tried
    assert (await ada.api.post(f"/api/files/{asked['file_id']}/complete")).code == "conflict"


async def test_only_pictures_of_pixels_are_shown_inline(ada: Person) -> None:
    board_id = await ada.board()

    for content, mime in ((svg(), "image/svg+xml"), (PDF, "application/pdf")):
        file_id, done = await uploaded(ada.api, board_id, content, mime=mime, name="drawing")
        where = await read(ada.api, file_id, "?thumbnail=true")

        assert done.status == 200, done
        got = await fetched(ada.api, where)
        assert (got.status, got.headers["Content-Type"]) == (200, mime)
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in where.headers["Content-Security-Policy"]
        assert where.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_form_of_a_request_is_held(ada: Person) -> None:
    board_id = await ada.board()
    wrong = {
        "/name": ["../etc/passwd", "a\\b", "x\u202egnp.exe", "a\nb", "", "b" * 256, ".."],
        "/mime": ["text/html", "image/svg", "IMAGE/PNG"],
        "/size": [0, 50 * 1024 * 1024 + 1, 1.5],
        "/sha256": ["", "00", "Z" * 64],
    }

    for path, values in wrong.items():
        for value in values:
            answer = await ada.api.post("/api/files", described(board_id, b"x", **{path[1:]: value}))
            assert (answer.status, answer.code, answer.paths) == (422, "schema_invalid", [path]), (path, value)
    long = await ada.api.post("/api/files", described(board_id, b"x", name="ы" * 255))
    assert long.status == 201
    assert (await ada.api.post("/api/files", described(board_id, b"x", size=1.0))).status == 201
    assert (await ada.api.post(f"/api/files/{new_id()}/complete")).code == "not_found"
    assert (await read(ada.api, "birds.png")).code == "not_found"


async def test_a_copy_shows_the_pictures_and_an_element_that_names_a_foreign_file_opens_no_hole(
    ada: Person, grace: Person
) -> None:
    mine, theirs = await ada.board(), await grace.board()
    await ada.grant(mine, grace, "viewer")
    file_id, done = await uploaded(ada.api, mine, png())
    hidden_id, _ = await uploaded(ada.api, await ada.board("private"), png(color="red"))
    assert done.status == 200, done
    drawn = await ada.api.post(f"/api/boards/{mine}/elements", {"elements": [picture(file_id)]})
    await grace.api.post(f"/api/boards/{theirs}/elements", {"elements": [picture(hidden_id)]})

    seen = await ada.api.get(f"/api/boards/{mine}/elements", params={"min_position": drawn.body["position"]})
    copied = await grace.api.post(f"/api/boards/{mine}/duplicate")
    taken = await grace.api.post(f"/api/boards/{theirs}/duplicate")
    await ada.api.call("DELETE", f"/api/boards/{mine}/grants/{grace.user_id}")

    assert [element["fileId"] for element in seen.body["elements"]] == [file_id]
    assert (copied.status, taken.status) == (201, 201), (copied, taken)
    # Her own copy shows it although the board it came from is closed to her now.
    assert (await ada.api.get(f"/api/boards/{mine}")).status == 200
    assert (await grace.api.get(f"/api/boards/{mine}")).status == 404
    assert (await read(grace.api, file_id)).status == 302
    assert (await read(grace.api, hidden_id)).status == 404
