"""Order keys: always between, always of the editor's form."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.actions.ordering import between, completed, key_between

PATTERN = re.compile(
    "^(?:"
    + "|".join(f"[{chr(ord('a') + n)}{chr(ord('Z') - n)}][0-9A-Za-z]{{{n + 1}}}" for n in range(26))
    + ")(?:[0-9A-Za-z]*[1-9A-Za-z])?$"
)


@pytest.mark.parametrize(
    ("low", "high", "key"),
    [
        # The published vectors of the algorithm.
        (None, None, "a0"),
        (None, "a0", "Zz"),
        (None, "Zz", "Zy"),
        ("a0", None, "a1"),
        ("a1", None, "a2"),
        ("a0", "a1", "a0V"),
        ("a1", "a2", "a1V"),
        ("a0V", "a1", "a0l"),
        ("Zz", "a0", "ZzV"),
        ("Zz", "a1", "a0"),
        (None, "Y00", "Xzzz"),
        ("bzz", None, "c000"),
        ("a0", "a0V", "a0G"),
        ("a0", "a0G", "a08"),
        ("b125", "b129", "b127"),
        ("a0", "a1V", "a1"),
        ("Zz", "a01", "a0"),
        (None, "a0V", "a0"),
        (None, "b999", "b99"),
        (None, "A000000000000000000000000001", "A000000000000000000000000000V"),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzzy", None, "zzzzzzzzzzzzzzzzzzzzzzzzzzz"),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzzz", None, "zzzzzzzzzzzzzzzzzzzzzzzzzzzV"),
    ],
)
def test_a_key_is_the_one_that_the_editor_would_make(low: str | None, high: str | None, key: str) -> None:
    assert key_between(low, high) == key


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), max_size=120))
def test_keys_put_anywhere_stay_in_order_and_in_form(places: list[tuple[int, bool]]) -> None:
    keys: list[str] = []

    for place, end in places:
        at = len(keys) if end else place % (len(keys) + 1)
        low = keys[at - 1] if at else None
        high = keys[at] if at < len(keys) else None
        keys.insert(at, key_between(low, high))

    assert keys == sorted(set(keys))
    assert all(PATTERN.match(key) for key in keys)


def test_a_thousand_keys_between_neighbours_stay_short() -> None:
    keys = between("a0", "a1", 1000)

    assert keys == sorted(set(keys))
    assert keys[0] > "a0"
    assert keys[-1] < "a1"
    assert max(map(len, keys)) <= 6


@given(st.lists(st.one_of(st.none(), st.sampled_from(["a0", "a1", "a1V", "a2", "Zz", "b00", "a0V"])), max_size=40))
def test_missing_keys_keep_the_order_of_the_list_where_the_given_ones_do(keys: list[str | None]) -> None:
    made = completed(keys)

    given_ones = [key for key in keys if key is not None]
    assert [key for key, old in zip(made, keys, strict=True) if old is not None] == given_ones
    if given_ones == sorted(set(given_ones)):
        assert made == sorted(set(made))
    assert all(PATTERN.match(key) for key in made)


def test_without_room_all_keys_are_made_anew() -> None:
    low = "a0" + "0" * 66 + "1"
    high = "a0" + "0" * 66 + "2"

    made = completed([low, None, high])

    assert made == ["a0", "a1", "a2"]


def test_the_form_here_is_the_one_of_the_schema() -> None:
    [file] = [
        path
        for path in Path("schemas").rglob("*.json")
        if '"fractional-indexing order key' in path.read_text(encoding="utf-8")
    ][:1]
    found = re.findall(r'"pattern": *"(\^\(\?:\[aZ\][^"]*)"', file.read_text(encoding="utf-8"))

    for key in [*between(None, None, 200), *between("a0", "a1", 200), *between(None, "a0", 200)]:
        assert re.match(json.loads(f'"{found[0]}"'), key)
