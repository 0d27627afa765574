"""JSON as no honest writer writes it: what a value in memory cannot say."""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

NUMBERS: Final = (
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-1e400",
    b"-0",
    b"01",
    b"+1",
    b"0x1",
    b"9" * 5_000,
    b"1." + b"3" * 5_000,
)
STRINGS: Final = (
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u0000"',
    b'"\xed\xa0\x80"',
    b'"\xff"',
    b'"\x01"',
    b'"\\x41"',
    b'"',
)


def texts(data: dict[str, Any], seed: int) -> Iterator[tuple[str, bytes]]:
    """What is wrong, and the bytes, for an object that JSON can say."""
    chance = random.Random(seed)
    data = data or {"nothing": None}
    good = json.dumps(data, ensure_ascii=False).encode()
    name = chance.choice(sorted(data))
    key = json.dumps(name, ensure_ascii=False).encode()
    body = good[1:-1]

    yield "a key twice", b"{" + body + b", " + key + b": 1}"
    yield "a key twice, once escaped", b"{" + body + b', "' + _escaped(name) + b'": 1}'
    for number in NUMBERS:
        yield "a number that is none", b"{" + body + b", " + b'"n": ' + number + b"}"
    for string in STRINGS:
        yield "a text that is none", b"{" + body + b', "s": ' + string + b"}"
    yield "a comma more", b"{" + body + b",}"
    yield "a comment", b"{" + body + b"/* */}"
    yield "a second document", good + good
    yield "a mark of order", b"\xef\xbb\xbf" + good
    yield "another encoding", good.decode().encode("utf-16")
    yield "cut short", good[: chance.randrange(1, len(good))]
    yield "nothing but space", b" \n"
    yield "a bottomless list", b"[" * 100_000
    yield "a bottomless object", b'{"a":' * 100_000
    yield "a long name over a long list", b'{ "' + b"k" * 200_000 + b'": [' + b"0," * 20_000 + b'"\\u0000"]}'
    yield "many long names", b"{" + b",".join(b'"%d%s": "\\u0000"' % (n, b"~" * 5_000) for n in range(40)) + b"}"
    yield "many names", b"{" + b",".join(b'"n%d": 1' % n for n in range(20_000)) + b"}"
    at = chance.randrange(len(good))
    yield "a broken byte", good[:at] + bytes([chance.randrange(256)]) + good[at + 1 :]


def _escaped(name: str) -> bytes:
    return "".join(f"\\u{ord(character):04x}" for character in name).encode()
