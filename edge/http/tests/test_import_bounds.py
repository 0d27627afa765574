"""What a file unfolds to is bounded before it is unfolded."""

import pytest

from edge.errors import ApiError
from edge.http.imports import parsed


@pytest.mark.parametrize("raw", [b"[" + b"[]," * 9 + b"[]]", b"[" + b"1," * 10 + b"1]", b"{" * 11])
def test_a_file_of_more_values_than_there_is_room_for_is_refused_unread(raw: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        parsed(raw, most=10)

    assert refusal.value.code == "too_large"


def test_one_with_as_many_as_there_may_be_is_read() -> None:
    assert parsed(b'{"elements":[{},{}]}', most=5) == {"elements": [{}, {}]}
