"""A guest is called as he was called then."""

from datetime import UTC, datetime, timedelta

from edge.queries.guests import GuestNames

CAME = datetime(2026, 5, 4, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = GuestNames({"marina": [(CAME, "Марина"), (CAME + 2 * HOUR, "Marina")]})


def test_a_guest_has_the_name_that_he_had_then() -> None:
    assert NAMES.at("marina", CAME) == "Марина"
    assert NAMES.at("marina", CAME + HOUR) == "Марина"
    assert NAMES.at("marina", CAME + 2 * HOUR) == "Marina"
    assert NAMES.at("marina", CAME + 99 * HOUR) == "Marina"


def test_before_his_first_name_he_has_that_one_and_who_is_no_guest_has_none() -> None:
    assert NAMES.at("marina", CAME - HOUR) == "Марина"
    assert NAMES.at("ada", CAME) is None
