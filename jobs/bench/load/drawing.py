"""What people at a board send: ops that move an element of their own, and positions of their pointer."""

import random
import secrets
import time

import orjson

from jobs.bench.load.member import Member
from jobs.bench.load.op_id import OpId
from jobs.rectangle import RECTANGLE


class Pen:
    """One editor with one element: each op is that element a little further."""

    def __init__(self, member: Member) -> None:
        self.member = member
        body = orjson.dumps({**RECTANGLE, "id": secrets.token_urlsafe(15)})[:-1].replace(b"%", b"%%")
        self._op = (
            b'{"kind":"send","id":"%%b","type":"boards.draw","data":{"board_id":"%b","elements":[%b,'
            b'"version":%%d,"versionNonce":%%d,"x":%%d.5,"y":150.25}]}}'
        ) % (member.board.encode(), body)

    def draw(self) -> None:
        """Send one op."""
        member = self.member
        member.ops += 1
        identifier = OpId(member.author, member.ops, time.monotonic_ns())
        member.send(
            self._op % (identifier.written().encode(), member.ops, random.getrandbits(31), member.ops % 4000),
            identifier,
        )


def move(member: Member, base_ns: int) -> None:
    """Send a position: its x is the time since `base_ns` in milliseconds, its y is its number."""
    member.moves += 1
    at = (time.monotonic_ns() - base_ns) / 1_000_000
    member.socket.write(
        b'{"kind":"move","room":"board:%b","data":{"pointer":{"x":%.3f,"y":%d,"tool":"pointer"},"button":"up"}}'
        % (member.board.encode(), at, member.moves)
    )
