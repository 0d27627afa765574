"""WebSocket frames, whole and in pieces."""

import zlib

import pytest

from jobs.bench.load import frames


def server_frame(payload: bytes, first: int = 0x81) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


PAYLOADS = [b"", b"a", b"b" * 125, b"c" * 126, b"d" * 65_535, b"e" * 65_536, b"f" * 200_000]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 4096, 70_000, 10**9])
def test_frames_come_whole_however_the_stream_is_cut(step: int) -> None:
    payloads = PAYLOADS if step > 7 else [payload[:300] for payload in PAYLOADS]
    stream = b"".join(map(server_frame, payloads))
    reader, found = frames.Reader(), []

    for at in range(0, len(stream), step):
        found += reader.feed(stream[at : at + step])

    assert [payload for _, payload in found] == payloads


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_what_is_sent_is_masked_and_has_its_length(payload: bytes) -> None:
    sent = frames.encode(payload)

    assert sent[0] == 0x81
    assert sent[1] & 0x80
    assert sent.endswith(frames.MASK + payload)
    # Without the mask it is the frame that a server would send.
    assert (
        bytes((sent[0], sent[1] & 0x7F)) + sent[2 : -len(payload) - 4 or None]
        == server_frame(payload)[: len(sent) - len(payload) - 4]
    )


def test_a_compressed_message_is_inflated() -> None:
    deflater = zlib.compressobj(wbits=-15)
    packed = deflater.compress(b"hello " * 50) + deflater.flush(zlib.Z_SYNC_FLUSH)

    assert frames.inflate(packed.removesuffix(frames.TAIL)) == b"hello " * 50


def test_a_masked_frame_of_a_server_is_refused() -> None:
    with pytest.raises(frames.Broken):
        frames.Reader().feed(b"\x81\x85\0\0\0\0hello")
