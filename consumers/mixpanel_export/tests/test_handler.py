from typing import Any

import pytest

from consumers.mixpanel_export.handler import event, excess, updates
from schemas.ids import new_id
from topics.exports.mapped import Mapped, ProfileChange


def of(properties: dict[str, Any], profile: ProfileChange | None = None, name: str | None = "x") -> Mapped:
    return Mapped(new_id(), new_id(), 1_700_000_000_000, name, properties, profile)


def test_no_property_of_a_mapping_takes_the_place_of_what_tells_repeats_apart() -> None:
    found = of({"time": 1, "distinct_id": "x", "$insert_id": "y", "ip": "1.2.3.4", "board": "b"})

    properties = (event(found) or {})["properties"]

    assert properties["$insert_id"] == found.fact_id
    assert properties["time"] == 1_700_000_000_000
    assert (properties["ip"], properties["board"]) == ("0", "b")


@pytest.mark.parametrize(
    ("properties", "size", "complaint"),
    [
        ({}, 100, None),
        ({}, 1_000_000, "takes less than 1000000"),
        ({f"p{number}": 1 for number in range(260)}, 9000, "264 properties"),
        ({"deep": {"a": {"b": {"c": 1}}}}, 100, None),
        ({"deep": {"a": {"b": {"c": {"d": 1}}}}}, 100, "the property deep is nested deeper than 3"),
        ({"many": list(range(255))}, 2000, "the property many holds 255 things"),
    ],
)
def test_what_breaks_a_limit_is_said_before_it_is_sent(
    properties: dict[str, Any], size: int, complaint: str | None
) -> None:
    found = excess(event(of(properties)) or {}, size)

    assert found is None if complaint is None else complaint in str(found)


def test_a_profile_is_only_set_unset_and_deleted() -> None:
    change = of({}, ProfileChange({"language": "ru"}, ("$email",)))
    nothing = of({}, ProfileChange({}, ()))
    end = of({}, ProfileChange({}, (), delete=True))

    assert [set(each) - {"$token", "$distinct_id"} for each in updates(change, "t")] == [{"$set"}, {"$unset"}]
    assert updates(nothing, "t") == []
    assert [set(each) - {"$token", "$distinct_id"} for each in updates(end, "t")] == [{"$delete", "$ignore_alias"}]
    assert event(of({}, name=None)) is None
