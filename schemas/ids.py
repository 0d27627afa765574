"""Ids: UUIDv7, so that what was made later sorts later, and ids of facts that a repeated decision repeats."""

import hashlib
import os
import re
import time
import uuid

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def uuid7(now_ms: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562) of a time in Unix milliseconds and at least 10 random bytes, of which 74 bits are used."""
    if len(random) < 10:
        raise ValueError("a UUIDv7 takes 10 random bytes")
    bits = int.from_bytes(random[:10], "big")
    value = (now_ms & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | (bits >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | (bits & 0x3FFF_FFFF_FFFF_FFFF)
    return str(uuid.UUID(int=value))


def new_id() -> str:
    """A fresh UUIDv7 of now."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def is_id(text: str) -> bool:
    """Whether the text is a UUIDv7 in its canonical form."""
    return ID.fullmatch(text) is not None


def time_ms(id_: str) -> int:
    """The Unix milliseconds in a UUIDv7."""
    return int(id_[:8] + id_[9:13], 16)


def fact_id(causation_id: str, index: int, by: str = "") -> str:
    """The id of the fact number `index` of the decision on `causation_id`: the same whenever it is decided.

    An action is decided by one, a fact may be followed by several: what each of those says needs `by`, its name.
    """
    digest = hashlib.sha256(f"{causation_id}\0{index}{by and chr(0) + by}".encode()).digest()
    return uuid7(time_ms(causation_id), digest)


def personal_workspace_id(user_id: str) -> str:
    """The id of a person's own workspace: whoever asks for it to be opened asks for the same one."""
    return uuid7(time_ms(user_id), hashlib.sha256(f"{user_id}\0personal workspace".encode()).digest())
