"""The web client's files: what is served, how browsers keep it, what is never served."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from edge import keys
from edge.http import client_files
from edge.http.headers import protect
from edge.http.problems import problems
from edge.settings import EdgeSettings

Client = TestClient[web.Request, web.Application]
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "fonts").mkdir()
    (dist / "index.html").write_text("<!doctype html>page")
    (dist / "assets" / "main-B1x_9zQa.js").write_text("plain()" * 400)
    (dist / "assets" / "main-B1x_9zQa.js.br").write_bytes(b"brotli")
    (dist / "assets" / "main-B1x_9zQa.js.gz").write_bytes(b"gzip")
    (dist / "fonts" / "Excalifont-Regular-a88b72a24fb54c9f94e3b5fdaa7481c9.woff2").write_bytes(b"font")
    (dist / "fonts" / "plain.woff2").write_bytes(b"font")
    (dist / "robots.txt").write_text("robots")
    (dist / ".built").write_text("secret mark")
    (tmp_path / "outside.txt").write_text("secret")
    (dist / "link.txt").symlink_to(tmp_path / "outside.txt")
    return dist


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[Client]:
    async with _client(folder) as found:
        yield found


def _client(folder: Path) -> Client:
    app = web.Application(middlewares=[problems])
    app[keys.SETTINGS] = EdgeSettings(embed_hosts=("tube.example",))
    app.router.add_post("/api/thing", _never)
    client_files.install(app, folder)
    app.on_response_prepare.append(protect)
    return TestClient(TestServer(app), auto_decompress=False)


async def _never(_request: web.Request) -> web.Response:
    raise AssertionError("not asked")


@pytest.mark.parametrize("path", ["/", "/login", "/b/01980c5e-0005-7a10-8f2e-3c4d5e6f7081", "/l", "/a/b.c", "/apiary"])
async def test_every_address_of_a_person_is_the_page(client: Client, path: str) -> None:
    answer = await client.get(path, headers=HTML)

    assert (answer.status, await answer.text()) == (200, "<!doctype html>page")
    assert answer.content_type == "text/html"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_page_forbids_itself_what_it_does_not_need(client: Client) -> None:
    policy = _policy(await client.get("/", headers=HTML))

    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["frame-src"] == "'self' https://tube.example"
    assert "*" not in " ".join(policy.values())


async def test_hashed_files_are_kept_for_ever_and_others_asked_for_again(client: Client) -> None:
    kept = [await client.get(path) for path in ("/assets/main-B1x_9zQa.js", _font())]
    asked = [await client.get(path) for path in ("/fonts/plain.woff2", "/robots.txt", "/index.html")]

    assert {answer.headers["Cache-Control"] for answer in kept} == {"public, max-age=31536000, immutable"}
    assert {answer.headers["Cache-Control"] for answer in asked} == {"no-cache"}
    assert kept[0].content_type == "text/javascript"
    assert kept[1].content_type == "font/woff2"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [("br, gzip", "br", b"brotli"), ("gzip", "gzip", b"gzip"), ("identity", None, b"plain()" * 400)],
)
async def test_the_compressed_twin_goes_to_who_takes_it(
    client: Client, accepted: str, encoding: str | None, body: bytes
) -> None:
    answer = await client.get("/assets/main-B1x_9zQa.js", headers={"Accept-Encoding": accepted})

    assert (answer.headers.get("Content-Encoding"), await answer.read()) == (encoding, body)
    assert answer.content_type == "text/javascript"
    assert "Accept-Encoding" in answer.headers["Vary"]


async def test_a_file_unchanged_is_not_sent_again(client: Client) -> None:
    first = await client.get("/robots.txt")

    again = await client.get("/robots.txt", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/assets/..%2f..%2foutside.txt",
        "/link.txt",
        "/.built",
        "/assets/main-B1x_9zQa.js.br",
        "/assets/%00",
        "/assets",
        "/%2Fetc/passwd",
        "/assets/old-hash.js",
    ],
)
async def test_nothing_else_is_served(client: Client, path: str) -> None:
    answer = await client.get(path, headers={"Accept": "application/json"}, allow_redirects=False)

    assert (answer.status, answer.content_type) == (404, "application/problem+json"), await answer.text()


async def test_a_script_that_is_no_more_is_not_the_page(client: Client) -> None:
    answer = await client.get("/assets/old-hash.js", headers={"Accept": "*/*"})

    assert answer.status == 404


async def test_addresses_of_the_interface_are_never_the_page(client: Client) -> None:
    missing = await client.get("/api/nothing", headers=HTML)
    method = await client.get("/api/thing", headers=HTML)

    assert (missing.status, missing.content_type) == (404, "application/problem+json")
    assert (method.status, method.content_type) == (405, "application/problem+json")


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    async with _client(tmp_path / "nothing") as client:
        answer = await client.get("/login", headers=HTML)

        assert answer.status == 503
        assert "make web" in await answer.text()


def _font() -> str:
    return "/fonts/Excalifont-Regular-a88b72a24fb54c9f94e3b5fdaa7481c9.woff2"


def _policy(answer: ClientResponse) -> dict[str, str]:
    parts = (part.partition(" ") for part in answer.headers["Content-Security-Policy"].split("; "))
    return {name: rest for name, _, rest in parts}
