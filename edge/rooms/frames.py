"""RFC 6455 text frames built once and written to many sockets."""

FINAL_TEXT = 0x81
SMALL = 126
MEDIUM = 1 << 16


def encode_text(payload: bytes) -> bytes:
    """One whole unmasked, uncompressed text frame of a server (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < SMALL:
        return bytes((FINAL_TEXT, size)) + payload
    if size < MEDIUM:
        return bytes((FINAL_TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((FINAL_TEXT, 127)) + size.to_bytes(8, "big") + payload
