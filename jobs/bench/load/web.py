"""Requests over bare streams: an answer is read to its end and not looked at before somebody asks."""

import asyncio
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from jobs.bench.load.refusal import Refused

WAIT_SECONDS = 60.0
STREAM_BYTES = 1 << 22


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What an HTTP request gave; `raw` is as it came, compressed or not. `wire_bytes` counts the head too."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    wire_bytes: int

    def json(self) -> Any:
        """The body."""
        gzipped = self.headers.get("content-encoding") == "gzip"
        body = zlib.decompress(self.raw, 31) if gzipped else self.raw
        return orjson.loads(body or b"{}")


class Web:
    """One kept connection of one person."""

    def __init__(self, url: str, token: str | None = None, *, gzip: bool = False) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port or (443 if self._tls else 80)
        head = [f"Host: {parts.netloc}", "Accept: application/json"]
        head += [f"Authorization: Bearer {token}"] if token else []
        head += ["Accept-Encoding: gzip"] if gzip else []
        self._head = "\r\n".join(head)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: Any = None) -> Answer:
        """One request after the other. Raises OSError, TimeoutError, asyncio.IncompleteReadError."""
        return await asyncio.wait_for(self._request(method, path, body), WAIT_SECONDS)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; a read that is asked to come again later does. Raises Refused with the server's own words."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = await self.request(method, path, body)
            if method != "GET" or answer.status != 503 or time.monotonic() > deadline:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
        content = answer.json()
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {content.get('code')}: {content.get('detail')}")
        return content

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _request(self, method: str, path: str, body: Any) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, ssl=True if self._tls else None, limit=STREAM_BYTES
            )
        reader, writer = self._streams
        content = b"" if body is None else orjson.dumps(body)
        kind = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        empty = "Content-Length: 0\r\n" if body is None and method != "GET" else ""
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}\r\n{kind}{empty}\r\n".encode() + content)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        if headers.get("transfer-encoding") == "chunked":
            raw = await _chunks(reader)
        else:
            raw = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split(" ", 2)[1]), headers, raw, len(head) + len(raw))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        found.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(found)
