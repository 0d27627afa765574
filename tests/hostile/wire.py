"""HTTP as bytes: a client library would refuse to send most of what is sent here."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import orjson

ANSWER_SECONDS: Final = 30
LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)")
Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer: `problem` is its body where it is one of ours. Status 0: the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, object]:
        """The problem that it tells, or nothing."""
        if self.headers.get("content-type", "").partition(";")[0] != "application/problem+json":
            return {}
        found = orjson.loads(self.body)
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Said:
    """A request, with `target` and headers exactly as they go out; `length` False: no Content-Length of ours."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    length: bool = True
    about: str = field(default="", compare=False)

    def __str__(self) -> str:
        shown = b", ".join(
            name.encode() + b": " + value[:60] for name, value in self.headers if name != "Authorization"
        )
        return f"{self.method} {self.target[:200]} ({self.about}) [{shown[:300]!a}] {self.body[:300]!a}"


async def exchange(base_url: str, said: Said) -> Heard:
    """Say it on a connection of its own and hear the answer."""
    address = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        lines = [f"{said.method} ".encode(), said.target.encode("utf-8", "surrogatepass"), b" HTTP/1.1\r\n"]
        given = {name.lower() for name, _ in said.headers}
        own: Headers = (
            *((("Host", f"{address.hostname}:{address.port}".encode()),) if "host" not in given else ()),
            ("Connection", b"close"),
            *((("Content-Length", str(len(said.body)).encode()),) if said.length and said.body else ()),
        )
        lines += [name.encode() + b": " + value + b"\r\n" for name, value in (*own, *said.headers)]
        writer.write(b"".join([*lines, b"\r\n", said.body]))
        raw = await asyncio.wait_for(_heard(reader), ANSWER_SECONDS)
    finally:
        writer.transport.abort()
    return _read(raw)


async def _heard(reader: asyncio.StreamReader) -> bytes:
    """One answer, until it is whole by its own count or the connection ends: whoever announced more than he sent waits long for that."""
    raw = b""
    try:
        while part := await reader.read(1024 * 1024):
            raw = _final(raw + part)
            if _is_whole(raw):
                break
    except ConnectionError:
        pass  # hung up on us with more under way, after what it had to say
    return raw


def _final(raw: bytes) -> bytes:
    """Without what was said only on the way: `100 Continue`."""
    return raw.partition(b"\r\n\r\n")[2] if raw.startswith(b"HTTP/1.1 100 ") else raw


def _is_whole(raw: bytes) -> bool:
    head, end, body = raw.partition(b"\r\n\r\n")
    told = LENGTH.search(head.lower())
    return bool(end) and told is not None and len(body) >= int(told[1])


def _read(raw: bytes) -> Heard:
    if not raw:
        return Heard(0, {}, b"")
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Heard(int(first.split(" ")[1]), headers, body)
