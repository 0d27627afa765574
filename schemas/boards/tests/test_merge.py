"""The merge of elements: its vectors, and that order and repetition do not matter."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.boards.merge import Element, fold, wins

VECTORS = json.loads((Path(__file__).parents[1] / "merge_vectors.json").read_bytes())["vectors"]


def element(id_: str, version: int, nonce: int) -> dict[str, object]:
    """Content that follows from version and nonce, as it does where a nonce is random."""
    return {"id": id_, "version": version, "versionNonce": nonce, "tag": f"{id_}{version}.{nonce}"}


elements = st.builds(element, st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 3))
logs = st.lists(elements, max_size=12)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_what_a_log_leaves(vector: dict[str, Any]) -> None:
    state = fold(vector["log"])

    assert {id_: left["tag"] for id_, left in state.items()} == vector["state"]


@given(logs, st.randoms())
def test_the_order_of_a_log_does_not_matter(log: list[Element], random: Random) -> None:
    shuffled = random.sample(log, len(log))

    assert fold(shuffled) == fold(log)


@given(logs, st.data())
def test_what_comes_again_changes_nothing(log: list[Element], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(log))) if log else []

    assert fold([*log, *again]) == fold(log)


@given(logs, logs, logs)
def test_logs_may_be_folded_in_parts(one: list[Element], two: list[Element], three: list[Element]) -> None:
    left = fold([*fold([*one, *two]).values(), *three])
    right = fold([*one, *fold([*two, *three]).values()])

    assert left == right == fold([*one, *two, *three])


@given(elements, elements)
def test_of_two_different_elements_exactly_one_wins(one: dict[str, Any], other: dict[str, Any]) -> None:
    one = {**one, "id": other["id"]}
    different = (one["version"], one["versionNonce"]) != (other["version"], other["versionNonce"])

    assert wins(one, other) + wins(other, one) == (1 if different else 0)
