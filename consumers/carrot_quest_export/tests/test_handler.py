import json
from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.carrot_quest_export.destination import status_of
from consumers.carrot_quest_export.handler import MARK, event, excess, is_among, is_late, properties
from schemas.ids import new_id
from topics.exports.mapped import Mapped, ProfileChange

AT_MS = 1_700_000_000_000


def of(values: dict[str, Any], profile: ProfileChange | None = None, name: str | None = "Board created") -> Mapped:
    return Mapped(new_id(), new_id(), AT_MS, name, values, profile)


def test_an_event_is_a_form_with_json_in_it_and_the_mark_of_its_fact() -> None:
    found = of({"board": "Доска", "event_uid": "not this"})

    form = event(found, tell_time=False)

    assert form is not None
    assert (form["by_user_id"], form["event"]) == ("true", "Board created")
    assert json.loads(form["params"]) == {"board": "Доска", "event_uid": found.fact_id}
    assert "created" not in form, "a live event triggers messages"
    assert (event(found, tell_time=True) or {})["created"] == "1700000000"
    assert event(of({}, name=None), tell_time=False) is None


def test_properties_are_only_set_and_what_is_not_consented_to_is_emptied() -> None:
    form = properties(of({}, ProfileChange({"language": "ru"}, ("$email",))))

    assert form is not None
    assert json.loads(form["operations"]) == [
        {"op": "update_or_create", "key": "$email", "value": ""},
        {"op": "update_or_create", "key": "language", "value": "ru"},
    ]
    assert (form["parse_custom_props_type"], form["double_subscribe"]) == ("false", "false")
    assert properties(of({})) is None
    assert properties(of({}, ProfileChange({}, ()))) is None


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("x" * 255, None),
        ("x" * 256, "longer than 255"),
        (2**53, None),
        (2**53 + 1, "larger number"),
        (True, None),
        (0.5, "neither"),
        (["a"] * 30, None),
        (["a"] * 31, "at most 30"),
        ([1], "at most 30"),
    ],
)
def test_what_breaks_a_limit_is_said_before_it_is_sent(value: Any, complaint: str | None) -> None:
    found = excess(of({}, ProfileChange({"p": value}, ())))

    assert found is None if complaint is None else complaint in str(found)


def test_limits_on_names_and_numbers() -> None:
    assert "256 characters" in str(excess(of({}, name="x" * 256)))
    assert "250" in str(excess(of({}, ProfileChange({f"p{number}": 1 for number in range(251)}, ()))))


def test_late_is_more_than_so_many_seconds() -> None:
    now = datetime.fromtimestamp(AT_MS / 1000 + 601, UTC)

    assert is_late(of({}), now, 600)
    assert not is_late(of({}), now, 602)


def test_an_event_is_recognised_by_its_mark_whatever_else_is_there() -> None:
    assert is_among("a", [{"props": None}, "x", {"props": {"event_uid": "a"}}])
    assert not is_among("a", [{"props": {"event_uid": "b"}}, {}])


@pytest.mark.parametrize(
    "events",
    [[{"props": {MARK: "a"}}], [5, {"props": {MARK: "a"}}], [{"props": {}}, {"props": {MARK: "a"}}]],
)
def test_an_event_is_known_again_by_its_mark(events: list[object]) -> None:
    assert is_among("a", events)


@pytest.mark.parametrize("events", [[], [5, None, "a", []], [{}], [{"props": 5}, {"props": ["a"]}, {"props": None}]])
def test_what_is_no_event_is_none_of_ours(events: list[object]) -> None:
    assert not is_among("a", events)


@pytest.mark.parametrize(
    ("said", "status"),
    [(200, 200), ("404", 404), (None, 502), ("soon", 502), ([], 502), ("٤٠٤", 502), (10**30, 502), (1.5, 502)],
)
def test_a_status_is_three_digits_or_that_of_http(said: object, status: int) -> None:
    assert status_of({"status": said}, 502) == status
