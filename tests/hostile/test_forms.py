"""Forms as no browser sends them, read without a network: a file, or a refusal of the contract."""

import asyncio

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from edge.errors import ApiError
from edge.http.imports import Upload, _of_form
from tests.hostile.forms import FILE, forms
from tests.hostile.wire import Said

# What aiohttp says of a header that it passes over.
pytestmark = [
    pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionParam"),
    pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader"),
]
HOSTILE = list(forms("token"))


async def read(said: Said) -> Upload:
    """The file of a request's form."""
    loop = asyncio.get_running_loop()
    stream = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    stream.feed_data(said.body)
    stream.feed_eof()
    headers = [(name, value.decode("utf-8", "surrogateescape")) for name, value in said.headers]
    request = make_mocked_request(said.method, said.target, headers=headers, payload=stream)
    return await _of_form(request, lambda _size: None)


@pytest.mark.parametrize("said", HOSTILE, ids=lambda said: said.about)
async def test_a_hostile_form_is_a_file_or_a_refusal(said: Said) -> None:
    try:
        upload = await read(said)
    except ApiError as refused:
        assert refused.code in ("malformed", "schema_invalid", "too_large")  # noqa: PT017 - either outcome is right
    else:
        assert len(upload.raw) <= len(said.body)


async def test_a_good_form_is_a_file() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n' + FILE + b"\r\n--b--\r\n"
    headers = (("Content-Type", b"multipart/form-data; boundary=b"),)

    assert await read(Said("POST", "/api/boards/import", headers, body)) == Upload(FILE, "a.json")
