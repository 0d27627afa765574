"""permessage-deflate: what is offered and answered, and messages of peers, good and bad, in any pieces."""

import random
import zlib

import pytest

from edge.rooms.frames import TAIL, SharedFrame, deflate, encode_text
from edge.ws.deflate import ACCEPTED, Broken, Inflated, Unmarking, accept, inflate

LIMIT = 1024 * 1024


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        (["permessage-deflate"], ACCEPTED),
        (["permessage-deflate; client_max_window_bits"], ACCEPTED),
        (["permessage-deflate; client_max_window_bits=10"], ACCEPTED),
        (['permessage-deflate; client_max_window_bits="10"'], ACCEPTED),
        (["permessage-deflate;server_no_context_takeover ; client_no_context_takeover"], ACCEPTED),
        (["permessage-deflate; server_max_window_bits=15"], f"{ACCEPTED}; server_max_window_bits=15"),
        (["permessage-deflate; server_max_window_bits=10"], None),
        (["permessage-deflate; server_max_window_bits=10, permessage-deflate"], ACCEPTED),
        (["permessage-deflate; server_max_window_bits"], None),
        (["permessage-deflate; server_max_window_bits=08"], None),
        (["permessage-deflate; client_max_window_bits=16"], None),
        (["permessage-deflate; client_max_window_bits="], None),
        (["permessage-deflate; server_no_context_takeover=1"], None),
        (["permessage-deflate; server_no_context_takeover; server_no_context_takeover"], None),
        (["permessage-deflate; novelty"], None),
        (["permessage-deflate; novelty, permessage-deflate; client_max_window_bits"], ACCEPTED),
        (["x-webkit-deflate-frame", "permessage-deflate"], ACCEPTED),
        (["x-webkit-deflate-frame"], None),
        (["permessage-deflate;"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_first_offer_that_can_be_met_is_answered(offered: list[str], answered: str | None) -> None:
    assert accept(offered) == answered


@pytest.mark.parametrize("size", [0, 1, 5, 1000, LIMIT])
def test_what_was_compressed_is_read(size: int) -> None:
    said = bytes(random.Random(1).choices(b"abcdef", k=size))

    assert inflate(deflate(said), LIMIT) == said


def test_the_examples_of_the_rfc_are_read() -> None:
    hello = b"Hello"
    for packed in (
        "f248cdc9c90700",  # 7.2.3.1
        "000500faff48656c6c6f00",  # 7.2.3.3, no compression
        "f348cdc9c9070000",  # 7.2.3.4, a final block
        "f248050000 00ffffcac9c90700".replace(" ", ""),  # 7.2.3.5, two blocks
    ):
        assert inflate(bytes.fromhex(packed), LIMIT) == hello


def test_a_bomb_is_unpacked_to_its_limit_and_no_further() -> None:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(256)) + compressor.flush(zlib.Z_SYNC_FLUSH)

    assert len(bomb) < LIMIT
    with pytest.raises(Inflated):
        inflate(bomb, LIMIT)


def test_exactly_the_limit_is_read_and_a_byte_more_is_not() -> None:
    assert len(inflate(deflate(bytes(LIMIT)), LIMIT)) == LIMIT
    with pytest.raises(Inflated):
        inflate(deflate(bytes(LIMIT + 1)), LIMIT)


@pytest.mark.parametrize("packed", [b"\xff" * 20, b"\x03\x00" * 1000, b"no deflate"])
def test_what_is_no_deflate_or_far_too_many_streams_is_broken(packed: bytes) -> None:
    with pytest.raises(Broken):
        inflate(packed, LIMIT)


@pytest.mark.parametrize("seed", range(20))
def test_marks_are_taken_off_and_remembered_however_the_bytes_come(seed: int) -> None:
    chance = random.Random(seed)
    raw, wanted, marks = b"", b"", []
    for _ in range(60):
        first = chance.choice((0x81, 0xC1, 0x41, 0x01, 0x80, 0x00, 0x82, 0xC2, 0x89, 0x8A))
        payload = chance.randbytes(chance.choice((0, 3, 125, 126, 300, 65535, 65536)) if first < 0x89 else 5)
        frame = encode_text(payload, first)
        masked = frame[:1] + bytes((frame[1] | 0x80,)) + frame[2 : len(frame) - len(payload)] + b"mask" + payload
        raw += masked
        if first & 0x0F in (1, 2):
            marks.append(bool(first & 0x40))
            masked = bytes((first & ~0x40,)) + masked[1:]
        wanted += masked

    unmarking, heard, at = Unmarking(), b"", 0
    while at < len(raw):
        step = chance.choice((1, 2, 7, 100, 5000, 70000))
        heard += unmarking.take(raw[at : at + step])
        at += step

    assert heard == wanted
    assert unmarking.packed == marks


def test_a_frame_is_compressed_once_and_only_when_that_makes_it_shorter() -> None:
    long, noise, short = (
        SharedFrame(b'{"a":1}' * 500),
        SharedFrame(random.Random(1).randbytes(2000)),
        SharedFrame(b"x" * 100),
    )

    assert long.packed is long.packed
    assert long.packed[0] == 0xC1
    assert len(long.packed) < 200
    assert inflate(long.packed[4 if long.packed[1] == 126 else 2 :], LIMIT) == long.payload
    assert not long.packed.endswith(TAIL)
    assert noise.packed is noise.plain
    assert short.packed is short.plain
    assert SharedFrame(long.payload, pack=False).packed == long.plain
