"""What is read of an answer: all of a small one, and no end of none."""

import pytest

from topics.exports.bodies import json_of


class Stream:
    """Bytes that come in parts; those of `endless` come for ever."""

    def __init__(self, *parts: bytes, endless: bytes = b"") -> None:
        self.parts = list(parts)
        self.endless = endless
        self.given = 0

    async def read(self, n: int) -> bytes:
        part = (self.parts.pop(0) if self.parts else self.endless)[:n]
        self.given += len(part)
        return part


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ([b'{"a"', b":1}"], {"a": 1}),
        ([b"[1,2,3,45]"], [1, 2, 3, 45]),
        ([b"<h1>502</h1>"], None),
        ([b"[" * 10], None),
        ([b"\xff"], None),
        ([], None),
        ([b'"123456', b'789"'], None),
    ],
)
async def test_a_body_is_json_of_a_bounded_length_or_nothing(parts: list[bytes], value: object) -> None:
    assert await json_of(Stream(*parts), most=10) == value


async def test_an_endless_body_is_read_no_further_than_its_bound() -> None:
    stream = Stream(endless=b"x" * 1000)

    assert await json_of(stream, most=10_000) is None
    assert stream.given == 10_001
