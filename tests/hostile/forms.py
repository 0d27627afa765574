"""Forms for the import of files, as no browser sends them."""

from collections.abc import Iterator
from typing import Final

from tests.hostile.wire import Said

FILE: Final = b'{"type":"excalidraw","elements":[]}'
PART: Final = b'Content-Disposition: form-data; name="file"; filename="a.excalidraw"\r\n'


def forms(token: str) -> Iterator[Said]:
    """Requests of `POST /api/boards/import`."""
    for about, content_type, body in _bodies():
        headers = (("Authorization", f"Bearer {token}".encode()), ("Content-Type", content_type))
        yield Said("POST", "/api/boards/import", headers, body, about=about)


def _bodies() -> Iterator[tuple[str, bytes, bytes]]:
    b = b"multipart/form-data; boundary=b"
    yield "no boundary", b"multipart/form-data", b"--b\r\n" + PART + b"\r\n" + FILE + b"\r\n--b--\r\n"
    yield "an empty boundary", b"multipart/form-data; boundary=", b"----\r\n"
    yield "a long boundary", b"multipart/form-data; boundary=" + b"b" * 500, FILE
    yield "another boundary", b, b"--c\r\n" + PART + b"\r\n" + FILE + b"\r\n--c--\r\n"
    yield "no end", b, b"--b\r\n" + PART + b"\r\n" + FILE
    yield "cut in its headers", b, b"--b\r\n" + PART
    yield "no headers", b, b"--b\r\n\r\n" + FILE + b"\r\n--b--\r\n"
    yield "no name", b, b"--b\r\nContent-Disposition: form-data\r\n\r\n" + FILE + b"\r\n--b--\r\n"
    yield "another name", b, b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + FILE + b"\r\n--b--\r\n"
    yield "no parts", b, b"--b--\r\n"
    yield "two parts", b, 2 * (b"--b\r\n" + PART + b"\r\n" + FILE + b"\r\n") + b"--b--\r\n"
    yield "an encoding", b, b"--b\r\n" + PART + b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n"
    yield "an odd encoding", b, b"--b\r\n" + PART + b"Content-Transfer-Encoding: rot13\r\n\r\nx\r\n--b--\r\n"
    yield "a compressed part", b, b"--b\r\n" + PART + b"Content-Encoding: gzip\r\n\r\nx\r\n--b--\r\n"
    yield "a part of a length", b, b"--b\r\n" + PART + b"Content-Length: 99999\r\n\r\n" + FILE + b"\r\n--b--\r\n"
    yield "a part of no length", b, b"--b\r\n" + PART + b"Content-Length: -5\r\n\r\n" + FILE + b"\r\n--b--\r\n"
    yield (
        "a form in the form",
        b,
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--c--\r\n--b--\r\n",
    )
    yield (
        "a form in itself",
        b,
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n--b--\r\n",
    )
    yield "a long header", b, b"--b\r\nX: " + b"x" * 100_000 + b"\r\n\r\n" + FILE + b"\r\n--b--\r\n"
    yield "many headers", b, b"--b\r\n" + b"X: y\r\n" * 20_000 + b"\r\n" + FILE + b"\r\n--b--\r\n"
    yield "a broken header", b, b"--b\r\nX\xff\r\n: \0\r\n\r\n" + FILE + b"\r\n--b--\r\n"
    yield (
        "a broken name",
        b,
        b'--b\r\nContent-Disposition: form-data; name="file\xff"; filename*=x\'y\r\n\r\nx\r\n--b--\r\n',
    )
    yield (
        "a name in pieces",
        b,
        b"--b\r\nContent-Disposition: form-data; name*=utf-8''%66ile; filename*0=a\r\n\r\n{}\r\n--b--\r\n",
    )
    yield (
        "odd characters in its name",
        b,
        PART.join((b"--b\r\n", b"\r\n")).replace(b"a.exc", b"\xe2\x80\xae\xff\0a.exc") + FILE + b"\r\n--b--\r\n",
    )
