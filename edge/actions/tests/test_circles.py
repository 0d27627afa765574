"""What lies inside itself is refused at its place; what only lies deep is not."""

from typing import Any

import pytest

from edge.actions.circles import refuse_circles
from edge.errors import ApiError

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("elements", "path"),
    [
        ([{"id": "a", "frameId": "a"}], "/elements/0/frameId"),
        ([{"id": "x"}, {"id": "a", "frameId": "b"}, {"id": "b", "frameId": "a"}], "/elements/1/frameId"),
        ([{"id": "a", "containerId": "b"}, {"id": "b", "containerId": "a"}], "/elements/0/containerId"),
        ([{"id": "a", "groupIds": ["g", "g"]}], "/elements/0/groupIds"),
        ([{"id": "a", "groupIds": ["g", "h"]}, {"id": "b", "groupIds": ["h", "g"]}], "/elements/0/groupIds"),
        (
            [{"id": str(n), "groupIds": [f"g{n}", f"g{(n + 1) % 500}"]} for n in range(500)],
            "/elements/0/groupIds",
        ),
    ],
)
def test_a_circle_is_refused_at_its_first_member(elements: list[Json], path: str) -> None:
    with pytest.raises(ApiError) as refusal:
        refuse_circles(elements)

    assert refusal.value.code == "schema_invalid"
    assert [each.path for each in refusal.value.errors] == [path]


def test_what_lies_deep_is_no_circle() -> None:
    refuse_circles([{"id": str(n), "frameId": str(n + 1), "groupIds": [f"g{n}", f"g{n + 1}"]} for n in range(5000)])
    refuse_circles([{"id": "a", "frameId": "nobody", "groupIds": []}, {"id": "b"}, {"id": 3, "frameId": 3}, {}])
    refuse_circles([{"id": "a", "groupIds": "junk"}, {"id": "b", "groupIds": [1, 2]}])
