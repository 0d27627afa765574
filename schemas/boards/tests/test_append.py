"""Points appended to a stroke: the vectors, and what holds for every log."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.boards.append import APPEND, DRAW, Op, appended, changes, check_append, fold_ops
from schemas.boards.merge import fold, wins
from schemas.boards.rules import ELEMENT_BYTES, sizes
from schemas.boards.tests.strokes import Log, logs, stroke
from schemas.codec import validate
from schemas.registry import registry

VECTORS = json.loads((Path(__file__).parents[1] / "append_vectors.json").read_bytes())["vectors"]
EXAMPLE = registry().get(APPEND).examples[0]
LONGEST = -2.2250738585072014e-308
LARGEST = -9999999.12345678


def expanded(fields: dict[str, Any]) -> dict[str, Any]:
    """A number in place of a list is that many of the same."""
    short = {"points": [0, 0], "pressures": 0}
    return {
        name: [short[name]] * value if name in short and isinstance(value, int) else value
        for name, value in fields.items()
    }


def ops(log: list[dict[str, Any]]) -> list[Op]:
    return [
        (DRAW, {"elements": [expanded(element) for element in entry["draw"]]})
        if "draw" in entry
        else (APPEND, expanded(entry["append"]))
        for entry in log
    ]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_what_a_log_leaves(vector: dict[str, Any]) -> None:
    state = fold_ops(ops(vector["log"]))

    assert state.keys() == vector["state"].keys()
    for id_, wanted in vector["state"].items():
        assert {name: state[id_][name] for name in wanted} == expanded(wanted)


@given(logs, st.data())
def test_a_log_may_be_folded_in_parts(log: Log, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(log)))

    assert fold_ops(log[cut:], fold_ops(log[:cut])) == fold_ops(log)


@given(logs)
def test_what_is_held_only_ever_rises(log: Log) -> None:
    state: dict[str, Any] = {}
    for op in log:
        for changed in list(changes(op, state)):
            assert wins(changed, state.get(changed["id"]))
            state[changed["id"]] = changed


@given(logs, st.data())
def test_an_op_that_took_effect_changes_nothing_when_it_comes_again(log: Log, data: st.DataObject) -> None:
    state: dict[str, Any] = {}
    effective = []
    for op in log:
        changed = list(changes(op, state))
        state |= {each["id"]: each for each in changed}
        if changed:
            effective.append(op)
    again = data.draw(st.lists(st.sampled_from(effective))) if effective else []

    assert fold_ops(again, state) == state


@given(logs)
def test_whole_elements_alone_are_merged_as_ever(log: Log) -> None:
    drawn = [op for op in log if op[0] == DRAW]

    assert fold_ops(drawn) == fold(element for _, data in drawn for element in data["elements"])


@given(logs)
def test_nothing_but_the_stroke_changes(log: Log) -> None:
    state: dict[str, Any] = {}
    for op in log:
        for changed in list(changes(op, state)):
            before = state.get(changed["id"])
            if op[0] == APPEND:
                assert before is not None
                assert changed["points"][: len(before["points"])] == before["points"]
                grows = {"version", "versionNonce", "updated", "width", "height", "points", "pressures"}
                assert {k: v for k, v in changed.items() if k not in grows} == {
                    k: v for k, v in before.items() if k not in grows
                }
            state[changed["id"]] = changed


def test_an_append_changes_neither_its_base_nor_itself() -> None:
    held = stroke("a", 4, 1574244400)
    op = EXAMPLE | {"element_id": "a"}
    before = orjson.dumps([held, op])

    grown = appended(op, held)

    assert grown is not None
    assert orjson.dumps([held, op]) == before


@pytest.mark.parametrize("pressed", [False, True])
def test_the_longest_stroke_that_grows_is_within_the_limit_of_an_element(*, pressed: bool) -> None:
    """Numbers of the most characters, and every other field as long as the schema of elements admits it."""
    [drawn] = [
        element
        for example in registry().get(DRAW).examples
        for element in example["elements"]
        if element["type"] == "rectangle"
    ]
    held: Any = drawn | {
        "id": "i" * 64,
        "type": "freedraw",
        "version": 0,
        "simulatePressure": not pressed,
        "lastCommittedPoint": None,
        "groupIds": ["g" * 64] * 32,
        "frameId": "f" * 64,
        "boundElements": [],
        "link": "https://" + "\U0001f600" * 2040,
        "points": [],
        "pressures": [],
    }
    number = LONGEST
    while True:
        op = {
            "base": {"version": held["version"], "versionNonce": held["versionNonce"]},
            "version": held["version"] + 1,
            "versionNonce": held["versionNonce"],
            "points": [[number, number]] * 100,
            "pressures": [-number] * 100 if pressed else [],
            "width": LARGEST,
            "height": LARGEST,
            "updated": 2**53 - 1,
        }
        grown = appended(op, held)
        if grown is None:
            break
        held = grown

    validate(registry().get(DRAW), {"board_id": EXAMPLE["board_id"], "elements": [held]})
    assert len(held["points"]) >= 3000
    assert sizes([held], ELEMENT_BYTES) == []


def test_a_client_may_not_send_an_append_that_could_never_take_effect() -> None:
    base = EXAMPLE["base"]
    late = EXAMPLE | {"version": base["version"], "versionNonce": base["versionNonce"] + 1}
    uneven = EXAMPLE | {"pressures": [0.5]}

    assert check_append(EXAMPLE) == []
    assert [problem.path for problem in check_append(late)] == ["/version"]
    assert [problem.path for problem in check_append(uneven)] == ["/pressures"]
