"""Tokens that clients hold."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rooms.cursor import Cursor, CursorInvalid, Cursors
from schemas.keyring import Keyring
from topics.bus.message import Position
from topics.rooms.mark import Mark

BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
ROOM = f"board:{BOARD}"
OLD, NEW = b"o" * 32, b"n" * 32
CURSORS = Cursors(Keyring("old", {"old": OLD}))

marks = st.none() | st.builds(
    Mark, st.text("0123456789abcdef-", min_size=1, max_size=36), st.integers(0, 999), st.integers(0, 2**53)
)
cursors = st.builds(
    Cursor,
    st.just(ROOM),
    st.none() | st.text("0123456789abcdef", min_size=12, max_size=12),
    st.integers(0, 2**53),
    marks,
    st.integers(0, 2**45),
)


@settings(deadline=None)
@given(cursors)
def test_a_cursor_comes_back_as_it_was(cursor: Cursor) -> None:
    assert CURSORS.decode(ROOM, CURSORS.encode(cursor)) == cursor


@settings(deadline=None)
@given(st.integers(0, 2**53), st.integers(0, 9999))
def test_a_position_comes_back_as_it_was(offset: int, index: int) -> None:
    position = Position("01980c5e-generation", 3, offset, index)

    assert CURSORS.decode_position(BOARD, CURSORS.encode_position(BOARD, position)) == position


def test_a_cursor_of_another_board_is_invalid() -> None:
    token = CURSORS.encode(Cursor("board:other", "e", 1, None))

    with pytest.raises(CursorInvalid):
        CURSORS.decode(ROOM, token)


def test_a_position_is_no_cursor_and_a_cursor_no_position() -> None:
    position = CURSORS.encode_position(BOARD, Position("g", 0, 1))
    cursor = CURSORS.encode(Cursor(ROOM, "e", 1, None))

    with pytest.raises(CursorInvalid):
        CURSORS.decode(ROOM, position)
    with pytest.raises(CursorInvalid):
        CURSORS.decode_position(BOARD, cursor)


@pytest.mark.parametrize("token", ["", "x", "....", "ключ", "A" * 10_000, base64.urlsafe_b64encode(b"x" * 60).decode()])
def test_what_nobody_wrote_is_invalid(token: str) -> None:
    with pytest.raises(CursorInvalid):
        CURSORS.decode(ROOM, token)


def test_a_changed_cursor_is_invalid() -> None:
    raw = bytearray(base64.urlsafe_b64decode(CURSORS.encode(Cursor(ROOM, "e", 1, None)) + "=="))
    for i in range(len(raw)):
        changed = bytes(raw[:i]) + bytes([raw[i] ^ 1]) + bytes(raw[i + 1 :])

        with pytest.raises(CursorInvalid):
            CURSORS.decode(ROOM, base64.urlsafe_b64encode(changed).decode())


def test_tokens_outlive_a_rotation_of_keys() -> None:
    token = CURSORS.encode(Cursor(ROOM, "e", 1, None))

    assert Cursors(Keyring("new", {"old": OLD, "new": NEW})).decode(ROOM, token).seq == 1
    with pytest.raises(CursorInvalid):
        Cursors(Keyring("new", {"new": NEW})).decode(ROOM, token)
