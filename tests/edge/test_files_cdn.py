"""Files behind a CDN: pages are sent there, it answers as S3 does, and nothing that is signed goes out with it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.edge.client import Api, Person
from tests.edge.samples import PDF, png
from tests.edge.test_files import fetched, uploaded
from tests.edge.test_files import read as location
from tests.product import Product
from topics import files
from topics.runtime.object_store import ObjectMissing, ObjectStore
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture
async def cdn(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[str]:
    """A CDN whose origin is the bucket: it alone may read there, and passes on what the objects say of themselves."""
    async with ObjectStore(settings) as store:

        async def serve(request: web.Request) -> web.Response:
            key = request.match_info["key"]
            assert not request.query_string, "an address of a CDN has nothing to say but the key"
            try:
                await store.head(key)
            except ObjectMissing:
                raise web.HTTPNotFound from None
            origin = await store.presign_get(key, seconds=60)
            async with http.get(origin.url) as found:
                passed = ("Content-Type", "Cache-Control", "Content-Disposition")
                headers = {name: found.headers[name] for name in passed if name in found.headers}
                return web.Response(body=await found.read(), headers=headers)

        app = web.Application()
        app.router.add_get("/doska/{key:.+}", serve)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/doska"
        finally:
            await runner.cleanup()


async def test_with_a_cdn_files_are_read_there_under_their_hash_and_no_signed_address_goes_out(
    product: Product, ada: Person, stranger: Person, http: aiohttp.ClientSession, cdn: str
) -> None:
    edge = await product.edge(DOSKA_CDN_URL=cdn)
    there = Api(edge.base_url, http, ada.api.token)
    board_id, content = await ada.board(), png(900, 600)
    file_id, done = await uploaded(there, board_id, content)
    document, _ = await uploaded(there, board_id, PDF, name="a.pdf", mime="application/pdf")

    whole, small = await location(there, file_id), await location(there, file_id, "?thumbnail=true")
    got = await fetched(there, whole)
    thumbnail = await fetched(there, small)
    saved = await fetched(there, await location(there, document))
    refused = await location(Api(edge.base_url, http, stranger.api.token), file_id)
    nobody = await location(Api(edge.base_url, http), file_id)

    sha256 = done.body["sha256"]
    assert (whole.status, whole.headers["Location"]) == (302, f"{cdn}/{files.content_key(file_id, sha256)}")
    assert (small.status, small.headers["Location"]) == (302, f"{cdn}/{files.thumbnail_key(file_id, sha256)}")
    # Whoever loses the board asks again within the hour; the content itself never changes.
    assert whole.headers["Cache-Control"] == "private, max-age=3600"
    for answer in (whole, small):
        assert "amz" not in repr((dict(answer.headers), answer.body)).lower()
    assert (got.status, got.body, got.headers["Content-Type"]) == (200, content, "image/png")
    assert (thumbnail.headers["Content-Type"], thumbnail.body[8:12]) == ("image/webp", b"WEBP")
    assert {each.headers["Cache-Control"] for each in (got, thumbnail, saved)} == {files.CACHED_BY_ALL}
    assert got.headers["Content-Disposition"].startswith("inline")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert (refused.status, nobody.status) == (404, 401)
    assert "Location" not in refused.headers
