"""Which ops may enter the log, and at which place the others are wrong."""

import copy
from typing import Any

import pytest

from edge.errors import ApiError
from edge.lanes.op_checks import OP_BYTES, CheckedOp, check_op
from schemas.boards.append import APPEND
from schemas.registry import registry

BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
HOSTS = ("youtube.com",)
RECTANGLE = registry().get("boards.draw").examples[0]["elements"][0]


def element(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(RECTANGLE), **changes}


def draw(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"board_id": BOARD, "elements": list(elements), **more}


def refusal(data: Any) -> tuple[str, list[str]]:
    with pytest.raises(ApiError) as refused:
        check_op(data, HOSTS)
    return refused.value.code, [problem.path for problem in refused.value.errors]


def test_a_good_op_is_kept_as_it_came() -> None:
    checked = check_op(draw(element(customData={"any": [1, None, "ü"]})), HOSTS)

    assert isinstance(checked, CheckedOp)
    assert checked.board_id == BOARD
    assert '"customData":{"any":[1,null,"ü"]}'.encode() in checked.body


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (draw(), "/elements"),
        ({"elements": [element()]}, "/board_id"),
        (draw(element(), wrong=1), "/wrong"),
        (draw(element(zap=1)), "/elements/0/zap"),
        (draw(element(), element()), "/elements/1/id"),
        (draw(element(version=2**30 + 1)), "/elements/0/version"),
        (draw(element(link="javascript:alert(1)")), "/elements/0/link"),
        (draw(*(element(id=f"e{number}") for number in range(1001))), "/elements"),
        ([], ""),
        (None, ""),
    ],
)
def test_an_op_against_schema_or_rules_is_schema_invalid_with_its_path(data: Any, path: str) -> None:
    assert refusal(data) == ("schema_invalid", [path])


def test_an_element_over_its_size_is_too_large_with_its_path() -> None:
    large = element(id="large", customData={"x": "y" * 256 * 1024})

    assert refusal(draw(element(), large)) == ("too_large", ["/elements/1"])


def test_an_op_over_a_mebibyte_is_too_large() -> None:
    parts = [element(id=f"e{number}", customData={"x": "y" * 250 * 1024}) for number in range(5)]

    assert refusal(draw(*parts)) == ("too_large", ["/elements"])
    assert check_op(draw(*parts[:4]), HOSTS).board_id == BOARD


def append(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(registry().get(APPEND).examples[0]), **changes}


def append_refusal(data: Any) -> tuple[str, list[str]]:
    with pytest.raises(ApiError) as refused:
        check_op(data, HOSTS, APPEND)
    return refused.value.code, [problem.path for problem in refused.value.errors]


def test_good_points_are_kept_as_they_came() -> None:
    checked = check_op(append(points=[[1, 2.50], [1e-7, -3]]), HOSTS, APPEND)

    assert (checked.board_id, checked.type) == (BOARD, APPEND)
    assert b'"points":[[1,2.5],[1e-7,-3]]' in checked.body


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"version": 4, "versionNonce": 1574244400}, ["/version"]),
        ({"version": 3}, ["/version"]),
        ({"version": 2**30 + 1}, ["/version"]),
        ({"pressures": [0.5]}, ["/pressures"]),
        ({"points": []}, ["/points"]),
        ({"points": [[0, 0]] * 1001}, ["/points"]),
        ({"elements": []}, ["/elements"]),
    ],
)
def test_points_that_could_never_take_effect_are_refused(changes: dict[str, Any], paths: list[str]) -> None:
    assert append_refusal(append(**changes)) == ("schema_invalid", paths)


def test_an_append_of_the_most_points_is_far_below_the_limit_of_an_op() -> None:
    longest = [[-2.2250738585072014e-308] * 2] * 1000
    checked = check_op(append(points=longest, pressures=[2.2250738585072014e-308] * 1000), HOSTS, APPEND)

    assert len(checked.body) < OP_BYTES // 8
